"""A device that has closed opens again before all of its customers were told: one outage ends, and another begins.

SCADA says so; or the picture does, if the closing is taken as accounted for and what was said since then is explained
anew. There is no share of meters from which on it is so: where few messages arrive few of those who lost power say so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.evidence.merge import RUN_GAP
from models.outages.inference.forest import spoke_again
from models.outages.inference.knowledge import CLOSED, OPEN
from models.outages.inference.ownership import account_for
from models.outages.inference.reports import NEAR
from models.outages.rules.life_cycle import publish, settle_devices
from models.outages.rules.returning import drop, was_there
from models.outages.state.deciding import note
from models.outages.state.partition import encloses, span_of
from models.outages.state.record_writer import class_members
from models.outages.weights.scores import METER_MASK, units_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from models.outages.inference.picture import Picture
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

UNNOTICED: Final = units_of(1 / 4)
AGAIN: Final = 8_000
"""Reports so long (ms) after a closing are of another interruption."""


def let_rest_as_told(partition: Partition, outages: Sequence[Outage]) -> list[Outage]:
    """Let those rest whose device SCADA has open again; returns those that are there still."""
    for outage in outages:
        if _opened_anew(partition, outage):
            _let_rest(partition, outage)
    return [outage for outage in outages if outage.outage_id in partition.by_name]


def let_rest_as_pictured(
    partition: Partition, outages: Sequence[Outage], draw: Callable[[Sequence[Outage]], Picture]
) -> list[Outage]:
    """Let those rest whose device the picture has open again; returns those that are there still.

    `draw` gives the picture in which these outages are held.
    """
    left = list(outages)
    for outage in outages:
        if _may_have_opened_anew(partition, outage) and _opens_anew(partition, outage, left, draw):
            _let_rest(partition, outage)
            left = [one for one in left if one.outage_id in partition.by_name]
    return left


def _may_have_opened_anew(partition: Partition, outage: Outage) -> bool:
    """Whether several of its meters have lost power since it closed."""
    if outage.closed_at is None or outage.over or outage.device < 0:
        return False
    return spoke_again(partition.forest, partition.points, outage.span, outage.closed_at + AGAIN)[0] > 1


def _opens_anew(
    partition: Partition, outage: Outage, outages: Sequence[Outage], draw: Callable[[Sequence[Outage]], Picture]
) -> bool:
    """Whether its device or one above has opened since, in the picture in which its closing is accounted for."""
    with _put_back(partition, outage):
        closed_at = _account_for_closing(partition, outage)
        picture = draw([one for one in outages if one is not outage])
    sure = units_of(partition.parameters.detected_confidence)
    homes = [
        span_of(partition, one.device)
        for one in picture.findings
        if one.device >= 0 and one.opened > closed_at and one.posterior >= sure
    ]
    return any(home == outage.span or encloses(home, outage.span) for home in homes)


@contextmanager
def _put_back(partition: Partition, outage: Outage) -> Iterator[None]:
    """Have what is known of an outage's points and device as it was afterwards."""
    here, members = slice(*outage.span), class_members(partition.network, outage.device)
    points = [(column[here], column[here].copy()) for column in partition.points]
    devices = [(column, column[members]) for column in partition.devices]
    try:
        yield
    finally:
        for column, before in points:
            column[:] = before
        for column, before in devices:
            column[members] = before


def _opened_anew(partition: Partition, outage: Outage) -> bool:
    """Whether SCADA has its device open again, and somebody may notice."""
    if outage.closed_at is None or outage.over or not _has_opened_again(partition, outage):
        return False
    if _goes_unnoticed(partition, outage):
        _leave_out(partition, outage)
        return False
    return True


def _let_rest(partition: Partition, outage: Outage) -> None:
    """Let a closing rest whose device has opened anew: what is told of it from now on is of the time between."""
    if outage.suspected and not was_there(partition, outage):
        drop(partition, outage)
        return
    if outage.suspected:
        publish(partition, outage, partition.now)
    outage.over = True
    note(partition, "over", outage)
    _account_for_closing(partition, outage)


def _account_for_closing(partition: Partition, outage: Outage) -> int:
    """What was said of its device and by its points up to its closing is accounted for; returns when that was (ms)."""
    if outage.closed_at is None:
        raise ValueError(f"{outage.outage_id} has not closed; ask first")
    settle_devices(partition, outage)
    account_for(partition.points, outage.span, outage.slot, outage.closed_at + partition.scores.clock_tolerance)
    return outage.closed_at


def undecided_until(partition: Partition, outage: Outage) -> int:
    """Until when (ms) it is open whether what its device did soon after the closing is noticed by anybody; 0 if not.

    It may close before anybody notices, and may be the first shot of a sequence.
    """
    if outage.over or not _has_opened_again(partition, outage) or not _follows_at_once(partition, outage):
        return 0
    devices, device = partition.devices, outage.device
    if devices.position[device] == OPEN:
        return int(devices.open_first[device]) + partition.scores.scada_hold
    return int(devices.position_at[device]) + partition.scores.reclaim if _is_brief(partition, device) else 0


def _has_opened_again(partition: Partition, outage: Outage) -> bool:
    closed_at, device = outage.closed_at, outage.device
    return closed_at is not None and device >= 0 and int(partition.devices.open_first[device]) > closed_at


def _goes_unnoticed(partition: Partition, outage: Outage) -> bool:
    """Whether its device has closed again so soon that few meters tell of it: what the closing before showed stands."""
    closed = partition.devices.position[outage.device] == CLOSED
    return bool(closed) and _follows_at_once(partition, outage) and _is_brief(partition, outage.device)


def _leave_out(partition: Partition, outage: Outage) -> None:
    """Account for the brief opening; who reported it had power until then, and so since the closing."""
    devices, points, device = partition.devices, partition.points, outage.device
    since, until = int(devices.open_first[device]), int(devices.position_at[device])
    devices.settled_at[device] = until
    tolerance, here = partition.scores.clock_tolerance, slice(*outage.span)
    mask, out_first, out_last = points.mask[here], points.out_first[here], points.out_last[here]
    on_first, on_last = points.on_first[here], points.on_last[here]
    reported = (mask & METER_MASK != 0) & (out_last >= since - tolerance) & (out_last <= until + NEAR)
    only = reported & (out_first >= since - tolerance)
    on_first[reported & (on_last < since - tolerance)] = since
    on_last[reported] = np.maximum(on_last[reported], since)
    out_last[reported & ~only] = out_first[reported & ~only]
    mask[only] = 0


def _follows_at_once(partition: Partition, outage: Outage) -> bool:
    return int(partition.devices.open_first[outage.device]) <= (outage.closed_at or 0) + RUN_GAP


def _is_brief(partition: Partition, device: int) -> bool:
    devices, scores = partition.devices, partition.scores
    lasted = int(devices.position_at[device]) - int(devices.open_first[device])
    return int(scores.noticed[int(np.searchsorted(scores.dip_steps, lasted, side="right"))]) < UNNOTICED
