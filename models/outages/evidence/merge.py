"""Merging reports into what is known: a join, so that order within an instant, copies and batches cannot matter.

The rows of one instant come sorted by usage point or device; those of one point are put in the order of observation
here. A row that changes nothing is a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled, inlined
from models.evidence.kinds import (
    DISCONNECTED,
    INSTALLED,
    KIND_CODE,
    METER_KINDS,
    OUT_BIT,
    POWER_RESTORED,
    REMOVED,
    SAYS_ON,
)
from models.outages.inference.knowledge import BAD, CLOSED, FREE, NEVER, OPEN, OUT, SOURCES, Devices, Points

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OUT_BIT: Final = np.array(OUT_BIT, np.int64)
_SAYS_ON: Final = np.array(SAYS_ON)
_METER_KINDS: Final = len(METER_KINDS)
_GASP: Final = 1
_INFERRED: Final = OUT_BIT[KIND_CODE["inferred_outage"]]
LONGEST_DELAY: Final = 2_000_000_000
"""Milliseconds; a column of four bytes holds no more."""
COMMAND_SPAN: Final = 60_000
"""A gasp so near to a disconnection or an exchange of the meter, in milliseconds, is its doing."""
RUN_GAP: Final = 80_000
"""Openings of one reclosing sequence: so soon after a closing (ms) the next one belongs to the same run."""
LONGEST_SHOT: Final = 60_000
"""What was open for longer (ms) was no shot of a sequence: the next opening is another one."""
LONGEST_INTERRUPTION: Final = 24 * 3_600_000
"""A meter that says it was without power for longer (ms) has lost its clock."""
LONGER: Final = 120_000
"""A meter that came back so much later (ms) than its interruption was thought to be over was dark until then."""
CLOCK_ERROR: Final = 5_000
"""A return stamped so little (ms) before its own gasp came after it."""


@inlined
def _order_run(
    order: NDArray[np.int64], first: int, last: int, observed: NDArray[np.int64], rank: NDArray[np.uint8]
) -> None:
    """Sort a short run of positions by observation, then rank (insertion sort: runs have one or two rows)."""
    for i in range(first + 1, last):
        row = order[i]
        j = i - 1
        while j >= first and (
            observed[order[j]] > observed[row] or (observed[order[j]] == observed[row] and rank[order[j]] > rank[row])
        ):
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = row


@inlined
def _order_reports(
    order: NDArray[np.int64],
    first: int,
    last: int,
    observed: NDArray[np.int64],
    kind: NDArray[np.uint8],
    started: NDArray[np.int64],
    log_time: NDArray[np.int64],
    source: NDArray[np.uint32],
) -> None:
    """Sort a short run of reports about one point by all that they say: their order in the log cannot matter then."""
    for i in range(first + 1, last):
        row = order[i]
        j = i - 1
        while j >= first:
            other = order[j]
            if observed[other] != observed[row]:
                after = observed[other] > observed[row]
            elif kind[other] != kind[row]:
                after = kind[other] > kind[row]
            elif started[other] != started[row]:
                after = started[other] > started[row]
            elif log_time[other] != log_time[row]:
                after = log_time[other] > log_time[row]
            else:
                after = source[other] > source[row]
            if not after:
                break
            order[j + 1] = other
            j -= 1
        order[j + 1] = row


class Wave(NamedTuple):
    """The "out"s of a usage point that cohere: `mask`, `out_first`, `out_last` and `delay` of `Points`."""

    mask: int
    first: int
    last: int
    delay: int


class Said(NamedTuple):
    """All that one usage point has said: its row of `Points`.

    Numbers, since a loop that looks a column up in a tuple counts references to it, at more than the cost of merging.
    """

    heard_at: int
    wave: Wave
    on_first: int
    on_last: int
    returned_at: int
    told_start: int
    consumed_at: int
    mute: int


@compiled
def _say_out(said: Said, bit: int, at: int, delay: int, coherence: int) -> Wave:
    """Merge one "out"."""
    wave = said.wave
    if at <= said.consumed_at or at <= said.on_last:
        return wave
    if wave.mask == 0 or said.on_last >= wave.last or at > wave.last + coherence:
        return Wave(bit, at, at, max(0, min(delay, LONGEST_DELAY)))
    if at < wave.first - coherence or (bit == _INFERRED and wave.mask & _GASP != 0 and at < wave.first):
        return wave
    if bit == _GASP and wave.mask == _INFERRED and at > wave.first:
        # A meter that gasps had power until then: its collector had been cut off.
        bits = bit | wave.mask if wave.last > at else bit
        return Wave(bits, at, max(wave.last, at), max(0, min(delay, LONGEST_DELAY)))
    return Wave(wave.mask | bit, min(wave.first, at), max(wave.last, at), wave.delay)


@compiled
def _say_on(said: Said, out_last: int, at: int) -> tuple[int, int]:
    """Merge one "on"; returns the earliest and the latest after the last "out"."""
    if out_last - CLOCK_ERROR <= at < out_last:
        at = out_last
    if at < out_last:
        return said.on_first, said.on_last
    if said.on_last < out_last or said.on_first == NEVER:
        return at, at
    return min(said.on_first, at), max(said.on_last, at)


@compiled
def _obey(said: Said, wave: Wave, kind: int, at: int) -> Said:
    """Commands and exchanges of the meter explain the gasps around them; a removed one is mute until one is there."""
    consumed_at, mute = said.consumed_at, said.mute
    if kind in (DISCONNECTED, REMOVED) and at + COMMAND_SPAN > consumed_at:
        consumed_at = at + COMMAND_SPAN
        if at - COMMAND_SPAN <= wave.last <= at + COMMAND_SPAN:
            wave = Wave(0, wave.first, wave.last, wave.delay)
    if kind == REMOVED:
        mute = 1
    if kind == INSTALLED:
        mute = 0
    return Said(said.heard_at, wave, said.on_first, said.on_last, said.returned_at, said.told_start, consumed_at, mute)


@inlined
def _is_longer(said: Said, started: int, at: int) -> bool:
    """Whether a point tells of an interruption that went on when the one that explained it was over.

    Not one that has said meanwhile that it was back, and none that was disconnected.
    """
    explained = started + COMMAND_SPAN + 2 * CLOCK_ERROR < said.consumed_at < at - LONGER
    return explained and said.on_last < started


@compiled
def _merge(said: Said, kind: int, at: int, started: int, log_time: int, coherence: int, dark: bool) -> Said:
    """Merge one report; `started` is when an interruption began by the word of a point that is back, or 0.

    Of a point that is `dark` already calls, pings and what a collector infers tell nothing of another interruption.
    """
    wave, told_start = said.wave, said.told_start
    if _OUT_BIT[kind] != 0:
        longest = LONGEST_INTERRUPTION if dark and _OUT_BIT[kind] != _GASP else coherence
        wave = _say_out(said, _OUT_BIT[kind], at, log_time - at, longest)
    elif kind == POWER_RESTORED and at - LONGEST_INTERRUPTION < started <= at:
        told_start = max(told_start, started)
        if wave.mask == 0:
            if _is_longer(said, started, at):
                wave = Wave(_GASP, started, started, max(0, min(log_time - started, LONGEST_DELAY)))
            else:
                wave = _say_out(said, _GASP, started, log_time - started, coherence)
    said = _obey(said, wave, kind, at)
    on_first, on_last = _say_on(said, wave.last, at) if _SAYS_ON[kind] else (said.on_first, said.on_last)
    news = kind == POWER_RESTORED and at > said.consumed_at
    returned_at = max(said.returned_at, at) if news else said.returned_at
    heard_at = max(said.heard_at, at)
    return Said(heard_at, said.wave, on_first, on_last, returned_at, told_start, said.consumed_at, said.mute)


@inlined
def _is_copy(said: Said, kind: int, at: int) -> bool:
    """Whether an "out" lies within what has been said already: most rows of a blackout do, and merging takes longer."""
    wave = said.wave
    return _OUT_BIT[kind] & wave.mask != 0 and wave.first <= at <= wave.last and at <= said.heard_at


@compiled
def join_points(
    points: Points,
    rows: tuple[NDArray[Any], ...],
    order: NDArray[np.int64],
    span: tuple[int, int],
    coherence: int,
    changed: NDArray[np.uint8],
    touched: NDArray[np.int32],
    said_out: NDArray[np.uint8],
) -> int:
    """Merge rows `order[span]` of one instant; flag in `changed` (by row) those that altered something.

    `rows` are the columns point, kind, observed_at, outage_started_at, log_time and source. Returns how many different
    points stand in `touched`, ascending; `said_out` flags those of them for which an "out" altered something.
    """
    point, kind, observed, started, log_time, source = rows
    mask, out_first, out_last, delay = points.mask, points.out_first, points.out_last, points.delay
    heard_at, on_first, on_last, told_start = points.heard_at, points.on_first, points.on_last, points.told_start
    returned_at, consumed_at, mute = points.returned_at, points.consumed_at, points.mute
    count, i, end = 0, span[0], span[1]
    while i < end:
        p = point[order[i]]
        j = i + 1
        while j < end and point[order[j]] == p:
            j += 1
        if j - i > 1:
            _order_reports(order, i, j, observed, kind, started, log_time, source)
        # adding to 0 widens the narrow columns: all that is said is numbers of one type
        wave = Wave(0 + mask[p], out_first[p], out_last[p], 0 + delay[p])
        ons = on_first[p], on_last[p], returned_at[p]
        before = Said(heard_at[p], wave, *ons, told_start[p], consumed_at[p], 0 + mute[p])
        said = before
        said_out[count], dark = 0, points.phase[p] == OUT
        for k in range(i, j):
            row = order[k]
            if kind[row] < _METER_KINDS:
                points.said_by[p] = 1 + source[row] % SOURCES
            if _is_copy(said, kind[row], observed[row]):
                continue
            merged = _merge(said, kind[row], observed[row], started[row], log_time[row], coherence, dark)
            if merged != said:
                changed[row] = 1
                if _OUT_BIT[kind[row]] != 0 and merged.wave != said.wave:
                    said_out[count] = 1
                said = merged
        if said != before:
            heard_at[p], on_first[p], on_last[p] = said.heard_at, said.on_first, said.on_last
            mask[p], out_first[p], out_last[p], delay[p] = said.wave
            told_start[p], consumed_at[p], mute[p] = said.told_start, said.consumed_at, said.mute
            returned_at[p] = said.returned_at
            touched[count] = p
            count += 1
        i = j
    return count


@compiled
def join_devices(
    devices: Devices,
    rows: tuple[NDArray[np.int64], ...],
    order: NDArray[np.int64],
    span: tuple[int, int],
    changed: NDArray[np.uint8],
) -> None:
    """Merge SCADA rows `order[span]` of one instant; `rows` are device, position, quality and observed_at.

    A bad-quality position is not believed; a run of openings keeps the time of its first.
    """
    device, position, quality, observed = rows
    rank = (2 * (np.uint8(BAD) - quality) + (position == OPEN)).astype(np.uint8)
    i = span[0]
    while i < span[1]:
        d = device[order[i]]
        j = i + 1
        while j < span[1] and device[order[j]] == d:
            j += 1
        if j - i > 1:
            _order_run(order, i, j, observed, rank)
        for k in range(i, j):
            changed[order[k]] = _position(devices, d, position[order[k]], quality[order[k]], observed[order[k]])
        i = j


@inlined
def _position(devices: Devices, d: int, position: int, quality: int, at: int) -> bool:  # noqa: C901 (a case a line: each kind of late word)
    if position not in (OPEN, CLOSED) or quality == BAD:
        newer = at > devices.alarm_at[d]
        devices.alarm_at[d] = max(devices.alarm_at[d], at)
        return newer
    last, held, changed = devices.position_at[d], devices.held_at[d], False
    moves = position != devices.position[d]
    # Of two that contradict each other at one time the better one stands, however often it is told.
    better = at == held and at > last and moves and quality < devices.quality[d]
    if at > held or better:
        if moves:
            shot = last != NEVER and at <= last + RUN_GAP and last - devices.open_last[d] <= LONGEST_SHOT
            settled = devices.open_first[d] <= devices.settled_at[d] < at  # of an outage that is over, or never opened
            if position == OPEN and (not shot or settled):
                devices.open_first[d] = at
                devices.closed_before[d] = held
            if position == OPEN:
                devices.open_last[d] = at
            devices.position[d], devices.position_at[d] = position, at
            changed = True
        elif position == OPEN and at <= devices.open_last[d] + RUN_GAP:
            devices.open_last[d] = at  # the next shot: the closing between has been lost, or comes late
            changed = True
        devices.held_at[d] = at
        changed = changed or quality < devices.quality[d]
        devices.quality[d] = quality if moves else min(quality, devices.quality[d])
        return changed
    if at > last:
        if position == OPEN and devices.position[d] == CLOSED:
            devices.open_first[d], devices.open_last[d], devices.closed_before[d] = at, at, last
            devices.position_at[d] = held  # it has closed again, at the latest when it was seen so
            return True
        return False
    if at == last and (
        quality < devices.quality[d] or (quality == devices.quality[d] and position > devices.position[d])
    ):
        devices.position[d], devices.quality[d] = position, quality
        changed = True
    first = devices.open_first[d]
    missed = first == NEVER or first <= devices.closed_before[d] or (at < first and first - at <= RUN_GAP)
    if position == OPEN and at > devices.closed_before[d] and missed:
        devices.open_first[d] = at
        devices.open_last[d] = max(devices.open_last[d], at)
        return True
    return changed


@compiled
def stirred(
    points: Points,
    area_of: tuple[NDArray[np.int32], NDArray[np.int32]],
    touched: NDArray[np.int32],
    said_out: NDArray[np.uint8],
    areas: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The areas, of so many, in which something is said that the last picture does not show, and where it does.

    The picture does not show an "out" of a point with power, or an "on" of one without; it does show who is back, of
    whom an "on" has to be told all the same. `area_of` are a point's device and its area.
    """
    owner_phase, mask, out_last, on_last = points.phase, points.mask, points.out_last, points.on_last
    point_device, device_area = area_of
    flags = np.zeros(areas, np.uint8)
    for k, p in enumerate(touched):
        out = mask[p] != 0 and out_last[p] > on_last[p]
        if owner_phase[p] == OUT:
            news = 2 if not out and on_last[p] != NEVER else 0
        elif owner_phase[p] == FREE:
            news = 2 if mask[p] != 0 else 0
        else:
            news = 2 if out else 1 - said_out[k]
        area = device_area[point_device[p]]
        flags[area] = max(flags[area], news)
    return np.flatnonzero(flags == 2), np.flatnonzero(flags == 1)
