from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from models.network.network import Network
from simulator.scoring.reading.evidence import Column, Evidence
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.records import Numbered, RestorationLine, RevisionLine
from simulator.scoring.restoration.messages import who_was_told
from simulator.scoring.violations import find_violations

Say = Callable[..., Any]
EMPTY = Column(np.empty(0, np.int32), np.empty(0, np.int8), *(np.empty(0, np.int64) for _ in range(3)))
NOTHING = Evidence(EMPTY, EMPTY, 0)
Records = tuple[list[RevisionLine], list[RestorationLine], list[Numbered]]


@pytest.fixture
def sound(revision: Say, restoration: Say) -> Records:
    """Three outages of a zone of nine customers: one restored, one merged into another that is still open."""
    revisions = [
        revision("a", 1, 60, "L1", 0, sequence=1, affected=4, out=4),
        revision("b", 1, 60, "L2", 0, sequence=2, affected=4, out=4),
        revision("a", 2, 90, "L1", 0, sequence=3, affected=4, out=0, restored=80),
        revision("b", 2, 100, "L2", 0, sequence=4, affected=0, out=0, status="merged"),
        revision("c", 1, 100, "S", 0, sequence=5, affected=8, out=8),
        revision("a", 3, 120, "L1", 0, sequence=6, affected=4, out=0, restored=75),
    ]
    restorations = [restoration("a", 90, 80, 4, "L1", event_id="a:2:full:confirmed", sequence=1)]
    states = [
        Numbered(line.event_id, line.sequence, line.outage_id, line.revision, line.updated_at) for line in revisions
    ]
    return revisions, restorations, states


def broken(network: Network, records: Records) -> dict[str, list[str]]:
    output = lay_output(*records, network)
    told = who_was_told(network, output, NOTHING)
    return {rule: events for rule, events in find_violations(network, output, told).items() if events}


def test_a_sound_output_breaks_no_rule(town: Network, sound: Records) -> None:
    assert broken(town, sound) == {}
    assert broken(town, ([], [], [])) == {}


@pytest.mark.parametrize(
    ("row", "change", "rule"),
    [
        (2, {"event_id": "a:1"}, "event_id_twice"),
        (4, {"sequence": 6}, "sequence_gap"),
        (0, {"sequence": 0}, "sequence_gap"),
        (2, {"revision": 3}, "revision_gap"),
        (0, {"revision": 2}, "revision_gap"),
        (5, {"status": "momentary"}, "final_status_changed"),
        (5, {"status": "detected"}, "final_status_changed"),
        (3, {"customers_affected": 1}, "affected_does_not_add_up"),
        (3, {"customers_affected": -1, "customers_restored": -1}, "negative_count"),
        (3, {"priority_customers": {"key": -1}}, "negative_count"),
        (4, {"customers_affected": 10, "customers_out": 10}, "more_out_than_the_zone_has"),
        (1, {"customers_affected": 6, "customers_out": 6}, "more_out_than_the_zone_has"),
        (4, {"zone_id": "west"}, "more_out_than_the_zone_has"),
        (4, {"zone_id": "nowhere"}, "more_out_than_the_zone_has"),
        (4, {"device_id": "L1", "status": "detected"}, None),
        (1, {"device_id": "L1"}, "two_open_at_one_place"),
        (1, {"customers_affected": 0, "customers_out": 0}, "open_without_customers"),
        (1, {"detected_at": "2026-07-12T12:01:00.001Z"}, "times_out_of_order"),
        (1, {"detected_at": "2026-07-12T11:59:59.999Z"}, "times_out_of_order"),
        (1, {"sustained_at": "2026-07-12T11:59:59.999Z"}, "times_out_of_order"),
        (1, {"out_since": "2026-07-12T12:01:00.001Z"}, "times_out_of_order"),
        (1, {"out_since": "2026-07-12T11:00:00.000Z", "detected_at": "2026-07-12T12:01:00.000Z"}, None),
        (1, {"nested_in": "c"}, None),
        (1, {"nested_in": "d"}, "names_unpublished_outage"),
        (3, {"merged_into": "d"}, "names_unpublished_outage"),
        (3, {"status": "repaired"}, "transferred_to_nobody"),
        (3, {"status": "repaired", "transferred_to": "b"}, "transferred_to_nobody"),
        (3, {"status": "repaired", "transferred_to": "c"}, None),
        (3, {"customers_affected": 4, "customers_transferred": 4, "transferred_to": "c"}, None),
        (3, {"customers_affected": 4, "customers_transferred": 3, "transferred_to": "c"}, "affected_does_not_add_up"),
    ],
)
def test_each_rule_is_watched(
    town: Network, sound: Records, row: int, change: dict[str, Any], rule: str | None
) -> None:
    revisions, restorations, states = sound
    revisions[row] = msgspec.structs.replace(revisions[row], **change)
    assert set(broken(town, (revisions, restorations, states))) >= ({rule} if rule else set())
    assert rule or not broken(town, (revisions, restorations, states))


@pytest.mark.parametrize("status", ["merged", "cancelled"])
def test_nothing_follows_after_merged_and_cancelled(town: Network, sound: Records, revision: Say, status: str) -> None:
    revisions, restorations, states = sound
    revisions[3] = msgspec.structs.replace(revisions[3], status=status)
    revisions.append(revision("b", 3, 130, "L2", 0, sequence=7, affected=0, status=status))
    assert broken(town, (revisions, restorations, states)) == {"revision_after_the_end": ["b:3"]}


def test_the_other_topics_are_watched_too(town: Network, sound: Records) -> None:
    revisions, restorations, states = sound
    again = msgspec.structs.replace(restorations[0], sequence=3, customers_out=-1)
    assert broken(town, (revisions, [*restorations, again], states[1:])) == {
        "event_id_twice": ["a:2:full:confirmed"],
        "sequence_gap": ["a:2:full:confirmed", "b:1"],
        "negative_count": ["a:2:full:confirmed"],
    }


def test_a_point_is_restored_once_unless_the_records_say_that_it_went_out_again(
    town: Network, sound: Records, revision: Say, restoration: Say
) -> None:
    revisions, restorations, states = sound
    restorations = [
        restoration("a", at, 80, 1, "T2", event_id=f"a:{at}", sequence=n, usage_point_ids=["p3"])
        for n, at in ((1, 90), (2, 120))
    ]
    assert broken(town, (revisions, restorations, states)) == {"restored_twice": ["a:120"]}
    out_again = revision("a", 3, 110, "L1", 0, sequence=6, status="restored", affected=4, out=1, restored=80)
    again = revision("a", 4, 120, "L1", 0, sequence=7, affected=4, out=0, restored=120)
    assert broken(town, ([*revisions[:5], out_again, again], restorations, states)) == {}
