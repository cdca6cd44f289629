"""How an outage is published, confirmed, found to be sustained, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.evidence.kinds import WITNESS_BITS
from models.outages.inference.knowledge import GOOD, NEVER, OUT
from models.outages.inference.ownership import hand_over, release, reports_of
from models.outages.inference.pass_columns import SETTLED, STANDING, SUSPECTED
from models.outages.state.deciding import note
from models.outages.state.outage import ENDED, FINAL, is_momentary
from models.outages.state.partition import class_key
from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

FAR: Final = 1 << 62


def publish(partition: Partition, outage: Outage, now: int) -> None:
    """Say it to the world: from now on its device stands, until its wave is over."""
    outage.status = "detected"
    outage.detected_at = now
    outage.stance = STANDING
    settled_at = outage.wave_at + round(partition.parameters.wave_seconds * 1000)
    if now >= settled_at:
        outage.stance = SETTLED
    partition.dirty[outage.outage_id] = outage
    note(partition, "published", outage)
    confirm_by_scada(partition, outage)
    partition.set_timer(max(settled_at, now + 1), outage=outage)
    partition.set_timer(_sustained_from(partition, outage), outage=outage)


def confirm_by_scada(partition: Partition, outage: Outage) -> None:
    """A good-quality open position of the device, or of one that customers cannot tell from it, confirms the outage."""
    if outage.device < 0 or outage.confirmed:
        return
    devices = partition.devices
    for member in class_members(partition.network, outage.device):
        if member in partition.told.get(outage.zone, ()) and (
            devices.crew_open_at[member] != NEVER or devices.quality[member] == GOOD
        ):
            confirm(partition, outage)
            outage.device = member


def confirm(partition: Partition, outage: Outage) -> None:
    """SCADA, a crew or an operator says that the device is open."""
    if not outage.confirmed:
        note(partition, "confirmed", outage)
    outage.confirmed = True
    outage.progress("confirmed")
    partition.dirty[outage.outage_id] = outage


def review_suspicion(partition: Partition, outage: Outage, now: int) -> None:
    """What one report suspects is published on a call, a failed ping, or after two minutes without contradiction."""
    points = partition.points
    reports = reports_of(points, outage.span, outage.slot)[:, 1]
    if not reports.size and not partition.told.get(outage.zone):
        note(partition, "withdrawn", outage)
        withdraw(partition, outage)
    elif outage.device < 0 and (points.mask[reports] & WITNESS_BITS).any():
        publish(partition, outage, now)
    elif is_due(partition, outage, now):
        partition.to_explain.add(outage.zone)
    else:
        partition.set_timer(_due(partition, outage), outage=outage)


def _due(partition: Partition, outage: Outage) -> int:
    return outage.opened_at + round(partition.parameters.suspected_seconds * 1000)


def is_due(partition: Partition, outage: Outage, now: int) -> bool:
    """Whether a suspicion has stood for long enough, or a device's second report is there."""
    if outage.stance != SUSPECTED:
        return False
    several = outage.device >= 0 and len(reports_of(partition.points, outage.span, outage.slot)) > 1
    return several or now >= _due(partition, outage)


def review_duration(partition: Partition, outage: Outage, now: int) -> None:
    """An interruption is sustained once it has lasted over five minutes, with a grace for news still under way."""
    if outage.sustained_at is not None or outage.stance == SUSPECTED:
        return
    if now < _sustained_from(partition, outage):
        partition.set_timer(_sustained_from(partition, outage), outage=outage)
        return
    longest = round(partition.parameters.sustained_seconds * 1000)
    closed = max((section.closed_at for section in outage.sections), default=None)
    below = slice(*outage.span)
    mine = partition.points.owner[below] == outage.slot
    still_out = bool((mine & (partition.points.phase[below] == OUT)).any())
    if still_out or (closed is not None and closed - outage.started_at > longest):
        outage.sustained_at = outage.started_at + longest
        partition.dirty[outage.outage_id] = outage


