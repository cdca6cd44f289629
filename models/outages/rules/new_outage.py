"""A new outage: what it is called, what it follows, what it was cut out of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.inference.facts import has_run
from models.outages.inference.knowledge import NEVER, reports_of
from models.outages.state.outage import Outage, outage_id
from models.outages.state.partition import class_key, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.outages.inference.picture import Finding
    from models.outages.state.partition import Partition

RECENT: Final = 24 * 3_600_000
"""An outage of the same customers within a day is named in `follows`, milliseconds."""


def make_outage(partition: Partition, zone: int, area: int, finding: Finding, now: int) -> Outage:
    """A suspected outage of what a picture has open, without name and points."""
    alone = finding.device < 0
    return Outage(
        outage_id="",
        slot=partition.take_slot(),
        zone=zone,
        area=area,
        device=finding.device,
        service_point=finding.point,
        span=(finding.point, finding.point + 1) if alone else span_of(partition, finding.device),
        opened_at=now,
        wave_at=finding.opened,
        source=finding.source,
        started_at=min(finding.since, now),
        posterior=finding.posterior,
        nested=finding.nested,
        reports=finding.reports,
    )


def name_outage(partition: Partition, outage: Outage) -> None:
    """Give it its name for ever, once it has its points; from now on it is open."""
    outage.outage_id = _name(partition, outage)
    last = partition.last_of_class.get(class_key(partition, outage))
    if last is not None and outage.opened_at - last[1] <= RECENT:
        outage.follows = last[0]
    partition.add(outage)


def _name(partition: Partition, outage: Outage) -> str:
    """The earliest evidence names the outage; evidence that has named one before is passed over."""
    network = partition.network
    zone_id = network.zone_ids[outage.zone]
    for at, subject in _subjects(partition, outage):
        name = outage_id(zone_id, subject, at)
        if name not in partition.known:
            return name
    subject = network.device_ids[outage.device] if outage.device >= 0 else network.point_ids[outage.service_point]
    at = outage.opened_at
    while (name := outage_id(zone_id, subject, at)) in partition.known:
        at += 1
    return name


def _subjects(partition: Partition, outage: Outage) -> Iterator[tuple[int, str]]:
    """Who spoke for the outage and when, by time and then by id."""
    network, devices = partition.network, partition.devices
    pairs = reports_of(partition.points, outage.span, outage.slot)
    device_at = NEVER
    if outage.device >= 0:
        telemetered = has_run(devices, outage.device)
        device_at = int(devices.open_first[outage.device]) if telemetered else NEVER
        if device_at == NEVER and not pairs.size:
            device_at = outage.started_at
    times = pairs[:, 0]
    left = times if device_at == NEVER else np.append(times, device_at)
    while len(left):  # the first is enough as a rule, so they are not sorted
        at = int(left.min())
        left = left[left > at]
        subjects = network.point_ids.take(pairs[times == at, 1])
        if at == device_at:
            subjects.append(network.device_ids[outage.device])
        yield from ((at, subject) for subject in sorted(subjects))
