"""What an output must never do, whatever happened: each rule with the records that break it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from simulator.scoring.output import FINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.network.network import Network
    from simulator.scoring.output import Numbered, Output, RevisionLine, Revisions

AFTER_WHICH_NOTHING = ("merged", "cancelled")


def find_violations(network: Network, output: Output) -> dict[str, list[str]]:
    """Return for each rule the events that break it; all lists are empty in a sound output."""
    revisions, restorations = output.revisions, output.restorations
    topics: tuple[Sequence[Numbered], ...] = (revisions.lines, restorations.lines, output.states)
    return {
        "event_id_twice": [event for topic in topics for event in _twice(line.event_id for line in topic)],
        "sequence_gap": [event for topic in topics for event in _sequence_gaps(topic)],
        **_life_cycle_breaks(revisions.lines),
        "affected_is_not_out_and_restored": [
            line.event_id
            for line in revisions.lines
            if line.customers_affected != line.customers_out + line.customers_restored
        ],
        "negative_count": [
            *(line.event_id for line in revisions.lines if _least_count(line) < 0),
            *(line.event_id for line in restorations.lines if min(line.customers_restored, line.customers_out) < 0),
        ],
        "more_out_than_the_zone_has": _overfull_zones(network, revisions),
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


def _least_count(line: RevisionLine) -> int:
    counts = (line.customers_affected, line.customers_out, line.customers_restored)
    return min(*counts, *line.priority_customers.values())


def _overfull_zones(network: Network, revisions: Revisions) -> list[str]:
    """Return the last record of each instant after which more customers of a zone are out than it has.

    Customers may move between outages within an instant, so zones are counted at its end.
    """
    customers = np.add.reduceat(np.append(network.customers, 0), network.zone_point_start[:-1]).tolist()
    empty = np.diff(network.zone_point_start) == 0
    has = {network.zone_ids[zone]: 0 if empty[zone] else customers[zone] for zone in range(len(customers))}
    out = Counter[str]()
    of_outage: dict[str, int] = {}
    faults = []
    touched: dict[str, RevisionLine] = {}
    instants = revisions.updated_at.tolist()
    for line, instant, following in zip(revisions.lines, instants, [*instants, None][1:], strict=True):
        now_out = 0 if line.status in FINAL else line.customers_out
        out[line.zone_id] += now_out - of_outage.get(line.outage_id, 0)
        of_outage[line.outage_id] = now_out
        touched[line.zone_id] = line
        if instant != following:
            faults += [last.event_id for zone, last in touched.items() if out[zone] > has.get(zone, 0)]
            touched.clear()
    return faults
