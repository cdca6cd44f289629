"""Planned works as they come in: they decide nothing of what is out, open outages say that they belong to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.weights.scores import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.evidence.batch import WorkRow
    from models.outages.state.partition import Partition


def order(row: WorkRow) -> tuple[int, ...]:
    """Earlier reports of one instant first, whatever order they came in: a later one makes them no news."""
    return row.observed_at, row.status, row.kind, row.planned_to, row.planned_from


def join_work(partition: Partition, row: WorkRow) -> int:
    """Take in one report, its clock put right; returns the zone of which it says anything new, -1 for none."""
    device = partition.network.device_at(row.device)
    if not partition.owns(device):
        return -1
    key = int(partition.network.class_of[device])
    changed = partition.context.works.join(key, device, row)
    return int(partition.network.device_zone[device]) if changed else -1


def works_changed(partition: Partition, zones: Iterable[int], now: int) -> None:
    """Some zones have other works from this instant on."""
    partition.context.works.tidy(now, milliseconds(partition.parameters.forget_seconds))
    for zone in sorted(zones):
        if zone not in partition.quarantined:
            mine = partition.by_zone.get(zone, {})
            partition.dirty.update((name, outage) for name, outage in mine.items() if not outage.suspected)
