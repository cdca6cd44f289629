"""What the usage points below a device weigh together, if power was lost there at a given moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NEVER, OUT, Points
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest
    from models.outages.inference.pass_columns import Incumbents
    from models.outages.weights.scores import Scores


class Witnesses(NamedTuple):
    """What the usage points of one zone have to say in this pass, a row a point of the zone."""

    stands: NDArray[np.uint8]
    """OUT_OF_PLAY, SAYS_OUT or QUIET."""
    at: NDArray[np.int64]
    """When its "out" began."""
    gain: NDArray[np.int64]
    """Weight of its reports if they belong to the wave."""
    also_silent: NDArray[np.uint8]
    """Only customers spoke: the meter's silence counts beside them."""
    row: NDArray[np.int64]
    """Row of the silence tables; the last, of zeros, for points that cannot speak."""
    on_last: NDArray[np.int64]
    echo_until: NDArray[np.int64]
    echo_dip: NDArray[np.uint8]
    gain_before: NDArray[np.int64]
    """Running sum of `gain` over the points before, one row more than points."""
    reports_before: NDArray[np.int64]
    first_at: int
    """The earliest "out" of the zone, and below the latest."""
    last_at: int


OUT_OF_PLAY: Final = 0
SAYS_OUT: Final = 1
QUIET: Final = 2


@compiled
def hear_witnesses(forest: Forest, points: Points, scores: Scores, incumbents: Incumbents, zone: int) -> Witnesses:
    """Read each point once: does it count, what does it say, and what would that weigh.

    A point counts if it has power as far as is known, or lost it in the present wave. What it says after the echo of a
    short interruption goes before the echo.
    """
    first, last = forest.zone_point_start[zone], forest.zone_point_start[zone + 1]
    count = last - first
    stands, at = np.empty(count, np.uint8), np.empty(count, np.int64)
    gain, also_silent, row = np.zeros(count, np.int64), np.zeros(count, np.uint8), np.empty(count, np.int64)
    gain_before, reports_before = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    mask, out_first, out_last = points.mask[first:last], points.out_first[first:last], points.out_last[first:last]
    on_last, phase, owner = points.on_last[first:last], points.phase[first:last], points.owner[first:last]
    echo_until, echo_dip = points.echo_until[first:last], points.echo_dip[first:last]
    mute, delay, delivery = points.mute[first:last], points.delay[first:last], forest.delivery_class[first:last]
    included, out, echo_out, steps = incumbents.included, scores.out, scores.echo_out, scores.steps
    cannot_speak, first_at, last_at = len(scores.silent) - 1, -NEVER, NEVER
    for p in range(count):
        stands[p], at[p] = QUIET, NEVER
        row[p] = delivery[p] if mute[p] == 0 else cannot_speak
        if phase[p] == OUT and included[owner[p]] == 0:
            stands[p] = OUT_OF_PLAY
        elif mask[p] != 0 and out_last[p] > on_last[p]:
            stands[p] = SAYS_OUT
            also_silent[p] = mask[p] & METER_MASK == 0
            if out_last[p] <= echo_until[p]:
                at[p] = out_first[p]
                gain[p] = echo_out[echo_dip[p], np.searchsorted(steps, delay[p], side="right")]
            else:
                at[p] = out_first[p] if out_first[p] > echo_until[p] else out_last[p]
                gain[p] = out[delivery[p], mask[p]]
            first_at, last_at = min(first_at, at[p]), max(last_at, at[p])
        gain_before[p + 1] = gain_before[p] + gain[p]
        reports_before[p + 1] = reports_before[p] + (stands[p] == SAYS_OUT)
    return Witnesses(
        stands,
        at,
        gain,
        also_silent,
        row,
        on_last,
        echo_until,
        echo_dip,
        gain_before,
        reports_before,
        first_at,
        last_at,
    )


