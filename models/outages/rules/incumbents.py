"""Which open outages are looked at anew when a zone is explained: those of the present wave, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.knowledge import NOBODY
from models.outages.inference.pass_columns import SETTLED, STANDING
from models.outages.rules.life_cycle import is_due
from models.outages.state.partition import class_key, encloses, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def included_outages(partition: Partition, zone: int, fresh: NDArray[np.int64], now: int) -> list[Outage] | None:
    """The incumbents of the wave to explain, `fresh` reports at hand; None if there is nothing to explain."""
    unheld = _unheld(partition, zone)
    if not fresh.size and not unheld and not _may_settle(partition, zone, now):
        return None
    outages = [outage for outage in partition.open_in(zone) if not outage.restoring]
    news = [device for device in unheld if device in partition.news.get(zone, ())]
    settling = [outage for outage in outages if _settles(partition, outage, now)]
    if not fresh.size and not unheld and not settling:
        return None
    asked = {outage.outage_id for device in news for outage in _concerned(partition, outages, device)}
    included = [
        outage
        for outage in outages
        if outage in settling
        or outage.outage_id in asked
        or (not outage.confirmed and _coheres(fresh, outage, partition.scores.coherence))
    ]
    included = [outage for outage in included if not _was_out_before(partition, outage, unheld)]
    return [outage for outage in included if not _is_older_below(partition, outage, included)]


def _unheld(partition: Partition, zone: int) -> list[int]:
    """Devices that SCADA or a crew has open, and no outage of their class stands for that."""
    told = partition.told.get(zone)
    if not told:
        return []
    held = {class_key(partition, outage) for outage in partition.by_zone.get(zone, {}).values()}
    return [device for device in sorted(told) if int(partition.network.class_of[device]) not in held]


def _coheres(fresh: NDArray[np.int64], outage: Outage, span: int) -> bool:
    """Whether some unexplained report belongs to the outage's wave."""
    return bool(fresh.size) and int(np.abs(fresh - outage.wave_at).min()) <= span


def _was_out_before(partition: Partition, outage: Outage, told: list[int]) -> bool:
    """Whether SCADA says that a device above opened only after the outage began: then both are open."""
    opened_at, tolerance = partition.devices.open_first, partition.scores.clock_tolerance
    return any(
        encloses(span_of(partition, device), outage.span) and outage.wave_at < opened_at[device] - 2 * tolerance
        for device in told
    )


def _concerned(partition: Partition, outages: list[Outage], device: int) -> list[Outage]:
    """The outages that the news of an open device may move: the innermost around it, the latest wave below it."""
    span = span_of(partition, device)
    around = [outage for outage in outages if encloses(outage.span, span)]
    innermost = min(around, key=lambda outage: (outage.span[1] - outage.span[0], outage.outage_id), default=None)
    below = [outage for outage in outages if outage.span == span or encloses(span, outage.span)]
    latest = max((outage.wave_at for outage in below), default=0)
    below = [outage for outage in below if latest - outage.wave_at <= partition.scores.coherence]
    return below if innermost is None else [innermost, *below]


def _is_older_below(partition: Partition, outage: Outage, included: list[Outage]) -> bool:
    """An outage of another wave below one that is explained anew keeps its points: they are no evidence now."""
    return any(
        encloses(other.span, outage.span) and abs(other.wave_at - outage.wave_at) > partition.scores.coherence
        for other in included
    )


def _settles(partition: Partition, outage: Outage, now: int) -> bool:
    """Whether the outage is to be looked at once more: a suspicion has stood long enough, or the wave is over.

    From the end of the wave on the device stands on its own.
    """
    if is_due(partition, outage, now):
        return True
    if outage.stance == STANDING and now >= outage.wave_at + partition.parameters.wave_seconds * 1000:
        outage.stance = SETTLED
        return True
    return False


def _may_settle(partition: Partition, zone: int, now: int) -> bool:
    """Whether `_settles` could say so of one of the zone's outages."""
    wave_ms = partition.parameters.wave_seconds * 1000
    for outage in partition.by_zone.get(zone, {}).values():
        if outage.stance == STANDING and now >= outage.wave_at + wave_ms:
            return True
        if is_due(partition, outage, now):
            return True
    return False


def set_incumbents(partition: Partition, included: Iterable[Outage]) -> None:
    """Show the outages to inference."""
    incumbents = partition.incumbents
    for outage in included:
        incumbents.included[outage.slot] = 1
        incumbents.stance[outage.slot] = outage.stance
        incumbents.service_point[outage.slot] = outage.service_point
        if outage.device >= 0:
            incumbents.at_device[outage.device] = outage.slot


def clear_incumbents(partition: Partition, included: Iterable[Outage]) -> None:
    """Take them out of its sight again."""
    incumbents = partition.incumbents
    for outage in included:
        incumbents.included[outage.slot] = 0
        incumbents.service_point[outage.slot] = NOBODY
        if outage.device >= 0:
            incumbents.at_device[outage.device] = NOBODY
