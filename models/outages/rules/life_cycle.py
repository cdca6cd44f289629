"""How an outage is published, confirmed, found to be sustained, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.evidence.kinds import WITNESS_BITS
from models.outages.inference.facts import has_run
from models.outages.inference.knowledge import CLOSED, GOOD, NEVER, OPEN, reports_of
from models.outages.inference.ownership import let_go
from models.outages.inference.picture import CERTAIN
from models.outages.inference.reports import CALL, CREW, MANY, METERS
from models.outages.state.deciding import note
from models.outages.state.outage import ENDED, is_momentary
from models.outages.state.partition import class_key
from models.outages.state.record_writer import class_members
from models.outages.weights.scores import milliseconds, units_of

if TYPE_CHECKING:
    from models.outages.inference.picture import Finding
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

LATE: Final = 300_000
"""What is found so long (ms) after its reports is told only if it is as good as certain."""

UNTIMED: Final = (CALL, CREW)
"""Who tells that an outage is there, and not when it began."""


def review_suspicion(partition: Partition, outage: Outage, now: int) -> None:
    """Publish an outage once it has stood for as long as its evidence asks for."""
    if outage.closed_at is not None:
        return  # a dip is published when it is known to have ended
    due = _due(partition, outage)
    if due is not None and now >= due:
        publish(partition, outage, now)
        return
    last = outage.opened_at + milliseconds(partition.parameters.suspected_seconds)
    review_at = last if due is None else min(due, last)
    if now < review_at:  # with a picture, since silence counts by then, but for what is as good as certain
        partition.set_timer(review_at, ~outage.area if outage.posterior >= CERTAIN else outage.area)


def _due(partition: Partition, outage: Outage) -> int | None:
    """When it is published as things are; None while it is too doubtful."""
    parameters, posterior = partition.parameters, outage.posterior
    if confirmed_by(partition, outage):
        heard = outage.reports > 0 or outage.source == CREW
        return outage.opened_at + milliseconds(
            parameters.confirmed_hold_seconds if heard else parameters.unheard_hold_seconds
        )
    if outage.nested:
        return outage.opened_at if posterior >= units_of(parameters.nested_confidence) else None
    if outage.source == METERS and partition.now > outage.wave_at + LATE and posterior < CERTAIN:
        return None
    several = outage.reports > 1 or _has_witness(partition, outage)
    if several and posterior >= units_of(parameters.detected_confidence):
        return outage.opened_at + milliseconds(parameters.detected_hold_seconds)
    sure = posterior >= units_of(parameters.suspected_confidence)
    return outage.opened_at + milliseconds(parameters.suspected_seconds) if sure else None


def is_late(partition: Partition, finding: Finding) -> bool:
    """Whether a finding rests on few reports, which something else explained until now, and on nothing surer."""
    few = finding.source == METERS and finding.reports < MANY and not finding.nested
    late = partition.now > finding.opened + LATE and finding.posterior < CERTAIN
    return few and late and not partition.changing and not has_open(partition, finding.device)


def _has_witness(partition: Partition, outage: Outage) -> bool:
    """Whether two kinds of report, one of them a call or a failed ping, speak for it."""
    reports = reports_of(partition.points, outage.span, outage.slot)[:, 1]
    kinds = partition.points.mask[reports]
    return bool(((kinds & WITNESS_BITS != 0) & (kinds & (kinds - 1) != 0)).any())


def publish(partition: Partition, outage: Outage, now: int) -> None:
    """Say it to the world."""
    outage.progress("detected")
    outage.detected_at = now
    outage.started_at = min(outage.started_at, now)
    if partition.shared.supply is not None and outage.device >= 0:
        outage.supply = int(partition.shared.supply[outage.device])
    partition.dirty[outage.outage_id] = outage
    note(partition, "published", outage)
    if confirmed_by(partition, outage):
        confirm(partition, outage)
    partition.set_timer(_sustained_from(partition, outage), ~outage.area)


def confirmed_by(partition: Partition, outage: Outage) -> bool:
    """Whether a good-quality position or a crew has its device open."""
    return has_open(partition, outage.device)


def has_open(partition: Partition, device: int) -> bool:
    """Whether a good-quality position or a crew has a device of a class open; of a single service, -1, none has."""
    return device >= 0 and any(says_open(partition, member) for member in class_members(partition.network, device))


def says_open(partition: Partition, device: int) -> bool:
    """Whether a crew or a good-quality position has a device open."""
    devices = partition.devices
    open_by_scada = devices.position[device] == OPEN and devices.quality[device] == GOOD and has_run(devices, device)
    return bool(devices.crew_open_at[device] != NEVER or open_by_scada)


def confirm(partition: Partition, outage: Outage) -> None:
    """SCADA, a crew or an operator says that the device is open."""
    if not outage.confirmed:
        outage.confirmed, outage.alternatives = True, []
        outage.progress("confirmed")
        note(partition, "confirmed", outage)
        partition.dirty[outage.outage_id] = outage


def review_duration(partition: Partition, outage: Outage, now: int) -> None:
    """An interruption is sustained once it has lasted over five minutes, with a grace for news still under way."""
    if outage.sustained_at is not None or outage.suspected:
        return
    if now < _sustained_from(partition, outage):
        partition.set_timer(_sustained_from(partition, outage), ~outage.area)
        return
    longest = milliseconds(partition.parameters.sustained_seconds)
    if outage.closed_at is None or outage.closed_at - outage.started_at > longest:
        outage.sustained_at = outage.started_at + longest
        partition.dirty[outage.outage_id] = outage


def _sustained_from(partition: Partition, outage: Outage) -> int:
    parameters = partition.parameters
    return outage.started_at + milliseconds(parameters.sustained_seconds + parameters.sustained_grace_seconds)


def end(partition: Partition, outage: Outage, now: int) -> None:
    """All of its customers have power: restored, or momentary by the length of the interruption."""
    longest = milliseconds(partition.parameters.sustained_seconds)
    restored_at = outage.started_at if outage.restored_at is None else max(outage.restored_at, outage.started_at)
    outage.restored_at = restored_at
    if outage.detected_at is None:
        outage.detected_at = now
    brief = is_momentary(outage.started_at, restored_at, longest)
    note(partition, "ended", outage)
    outage.status = "momentary" if brief else "restored"
    outage.sustained_at = None if brief else outage.started_at + longest
    _finish(partition, outage, now)


def end_transferred(partition: Partition, outage: Outage, status: str, heir: Outage, now: int) -> None:
    """Its customers are without power by another outage: `repaired`, or `merged` if it was a part of that one."""
    note(partition, "merged" if status == "merged" else "repaired", outage, other=heir.outage_id)
    outage.status = status
    if status == "merged":
        outage.merged_into = heir.outage_id
        partition.survivors[outage.outage_id] = heir.outage_id
        outage.transferred_to = outage.transferred_to if outage.transferred[0] > 0 else None
    else:
        outage.transferred_to = heir.outage_id
        if outage.source in UNTIMED and not outage.start_is_given:
            partition.untimed.setdefault(outage.zone, []).append(outage.outage_id)
        if outage.closed_at is not None and outage.sustained_at is None:
            longest = milliseconds(partition.parameters.sustained_seconds)
            lasted = outage.closed_at - outage.started_at
            outage.sustained_at = outage.started_at + longest if lasted > longest else None
        _account_for(partition, outage, heir)
    _finish(partition, outage, now)


def _account_for(partition: Partition, outage: Outage, heir: Outage) -> None:
    """What the customers of an outage said of it is no evidence of the one by which they are without power now."""
    points, below = partition.points, slice(*outage.span)
    until = (outage.closed_at or partition.now) + partition.scores.clock_tolerance
    points.mask[below][(points.owner[below] == heir.slot) & (points.out_last[below] <= until)] = 0


def cancel(partition: Partition, outage: Outage, now: int) -> None:
    """It never was."""
    note(partition, "not-found", outage)
    outage.status = "cancelled"
    _finish(partition, outage, now)


def withdraw(partition: Partition, outage: Outage) -> None:
    """Drop a suspicion that nobody has heard of."""
    partition.dirty.pop(outage.outage_id, None)
    note(partition, "withdrawn", outage)
    let_go(partition.points, outage.span, outage.slot, NEVER, 0)
    partition.remove(outage)


def _finish(partition: Partition, outage: Outage, now: int) -> None:
    closed_at = NEVER
    partition.context.borne_out.note(outage.zone, outage.status)
    if outage.status in ENDED or outage.status == "repaired":
        closed_at = outage.closed_at or outage.restored_at or outage.started_at
        settle_devices(partition, outage)
    let_go(partition.points, outage.span, outage.slot, closed_at, partition.scores.clock_tolerance)
    partition.remove(outage)
    partition.dirty[outage.outage_id] = outage
    if outage.status in ENDED:
        partition.last_of_class[class_key(partition, outage)] = (outage.outage_id, now)
    _nest_anew(partition, outage)


def settle_devices(partition: Partition, outage: Outage) -> None:
    """What was reported of its device up to its closing is accounted for."""
    if outage.device < 0:
        return
    devices = partition.devices
    for member in class_members(partition.network, outage.device):
        closed_at = outage.closed_at
        until = [int(devices.settled_at[member]), int(devices.crew_done_at[member])]
        until += [] if closed_at is None else [closed_at]
        opened_anew = closed_at is not None and int(devices.open_first[member]) > closed_at
        if devices.position[member] == CLOSED and not opened_anew:
            until.append(int(devices.position_at[member]))
        devices.settled_at[member] = max(until)
        if closed_at is not None and devices.crew_open_at[member] <= closed_at:
            devices.crew_open_at[member] = NEVER


def _nest_anew(partition: Partition, outage: Outage) -> None:
    """What was nested in an outage that is over is nested in the next one above, if any."""
    for other in partition.open_in(outage.zone):
        if other.nested_in == outage.outage_id:
            above = partition.upstream_of(other)
            other.nested_in = None if above is None else above.outage_id
            if not other.suspected:
                partition.dirty[other.outage_id] = other
