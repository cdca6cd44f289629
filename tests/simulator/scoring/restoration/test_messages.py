from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.evidence.kinds import KIND_CODE
from models.network.network import Network
from models.refusal import FaultsError
from simulator.scoring.reading.evidence import Column, Evidence
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.records import RestorationLine, RevisionLine
from simulator.scoring.restoration.messages import who_was_told

NOON = 1_783_857_600_000
Say = Callable[..., Any]


def evidence(network: Network, *reports: tuple[str, str, float, float]) -> Evidence:
    """Reports of usage points: who, kind, observed and received in seconds after noon."""
    rows = sorted((int(network.find_points([who])[0]), KIND_CODE[kind], at, by) for who, kind, at, by in reports)
    subject, kind, observed, received = np.array(rows).reshape(-1, 4).T
    times = ((NOON + 1000 * part).astype(np.int64) for part in (observed, received, received))
    points = Column(subject.astype(np.int32), kind.astype(np.int8), *times)
    return Evidence(points, Column(*(np.empty(0, np.int64) for _ in range(5))), NOON)  # type: ignore[arg-type]


def told(
    network: Network, revisions: list[RevisionLine], records: list[RestorationLine], known: Evidence
) -> tuple[list[list[str]], int]:
    """Whom each record told, by id, and how many records were unsure."""
    found = who_was_told(network, lay_output(revisions, records, [], network), known)
    names = [network.point_ids.take(found.point[found.record == row]) for row in range(len(records))]
    return names, found.unsure_records


def test_a_list_is_taken_at_its_word(town: Network, revision: Say, restoration: Say) -> None:
    records = [restoration("a", 100, 90, 1, "L1", usage_point_ids=["p3"])]
    assert told(town, [revision("a", 1, 9, "L1", 0, out=4)], records, evidence(town)) == ([["p3"]], 0)


def test_without_a_list_it_is_all_below_the_device(town: Network, revision: Say, restoration: Say) -> None:
    records = [restoration("a", 100, 90, 4, "L1")]
    assert told(town, [revision("a", 1, 9, "L1", 0, out=4)], records, evidence(town)) == ([["p1", "p2", "p3"]], 0)


def test_less_those_told_before_and_those_of_an_open_outage_below(
    town: Network, revision: Say, restoration: Say
) -> None:
    revisions = [
        revision("a", 1, 9, "S", 0, out=9),
        revision("inner", 1, 20, "L2", 0, out=3),
        revision("over", 1, 20, "T1", 0, out=3),
        revision("over", 2, 50, "T1", 0, status="merged"),
    ]
    records = [
        restoration("a", 40, 30, 1, "T2", usage_point_ids=["p3"]),
        restoration("inner", 45, 30, 1, "T3", usage_point_ids=["p5"]),
        restoration("a", 100, 90, 4, "B", basis="inferred"),
    ]
    expected = [["p3"], ["p5"], ["p1", "p2", "p5"]]
    assert told(town, revisions, records, evidence(town)) == (expected, 0)


def test_the_basis_tells_those_who_spoke_from_the_others(town: Network, revision: Say, restoration: Say) -> None:
    known = evidence(
        town,
        ("p1", "power_restored", 90, 95),
        ("p2", "power_restored", 90, 100),  # the record of second 100 knows what came in before it
        ("p3", "power_restored", -5, 20),  # of an earlier interruption
        ("p3", "last_gasp", 1, 20),
    )
    records = [
        restoration("a", 100, 90, 2, "L1", basis="confirmed"),
        restoration("a", 101, 90, 1, "L1", basis="inferred"),
        restoration("a", 102, 90, 1, "L1", basis="confirmed"),
    ]
    assert told(town, [revision("a", 1, 9, "L1", 0, out=4)], records, known) == ([["p1"], ["p3"], ["p2"]], 0)


def test_what_does_not_add_up_tells_all_candidates_and_is_unsure(
    town: Network, revision: Say, restoration: Say
) -> None:
    records = [restoration("a", 100, 90, 3, "L1"), restoration("unheard of", 100, 90, 3, "L1")]
    assert told(town, [revision("a", 1, 9, "L1", 0, out=4)], records, evidence(town)) == ([["p1", "p2", "p3"], []], 2)


def test_the_network_must_be_the_one_that_was_replayed(town: Network, revision: Say, restoration: Say) -> None:
    with pytest.raises(FaultsError, match="p99"):
        told(
            town,
            [revision("a", 1, 9, "L1", 0)],
            [restoration("a", 9, 9, 1, "L1", usage_point_ids=["p99"])],
            evidence(town),
        )
