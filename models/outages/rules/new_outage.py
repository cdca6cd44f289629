"""A new outage: whom it takes, what it is called, when it began, and whether it is said at once or only suspected."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.outages.inference.knowledge import NEVER
from models.outages.inference.ownership import claim, reports_of
from models.outages.inference.pass_columns import SUSPECTED
from models.outages.rules.life_cycle import publish
from models.outages.rules.start_time import sharpen_start
from models.outages.state.deciding import note
from models.outages.state.outage import Outage
from models.outages.state.outage_id import outage_id
from models.outages.state.partition import class_key, encloses
from models.outages.weights.scores import units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.outages.state.partition import Partition
    from models.outages.state.trace import Weighed

EVEN: Final = units(math.log(0.5))
"""Log probability of one half, in units."""
RECENT: Final = 24 * 3_600_000
"""An outage of the same customers within a day is named in `follows`, milliseconds."""


class Opening(NamedTuple):
    """A device, or a single service (`device` -1), that the pass found open."""

    device: int
    service_point: int
    span: tuple[int, int]
    posterior: int
    reports: int
    started: int
    dark_branch: bool = False
    """Found by its silence after a close-in: only points that wait for word are its own."""


def open_new(
    partition: Partition, zone: int, opening: Opening, now: int, rule: str, weighed: Sequence[Weighed] = ()
) -> Outage:
    """A new outage, published at once unless it is only suspected; `rule` and what it weighed are for a trace."""
    outage = Outage(
        outage_id="",
        slot=partition.take_slot(),
        zone=zone,
        device=opening.device,
        service_point=opening.service_point,
        span=opening.span,
        opened_at=now,
        wave_at=opening.started,
        started_at=opening.started,
        posterior=opening.posterior,
    )
    partition.by_slot[outage.slot] = outage
    parents = claim_below(partition, outage, opening)
    outage.outage_id = _name(partition, outage)
    outage.follows = _followed(partition, outage)
    if parents:
        outage.parent_id = parents[0].outage_id
        partition.parents[parents[0].outage_id] = parents[0]
        closed_at = max((section.closed_at for section in parents[0].sections), default=outage.started_at)
        outage.started_at = max(outage.started_at, closed_at)
    partition.add(outage)
    sharpen_start(partition, outage)
    nest_older(partition, outage)
    if above := partition.upstream_of(outage):
        outage.nested_in = above.outage_id
    note(partition, rule, outage, weighed)
    if is_certain_of_device(partition, opening):
        publish(partition, outage, now)
    else:
        partition.to_review[outage.outage_id] = outage
    return outage


def is_certain_of_device(partition: Partition, opening: Opening) -> bool:
    """Whether it may be said at once that this device opened.

    Not a service, nor a device of several points on one report alone, which may be a service too, nor the likeliest of
    many devices that is still less likely than all others together: more reports come within seconds.
    """
    if opening.device < 0:
        return False
    if opening.device in partition.told.get(int(partition.network.device_zone[opening.device]), ()):
        return True
    several = opening.span[1] - opening.span[0] > 1
    return opening.posterior >= EVEN and not (several and opening.reports == 1)


def claim_below(partition: Partition, outage: Outage, opening: Opening) -> list[Outage]:
    """Take the points below the device; returns the closing outages that lost some."""
    gained = claim(
        partition.forest,
        partition.points,
        outage.span,
        outage.slot,
        opening.started,
        partition.mergeable,
        partition.moved,
        opening.dark_branch,
    )
    outage.gain(gained)
    losers = partition.slots_of(partition.moved)
    for other in losers:
        other.lose(partition.moved[other.slot])
        partition.moved[other.slot] = 0
        if other.outage_id:
            partition.dirty[other.outage_id] = other
            partition.to_review[other.outage_id] = other
    return [other for other in losers if partition.mergeable[other.slot] == 0]


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
    network = partition.network
    pairs = reports_of(partition.points, outage.span, outage.slot)
    device_at = NEVER
    if outage.device >= 0:
        opened_at = int(partition.devices.open_first[outage.device])
        device_at = opened_at if opened_at != NEVER or pairs.size else outage.started_at
    times = pairs[:, 0]
    for at in np.unique(times if device_at == NEVER else np.append(times, device_at)).tolist():
        subjects = network.point_ids.take(pairs[times == at, 1])
        if at == device_at:
            subjects.append(network.device_ids[outage.device])
        yield from ((at, subject) for subject in sorted(subjects))


def _followed(partition: Partition, outage: Outage) -> str | None:
    last = partition.last_of_class.get(class_key(partition, outage))
    return last[0] if last is not None and outage.opened_at - last[1] <= RECENT else None


def nest_older(partition: Partition, outage: Outage) -> None:
    """Older outages below keep their points and are nested in this one."""
    for other in partition.open_in(outage.zone):
        if (
            other is not outage
            and encloses(outage.span, other.span)
            and other.nested_in is None
            and not other.restoring
        ):
            other.nested_in = outage.outage_id
            if other.stance != SUSPECTED:
                partition.dirty[other.outage_id] = other