def next_due(partition: Partition, outage: Outage, now: int) -> int:
    """When time alone changes something about a published outage, ms; 0 if that may be at once."""
    dues = [section.judged_at for section in outage.sections]
    if outage.stance == STANDING:
        dues.append(outage.wave_at + round(partition.parameters.wave_seconds * 1000))
    if outage.sustained_at is None:
        dues.append(_sustained_from(partition, outage))
    earliest = min(dues, default=FAR)
    return earliest if now < earliest and outage.customers_out > 0 else 0


def _sustained_from(partition: Partition, outage: Outage) -> int:
    parameters = partition.parameters
    return outage.started_at + round((parameters.sustained_seconds + parameters.sustained_grace_seconds) * 1000)


def end(partition: Partition, outage: Outage, restored_at: int, now: int) -> None:
    """All of its customers have power: restored, or momentary by the length of the interruption."""
    longest = round(partition.parameters.sustained_seconds * 1000)
    outage.restored_at = restored_at
    brief = is_momentary(outage.started_at, restored_at, longest)
    outage.status = "momentary" if brief else "restored"
    outage.sustained_at = None if brief else outage.started_at + longest
    _finish(partition, outage, now)


def cancel(partition: Partition, outage: Outage, now: int) -> None:
    """It never was: its points go, their reports stay as evidence."""
    span = outage.span
    outage.lose(release(partition.forest, partition.points, span, (span[1], span[1]), outage.slot))
    outage.status = "cancelled"
    _finish(partition, outage, now)


def withdraw(partition: Partition, outage: Outage) -> None:
    """Drop a suspicion that nobody has heard of; its report stays as evidence."""
    span = outage.span
    release(partition.forest, partition.points, span, (span[1], span[1]), outage.slot)
    partition.remove(outage)


def merge_into(partition: Partition, outage: Outage, survivor: Outage, now: int) -> None:
    """Its remaining points move to the survivor, and it ends."""
    moved = hand_over(partition.forest, partition.points, outage.span, outage.slot, survivor.slot)
    outage.lose(moved)
    survivor.gain(moved)
    outage.status = "merged"
    outage.merged_into = survivor.outage_id
    _finish(partition, outage, now)
    partition.dirty[survivor.outage_id] = survivor


def _finish(partition: Partition, outage: Outage, now: int) -> None:
    outage.sections.clear()
    partition.remove(outage)
    partition.dirty[outage.outage_id] = outage
    if outage.status in ENDED:
        partition.last_of_class[class_key(partition, outage)] = (outage.outage_id, now)
    if outage.device >= 0 and outage.status != "merged":
        for member in class_members(partition.network, outage.device):
            # A device that stays open with nobody out (a tie feeds them) has been answered for: it opens nothing again.
            partition.devices.open_first[member] = NEVER
            partition.told.get(outage.zone, set()).discard(member)
            crew_is_done(partition, outage.zone, member)
    _forget_parent(partition, outage)
    _nest_anew(partition, outage)
    assert outage.status in FINAL  # noqa: S101


def _nest_anew(partition: Partition, outage: Outage) -> None:
    """What was nested in an outage that is over is nested in the next one above, if any."""
    for other in partition.open_in(outage.zone):
        if other.nested_in == outage.outage_id:
            above = partition.upstream_of(other)
            other.nested_in = None if above is None else above.outage_id
            if other.stance != SUSPECTED:
                partition.dirty[other.outage_id] = other


def crew_is_done(partition: Partition, zone: int, device: int) -> None:
    """What a crew said of the device ends with the outage."""
    if partition.devices.crew_open_at[device] != NEVER:
        partition.devices.crew_open_at[device] = NEVER
        partition.stir(zone)
        if partition.devices.open_first[device] == NEVER:
            partition.told.get(zone, set()).discard(device)


def _forget_parent(partition: Partition, outage: Outage) -> None:
    """The outage that it came from needs no corrections once its last nested outage is over."""
    siblings = partition.by_zone.get(outage.zone, {}).values()
    if outage.parent_id and not any(other.parent_id == outage.parent_id for other in siblings):
        partition.parents.pop(outage.parent_id, None)
