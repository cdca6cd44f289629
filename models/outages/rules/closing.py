"""From evidence of returning power to restorations: who has power again, on whose word, and what stays dark.

Looked at for one outage: (1) did its device close, by SCADA or a crew; (2) did parts come back, by what meters say;
(3) who says "on" himself; (4) where the wait is over, what does silence mean; (5) is anything left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.inference.energised import NOT_YET, energised_sections, judge_silence, listen
from models.outages.inference.knowledge import CLOSED, FREE, GOOD, NEVER
from models.outages.inference.ownership import give_back, hand_over, wait_for_word
from models.outages.inference.pass_columns import SETTLED
from models.outages.rules.life_cycle import cancel, crew_is_done, end, merge_into
from models.outages.rules.nested import open_nested, parent_of, retract
from models.outages.rules.start_time import correct_start
from models.outages.state.deciding import note
from models.outages.state.left_out import wait
from models.outages.state.outage import Outage, Section
from models.outages.state.partition import Partition, span_of
from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.energised import Heard

CONFIRMED: Final = "confirmed"
INFERRED: Final = "inferred"


def close(partition: Partition, outage: Outage, now: int) -> bool:
    """Look at a published outage for returning power; True if what devices and points say is all accounted for."""
    sections = list(outage.sections)
    closed_at = _device_closed(partition, outage, now)
    if closed_at is not None and not outage.whole:
        if (upstream := partition.upstream_of(outage)) is not None and not upstream.whole:
            note(partition, "merged-on-repair", outage, other=upstream.outage_id)
            merge_into(partition, outage, upstream, now)
            return False
        note(partition, "device-closed", outage)
        _add_section(partition, outage, outage.device, closed_at, now)
    heard = listen(partition.forest, partition.points, partition.scores, outage.span, outage.slot, outage.wave_at, now)
    if not outage.whole and outage.device >= 0:
        _find_sections(partition, outage, heard, now)
    _hear(partition, outage, heard, now)
    for section in list(outage.sections):
        if now >= section.judged_at and not partition.deaf:
            _judge(partition, outage, section, now)
            outage.sections.remove(section)
    _conclude(partition, outage, now)
    return outage.sections == sections and (closed_at is None or outage.whole)


def _device_closed(partition: Partition, outage: Outage, now: int) -> int | None:
    """When the device closed for good after the outage began, by a crew or by SCADA; None if nobody says so."""
    if outage.device < 0:
        return None
    devices, hold = partition.devices, partition.scores.scada_hold
    for member in class_members(partition.network, outage.device):
        at = int(devices.position_at[member])
        lasts = devices.position[member] == CLOSED and devices.quality[member] == GOOD and now >= at + hold
        since = max(outage.started_at, outage.disbelieved_at)
        if devices.crew_open_at[member] == NEVER and lasts and at > since:
            return at
        if devices.closed_at[member] > since:
            return int(devices.closed_at[member])
    return None


def _add_section(partition: Partition, outage: Outage, device: int, closed_at: int, now: int) -> None:
    """The device closed: from here its points have to speak, or be judged by their silence."""
    scores, parameters = partition.scores, partition.parameters
    span = span_of(partition, device)
    length = max(0, closed_at - outage.started_at)
    noticed = length >= int(scores.echo_steps[-1])
    dip = int(np.searchsorted(scores.echo_steps, length, side="right"))
    until = closed_at + scores.clock_tolerance
    if not wait_for_word(partition.points, span, outage.slot, closed_at, until, dip):
        return
    # News of a closing may come late: then its neighbours' news is on its way too.
    section = Section(device, closed_at, now + round(parameters.wave_seconds * 1000), noticed)
    section.judged_at = max(section.judged_at, closed_at + wait(parameters, section))
    if not _can_speak(partition, span, outage.slot):
        section.judged_at = now  # nobody's word is waited for: what lies below follows the device
    outage.sections.append(section)
    outage.stance = SETTLED
    for member in class_members(partition.network, device):
        crew_is_done(partition, outage.zone, member)
    partition.to_explain.add(outage.zone)
    partition.set_timer(section.judged_at, outage=outage)


def _can_speak(partition: Partition, span: tuple[int, int], slot: int) -> bool:
    """Whether any point of a span that an outage owns has a meter that is not mute."""
    forest, points, here = partition.forest, partition.points, slice(*span)
    metered = forest.delivery_class[here] < partition.unmetered_class
    return bool((metered & (points.owner[here] == slot) & (points.mute[here] == 0)).any())


def _find_sections(partition: Partition, outage: Outage, heard: Heard, now: int) -> None:
    """Parts in which enough points say "on" that their device must be closed."""
    sections = energised_sections(
        partition.forest,
        partition.devices,
        partition.scores,
        heard,
        outage.device,
        outage.wave_at,
        now,
        partition.values,
        partition.dark,
    )
    for device, closed_at in sections:
        note(
            partition, "energised", outage, other=partition.network.device_ids[device], span=span_of(partition, device)
        )
        _add_section(partition, outage, int(device), int(closed_at), now)


def _hear(partition: Partition, outage: Outage, heard: Heard, now: int) -> None:
    """Points that say "on" themselves are restored, a few seconds' worth at a time."""
    rows = np.flatnonzero((heard.back_at != NEVER) & (heard.phase != FREE))
    points, times = (rows + outage.span[0]).astype(np.int32), heard.back_at[rows]
    if heard.due != NOT_YET:
        partition.set_timer(int(heard.due), outage=outage)
    if not points.size:
        return
    last = _counts(partition, points)[0] == outage.customers_out
    if now < outage.next_restoration_at and not last:
        partition.set_timer(outage.next_restoration_at, outage=outage)
        return
    outage.next_restoration_at = now + round(partition.parameters.restoration_interval_seconds * 1000)
    false = times <= (outage.started_at + SAME_MOMENT if parent_of(partition, outage) else NEVER)
    if false.any():
        retract(partition, outage, points[false], CONFIRMED)
        points, times = points[~false], times[~false]
    correct_start(partition, outage, points)
    _restore_by_section(partition, outage, points, times)


