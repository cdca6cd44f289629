"""What commands do to an outage that is open. Each tells whether a field that it touches is another one by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.outages.inference.knowledge import NEVER
from models.outages.inference.ownership import let_go
from models.outages.rules.life_cycle import cancel, confirm, review_duration
from models.outages.state.record_writer import class_members
from models.outages.state.verdict import Refused
from models.outages.weights.scores import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.evidence.batch import CommandRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

    Order = Callable[[Partition, Outage, CommandRow, int], bool]


def _acknowledge(_: Partition, outage: Outage, row: CommandRow, __: int) -> bool:
    facts = outage.said_by_operators()
    if facts.acknowledged_at is not None:
        return False
    facts.acknowledged_at = row.observed_at
    return True


def _note(_: Partition, __: Outage, ___: CommandRow, ____: int) -> bool:
    return False


def _set_cause(_: Partition, outage: Outage, row: CommandRow, __: int) -> bool:
    facts, before = outage.said_by_operators(), outage.said_by_operators().cause
    facts.cause = row.event.cause_code or "unknown", row.event.text
    return facts.cause != before


def _set_start_time(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    at, latest = row.event.time or 0, now if outage.detected_at is None else outage.detected_at
    if at > latest:
        raise Refused("impossible_time", "the outage was known before that; give the time at which power went off")
    changed = outage.started_at != at
    outage.started_at, outage.said_by_operators().start_is_set = at, True
    if outage.sustained_at is not None:
        outage.sustained_at = at + milliseconds(partition.parameters.sustained_seconds)
    review_duration(partition, outage, now)
    return changed


def _set_restoration_time(_: Partition, __: Outage, ___: CommandRow, ____: int) -> bool:
    raise Refused("not_restored", "power is not back; order it once the outage is over")


def _confirm(partition: Partition, outage: Outage, _: CommandRow, now: int) -> bool:
    """Its device has been open since it interrupted: said of the device, so that pictures have it open, too."""
    if outage.device >= 0:
        devices, device = partition.devices, outage.device
        if devices.crew_open_at[device] == NEVER:
            devices.crew_open_at[device] = min(outage.wave_at, now)
        partition.note_device(device)
    confirm(partition, outage)
    return False


def _cancel(partition: Partition, outage: Outage, _: CommandRow, now: int) -> bool:
    """There was nothing: what was said of it until now is answered."""
    outage.affected = [back + given for back, given in zip(outage.restored, outage.transferred, strict=True)]
    let_go(partition.points, outage.span, outage.slot, now)
    for member in class_members(partition.network, outage.device) if outage.device >= 0 else ():
        devices = partition.devices
        devices.settled_at[member] = max(int(devices.settled_at[member]), now)
        devices.crew_open_at[member] = NEVER
        devices.crew_done_at[member] = max(int(devices.crew_done_at[member]), now)
    cancel(partition, outage, now)
    partition.to_review.add(outage.area)
    return True


ORDERS: Final[Mapping[str, Order]] = {
    "acknowledge": _acknowledge,
    "cancel": _cancel,
    "confirm": _confirm,
    "note": _note,
    "set_cause": _set_cause,
    "set_restoration_time": _set_restoration_time,
    "set_start_time": _set_start_time,
}
"""By kind."""
