"""What an output must never do, whatever happened: each rule with the records that break it.

Some rules speak of fields that a contract may not have yet (transfers, `out_since`); they hold where these are missing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from models.times.iso8601 import parse_time
from simulator.scoring.reading.records import FINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.network.network import Network
    from simulator.scoring.reading.output import Output, Revisions
    from simulator.scoring.reading.records import Numbered, RevisionLine
    from simulator.scoring.restoration.messages import Told

AFTER_WHICH_NOTHING = ("merged", "cancelled")


def find_violations(network: Network, output: Output, told: Told) -> dict[str, list[str]]:
    """Return for each rule the events that break it; all lists are empty in a sound output."""
    revisions, restorations = output.revisions, output.restorations
    lines = revisions.lines
    topics: tuple[Sequence[Numbered], ...] = (lines, restorations.lines, output.states)
    return {
        "event_id_twice": [event for topic in topics for event in _twice(line.event_id for line in topic)],
        "sequence_gap": [event for topic in topics for event in _sequence_gaps(topic)],
        **_life_cycle_breaks(lines),
        "affected_does_not_add_up": [line.event_id for line in lines if not _adds_up(line)],
        "negative_count": [
            *(line.event_id for line in lines if _least_count(line) < 0),
            *(line.event_id for line in restorations.lines if min(line.customers_restored, line.customers_out) < 0),
        ],
        "open_without_customers": [
            line.event_id for line in lines if line.status not in FINAL and line.customers_affected == 0
        ],
        "times_out_of_order": [line.event_id for line in lines if not _times_in_order(line)],
        "names_unpublished_outage": list(_unpublished(lines)),
        "transferred_to_nobody": [line.event_id for line in lines if _lost_on_the_way(line)],
        "restored_twice": _restored_twice(output, told),
        **_broken_instants(network, revisions),
    }


def _twice(ids: Iterable[str]) -> list[str]:
    return [event for event, times in Counter(ids).items() if times > 1]


def _sequence_gaps(lines: Sequence[Numbered]) -> list[str]:
    return [
        line.event_id
        for before, line in zip([0, *(line.sequence for line in lines)], lines, strict=False)
        if line.sequence != before + 1
    ]


def _life_cycle_breaks(lines: Sequence[RevisionLine]) -> dict[str, list[str]]:
    """Follow each outage from revision to revision."""
    gaps, changed, after = [], [], []
    latest: dict[str, RevisionLine] = {}
    for line in lines:
        before = latest.get(line.outage_id)
        latest[line.outage_id] = line
        if line.revision != (before.revision + 1 if before else 1):
            gaps.append(line.event_id)
        if before and before.status in FINAL and line.status != before.status:
            changed.append(line.event_id)
        if before and before.status in AFTER_WHICH_NOTHING:
            after.append(line.event_id)
    return {"revision_gap": gaps, "final_status_changed": changed, "revision_after_the_end": after}


def _adds_up(line: RevisionLine) -> bool:
    return line.customers_affected == line.customers_out + line.customers_restored + line.customers_transferred


def _least_count(line: RevisionLine) -> int:
    counts = (line.customers_affected, line.customers_out, line.customers_restored, line.customers_transferred)
    return min(*counts, *line.priority_customers.values())


def _times_in_order(line: RevisionLine) -> bool:
    """Return whether an outage starts before it is detected or sustained, and is detected before it is revised."""
    started_at, updated_at = parse_time(line.started_at), parse_time(line.updated_at)
    detected_at = updated_at if line.detected_at is None else parse_time(line.detected_at)
    sustained_at = started_at if line.sustained_at is None else parse_time(line.sustained_at)
    out_since = started_at if line.out_since is None else parse_time(line.out_since)
    return started_at <= detected_at <= updated_at and started_at <= sustained_at and out_since <= updated_at


def _unpublished(lines: Sequence[RevisionLine]) -> Iterator[str]:
    """Yield the records that name an outage of which nothing was ever published."""
    published = {line.outage_id for line in lines}
    for line in lines:
        if not {line.nested_in, line.merged_into, line.transferred_to} - {None} <= published:
            yield line.event_id


def _lost_on_the_way(line: RevisionLine) -> bool:
    """Return whether customers were transferred, or the outage ended as repaired, without a word of where they are."""
    somewhere = line.transferred_to is not None and line.transferred_to != line.outage_id
    return (line.customers_transferred > 0 or line.status == "repaired") and not somewhere


def _restored_twice(output: Output, told: Told) -> list[str]:
    """Return the restoration records with a usage point that their outage has restored before.

    Who went out again in between, as a fall of `customers_restored` says, may be restored again.
    """
    falls = defaultdict[int, list[int]](list)
    revisions, records = output.revisions, output.restorations
    restored: dict[int, int] = {}
    for line, outage, at in zip(revisions.lines, revisions.outage.tolist(), revisions.updated_at.tolist(), strict=True):
        if line.customers_restored < restored.get(outage, 0):
            falls[outage].append(at)
        restored[outage] = line.customers_restored
    earlier: dict[tuple[int, int], int] = {}
    broken = set[int]()
    for point, record, at in zip(told.point.tolist(), told.record.tolist(), told.told_at.tolist(), strict=True):
        outage = int(records.outage[record])
        before = earlier.get((outage, point))
        if before is not None and not any(before < fall <= at for fall in falls[outage]):
            broken.add(record)
        earlier[outage, point] = at
    return [records.lines[record].event_id for record in sorted(broken)]


def _broken_instants(network: Network, revisions: Revisions) -> dict[str, list[str]]:
    """Look at the end of each instant, as customers may move between outages within one.

    No zone has more customers out than it has, and no two outages with customers out are at one place: whichever of
    the devices that no customer can tell apart opened, it is one outage.
    """
    has = _zone_customers(network)
    out, holders = Counter[str](), Counter[int]()
    before: dict[int, tuple[int, int | None]] = {}
    overfull, held_twice = [], []
    touched_zones: dict[str, str] = {}
    touched_places: dict[int, str] = {}
    instants = revisions.updated_at.tolist()
    rows = zip(revisions.lines, revisions.outage.tolist(), revisions.place.tolist(), instants, strict=True)
    for (line, outage, place, instant), following in zip(rows, [*instants, None][1:], strict=True):
        was_out, was_at = before.get(outage, (0, None))
        now_out = 0 if line.status in FINAL else line.customers_out
        now_at = place if now_out else None
        out[line.zone_id] += now_out - was_out
        if was_at != now_at:
            holders.update({at: change for at, change in ((was_at, -1), (now_at, 1)) if at is not None})
            if now_at is not None:
                touched_places[now_at] = line.event_id
        before[outage] = now_out, now_at
        touched_zones[line.zone_id] = line.event_id
        if instant != following:
            overfull += [event for zone, event in touched_zones.items() if out[zone] > has.get(zone, 0)]
            held_twice += [event for at, event in touched_places.items() if holders[at] > 1]
            touched_zones.clear()
            touched_places.clear()
    return {"more_out_than_the_zone_has": overfull, "two_open_at_one_place": held_twice}


def _zone_customers(network: Network) -> dict[str, int]:
    customers = np.add.reduceat(np.append(network.customers, 0), network.zone_point_start[:-1]).tolist()
    empty = np.diff(network.zone_point_start) == 0
    return {network.zone_ids[zone]: 0 if empty[zone] else customers[zone] for zone in range(len(customers))}