SAME_MOMENT: Final = 60_000
"""Power that came back so soon after the close-in (ms) was never missing in a nested outage."""


def _counts(partition: Partition, points: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.array([partition.forest.customers[points].sum()])


def _restore_by_section(
    partition: Partition, outage: Outage, points: NDArray[np.int32], times: NDArray[np.int64]
) -> None:
    """One record for what came back at one time: with a section at its closing, else at the median of the words."""
    left = np.ones(len(points), bool)
    for section in outage.sections:
        first, last = partition.network.point_start[section.device], partition.network.point_end[section.device]
        inside = left & (points >= first) & (points < last)
        if inside.any():
            _restore(partition, outage, points[inside], section.closed_at, section.device, CONFIRMED)
            left &= ~inside
    if left.any():
        ordered = np.sort(times[left])
        _restore(partition, outage, points[left], int(ordered[(len(ordered) - 1) // 2]), outage.device, CONFIRMED)


def _restore(partition: Partition, outage: Outage, points: NDArray[np.int32], at: int, device: int, basis: str) -> None:
    at = max(at, outage.started_at)
    counts = give_back(partition.forest, partition.points, points)
    outage.give_back(counts)
    outage.restored_at = at if outage.restored_at is None else max(at, outage.restored_at)
    outage.progress("partially_restored")
    note(
        partition,
        "restored" if basis == CONFIRMED else "restored-inferred",
        outage,
        other=f"{int(counts[0])} customers",
    )
    outage.note(basis, at, device, points.tolist(), int(counts[0]))
    partition.dirty[outage.outage_id] = outage


def _judge(partition: Partition, outage: Outage, section: Section, now: int) -> None:
    """The wait is over: silence beside a neighbour's word is a restoration, silence of all is a nested outage."""
    points, nested, lone = judge_silence(
        partition.forest,
        partition.points,
        partition.scores,
        section.device,
        outage.slot,
        section.closed_at,
        section.noticed,
        partition.values,
        partition.dark,
        partition.alive,
    )
    if points.size and parent_of(partition, outage) and section.closed_at <= outage.started_at + SAME_MOMENT:
        retract(partition, outage, points, INFERRED)
    elif points.size:
        _restore(partition, outage, points, section.closed_at, section.device, INFERRED)
    if any(span_of(partition, device) == outage.span for device in nested):
        _disbelieve(partition, outage, section)
        return
    for device in reversed(nested):
        open_nested(partition, outage, int(device), -1, section.closed_at, now)
    for point in lone:
        open_nested(partition, outage, -1, int(point), section.closed_at, now)


def _disbelieve(partition: Partition, outage: Outage, section: Section) -> None:
    """Nobody below spoke: whatever closed, these customers are still without power, and the outage goes on."""
    outage.disbelieved_at = section.closed_at
    note(partition, "disbelieved", outage)
    hand_over(partition.forest, partition.points, outage.span, outage.slot, outage.slot)


def _conclude(partition: Partition, outage: Outage, now: int) -> None:
    """When no point is left the outage ends; one that never had any was false."""
    if outage.customers_out > 0 or _owns_any(partition, outage):
        return
    if outage.affected[0] == 0 and outage.restored_at is None:
        note(partition, "nobody-out", outage)
        cancel(partition, outage, now)
    else:
        note(partition, "ended", outage)
        end(partition, outage, outage.restored_at or outage.started_at, now)


def _owns_any(partition: Partition, outage: Outage) -> bool:
    first, last = outage.span
    return bool((partition.points.owner[first:last] == outage.slot).any())