@compiled
def sum_below(witnesses: Witnesses, scores: Scores, first: int, last: int, started: int, now: int) -> tuple[int, int]:
    """Weight of the zone's points [first, last) if power was lost at `started`, and how many reports that explains."""
    bucket = np.searchsorted(scores.steps, now - started, side="right")
    silent, echo_silent = scores.silent[:, bucket], scores.echo_silent[:, :, bucket]
    stands, at, gain, also_silent = witnesses.stands, witnesses.at, witnesses.gain, witnesses.also_silent
    row, on_last, echo_until, echo_dip = witnesses.row, witnesses.on_last, witnesses.echo_until, witnesses.echo_dip
    until, on_after, said_on = started + scores.coherence, started + scores.clock_tolerance, scores.said_on
    total, reports = 0, 0
    for p in range(first, last):
        if stands[p] == OUT_OF_PLAY:
            continue
        if stands[p] == SAYS_OUT and started <= at[p] <= until:
            total += gain[p]
            reports += 1
            if also_silent[p] == 0:
                continue
        elif stands[p] == QUIET and on_last[p] > on_after:
            total += said_on
            continue
        if started <= echo_until[p]:
            total += echo_silent[row[p], echo_dip[p]]
        else:
            total += silent[row[p]]
    return total, reports


@compiled
def count_doubtful(witnesses: Witnesses, scores: Scores) -> NDArray[np.int64]:
    """Running count of points whose "on" or echo lies among the "out"s of the zone: not all openings ask for it."""
    stands, on_last, echo_until = witnesses.stands, witnesses.on_last, witnesses.echo_until
    first_at, last_at, tolerance = witnesses.first_at, witnesses.last_at, scores.clock_tolerance
    before = np.zeros(len(stands) + 1, np.int64)
    for p in range(len(stands)):
        on = stands[p] == QUIET and first_at < on_last[p] - tolerance <= last_at
        echo = stands[p] != OUT_OF_PLAY and first_at <= echo_until[p] < last_at
        before[p + 1] = before[p] + (on or echo)
    return before


@compiled
def sum_silence(witnesses: Witnesses, scores: Scores, bucket: int, before: NDArray[np.int64]) -> None:
    """Running sum of what the zone's points weigh but for their "out"s, if none of them is doubtful."""
    silent, echo_silent = scores.silent[:, bucket], scores.echo_silent[:, :, bucket]
    stands, also_silent, row = witnesses.stands, witnesses.also_silent, witnesses.row
    on_last, echo_until, echo_dip = witnesses.on_last, witnesses.echo_until, witnesses.echo_dip
    last_at, on_after, said_on = witnesses.last_at, witnesses.last_at + scores.clock_tolerance, scores.said_on
    before[0] = 0
    for p in range(len(stands)):
        weight = 0
        if stands[p] == QUIET and on_last[p] > on_after:
            weight = said_on
        elif stands[p] == QUIET or also_silent[p] == 1:
            weight = echo_silent[row[p], echo_dip[p]] if echo_until[p] >= last_at else silent[row[p]]
        before[p + 1] = before[p] + weight


@compiled
def wave_start(witnesses: Witnesses, first: int, last: int, span: int) -> int:
    """The earliest report of points [first, last) that has the most reports within the coherence window after it."""
    times = np.sort(witnesses.at[first:last][witnesses.stands[first:last] == SAYS_OUT])
    best, most, end = times[0], 0, 0
    for begin in range(len(times)):
        while end < len(times) and times[end] <= times[begin] + span:
            end += 1
        if end - begin > most:
            best, most = times[begin], end - begin
    return best


@compiled
def told_start_of(witnesses: Witnesses, first: int, last: int, told_at: int, tolerance: int) -> int:
    """SCADA's moment, or the earliest report of points [first, last) that only the error of clocks puts before it."""
    started = told_at
    for p in range(first, last):
        if witnesses.stands[p] == SAYS_OUT and told_at - tolerance <= witnesses.at[p] < started:
            started = witnesses.at[p]
    return started
