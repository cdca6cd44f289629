"""When something may have opened or closed: moments that SCADA, crews and outages name, and clusters of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.facts import KINDS
from models.outages.inference.histories import ANY
from models.outages.inference.knowledge import FREE, NEVER, Points
from models.outages.inference.reports import (
    CALL,
    CONSUMED,
    CREW,
    MANY,
    MASK,
    METERS,
    NEAR,
    ON_AT,
    OUT_FIRST,
    OUT_LAST,
    TOLD,
    WAVE,
)
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.facts import Named
    from models.outages.inference.forest import Span
    from models.outages.weights.scores import Scores

SAME: Final = 1_000
"""Moments of different sources so near to each other (ms) are one."""
BRIEF: Final = 1_000
"""How long a dip lasts whose end nobody has told of, ms."""
CALLS_APART: Final = 300_000
FEW: Final = 8
"""All shots of a sequence are noticed below the same device: by no fewer than one in so many of the most."""
DENSE: Final = 40
"""Clusters of more than one report that are looked for by density."""
MOST: Final = 20
"""Opening moments of one picture: of those that only single reports tell of the latest are kept."""
NEW: Final = 10
"""So many that nobody has named and no outage holds have room, however many of the others there are."""
MOST_RETURNS: Final = 10
LONE: Final = 240_000
"""A report that has stood alone for so long (ms) is no reason to ask any more."""
PLACES: Final = 1 << 12
"""A closing moment and the opening that it may follow are one number, as `KINDS` has it of times and sources."""
DIGIT: Final = 11
"""Bits of a number that are sorted by at once."""


class Moments(NamedTuple):
    """Openings and closings of one picture, each rising in time."""

    opened: NDArray[np.int64]
    began: NDArray[np.int64]
    told: NDArray[np.int64]
    until: NDArray[np.int64]
    shots: NDArray[np.int64]
    """Of which many meters tell."""
    source: NDArray[np.uint8]
    reports: NDArray[np.int64]
    closed: NDArray[np.int64]
    only_after: NDArray[np.int64]
    returns: NDArray[np.int64]


@compiled
def report_times(
    points: Points, words: NDArray[np.int64], tolerance: int, span: Span
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """When meters said "out", and which of it may be news; when customers did; when points said "on". Unsorted."""
    size, new = len(words), span.now - LONE
    gasps, calls, returns = np.empty(2 * size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    seeds = np.empty(2 * size, np.int64)
    phase, delay, on_first, out_at = points.phase, points.delay, points.on_first, points.out_at
    a, b, c, e = 0, 0, 0, 0
    for q in range(size):
        p = span.point + q
        free, mask = phase[p] == FREE, words[q, MASK]
        if mask == 0 and free:
            continue
        first, last, on_at = words[q, OUT_FIRST], words[q, OUT_LAST], words[q, ON_AT]
        fresh = not free or first + delay[p] > new
        if mask != 0 and (mask & METER_MASK != 0 or not free):
            gasps[a] = first
            a += 1
            if fresh:
                seeds[e] = first
                e += 1
            if last > first + NEAR:
                gasps[a] = last
                a += 1
                if fresh:
                    seeds[e] = last
                    e += 1
        elif mask != 0 and fresh:
            calls[b] = first
            b += 1
        lost_at = last if mask != 0 else out_at[p]
        if on_at != NEVER and on_at > lost_at - tolerance:
            returns[c] = on_first[p] if on_first[p] > lost_at - tolerance else on_at
            c += 1
    return gasps[:a], seeds[:e], calls[:b], returns[:c]


@compiled
def rising(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort times digit by digit: they lie close to each other."""
    if len(times) < 2:
        return times
    low = times.min()
    left, sorted_ = times - low, np.empty_like(times)
    widest, shift, digits = left.max(), 0, 1 << DIGIT
    while widest >> shift > 0:
        place = np.zeros(digits + 1, np.int64)
        for time in left:
            place[1 + ((time >> shift) & (digits - 1))] += 1
        for digit in range(digits):
            place[digit + 1] += place[digit]
        for time in left:
            digit = (time >> shift) & (digits - 1)
            sorted_[place[digit]] = time
            place[digit] += 1
        left, sorted_ = sorted_, left
        shift += DIGIT
    return left + low


@compiled
def _unexplained(times: NDArray[np.int64], known: NDArray[np.int64], before: int, width: int) -> NDArray[np.int64]:
    """The times that no known moment explains, rising."""
    left, count = np.empty(len(times), np.int64), 0
    for time in times:
        explained = False
        for at in known:
            explained = explained or time - width <= at <= time + before
        if not explained:
            left[count] = time
            count += 1
    return rising(left[:count])


@compiled
def _clusters(times: NDArray[np.int64], known: NDArray[np.int64], before: int, width: int) -> NDArray[np.int64]:
    """Moments that explain the times that no known one does: those that explain most of them first, and then the rest.

    A moment explains what is up to `before` earlier or `width` later: clocks err. It lies in the middle of what it
    explains, as far as it then still explains all of it. Rising.
    """
    left = _unexplained(times, known, before, width)
    found, begin, most = [0 for _ in range(0)], 0, 2
    while len(left) > 0 and len(found) < DENSE and most > 1:
        most, last = 0, 0
        for first in range(len(left)):
            while last < len(left) and left[last] <= left[first] + before + width:
                last += 1
            if last - first > most:
                begin, most = first, last - first
        if most > 1:
            middle = left[begin + (most - 1) // 2]
            at = min(max(middle, left[begin + most - 1] - width), left[begin] + before)
            found.append(int(at))
            left = left[(left < at - before) | (left > at + width)]
    end = NEVER
    for time in left:
        if time > end:
            found.append(int(time))
            end = int(time) + width
    return np.sort(np.array(found, np.int64))


@compiled
def _sizes(times: NDArray[np.int64], moments: NDArray[np.int64], before: int) -> NDArray[np.int64]:
    """How many of the times each moment explains."""
    sizes = np.zeros(len(moments), np.int64)
    for k in range(len(moments)):
        first, last = moments[k] - before, moments[k] + NEAR
        for time in times:
            sizes[k] += first <= time <= last
    return sizes


@compiled
def distinct(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Times with sources in order of time; those that are the same once, the first named winning."""
    kept, count = np.empty_like(times), 0
    for time in times:
        near = False
        for one in range(count):
            near = near or abs(time // KINDS - kept[one] // KINDS) <= SAME
        if not near:
            kept[count] = time
            count += 1
    return np.sort(kept[:count])


@compiled
def _is_near(times: NDArray[np.int64], at: int) -> bool:
    near = False
    for time in times:
        near = near or abs(time - at) <= NEAR
    return near


@compiled
def _with_held(named: NDArray[np.int64], found: NDArray[np.int64], held: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add moments that reports suggest, and the held ones that none of these is: more reports tell the time better."""
    rows = np.concatenate((named, found * KINDS + METERS))
    more, count = np.empty_like(held), 0
    for time in held:
        if not _is_near(rows // KINDS, time // KINDS):
            more[count] = time
            count += 1
    return distinct(np.concatenate((rows, more[:count])))


@compiled
def collect(points: Points, words: NDArray[np.int64], scores: Scores, span: Span, named: Named) -> Moments:
    """All moments of a span, those that are named and those that reports suggest."""
    tolerance, telemetered = scores.clock_tolerance, named.telemetered
    gasps, seeds, calls, returns = report_times(points, words, tolerance, span)
    told_of = _told(words, tolerance) * KINDS + TOLD
    known = distinct(np.concatenate((named.opened, named.held[named.held % KINDS != METERS], told_of)))
    observed = known[known % KINDS != CREW]  # when a crew came somewhere explains nobody's report
    rows = _with_held(known, _clusters(seeds, observed // KINDS, tolerance, NEAR), named.held)
    everything = rows[rows % KINDS != CREW] // KINDS
    for at in _clusters(calls, everything, tolerance, CALLS_APART):
        if not _is_near(everything, at):
            rows = np.append(rows, at * KINDS + CALL)
    if len(rows) > MOST:
        keep = np.concatenate((known, named.held)) // KINDS
        rows = rows[_most(_sizes(gasps, rows // KINDS, tolerance), rows, keep)]
    rows = np.sort(rows)
    times, source = rows // KINDS, (rows % KINDS).astype(np.uint8)
    sizes, told = _sizes(gasps, times, tolerance), times.copy()
    ends = _ends(named, returns, tolerance) * PLACES
    for k in range(len(times)):
        timed = False
        for row in range(len(telemetered)):
            if telemetered[row, 0] == times[k]:
                timed, told[k] = True, max(told[k], telemetered[row, 1])
        if source[k] == METERS and sizes[k] > 1 and times[k] > span.now - LONE and not timed:
            ends = np.append(ends, (times[k] + BRIEF) * PLACES + 1 + k)
    ends = np.sort(ends)
    closed, shots = ends // PLACES, _shots(times, sizes)
    until = _until(times, shots, told, telemetered[:, 0])
    return Moments(
        times,
        sequence_starts(times, until),
        told,
        until,
        shots,
        source,
        sizes,
        closed,
        ends % PLACES + ANY,
        _sizes(returns, closed, tolerance),
    )


@compiled
def _told(words: NDArray[np.int64], tolerance: int) -> NDArray[np.int64]:
    """When interruptions began of which points tell that are back, and that were explained otherwise."""
    times, count = np.empty(len(words), np.int64), 0
    for q in range(len(words)):
        if words[q, MASK] != 0 and words[q, OUT_LAST] <= words[q, CONSUMED]:
            times[count] = words[q, OUT_LAST]
            count += 1
    return _clusters(times[:count], times[:0], tolerance, NEAR)


@compiled
def _ends(named: Named, returns: NDArray[np.int64], tolerance: int) -> NDArray[np.int64]:
    """Closing moments that are named or that reports suggest."""
    known = distinct(named.closed * KINDS)
    back = _clusters(returns, known // KINDS, tolerance, NEAR)
    if len(back) > MOST_RETURNS:
        sizes, chosen = _sizes(returns, back, tolerance), np.zeros(len(back), np.bool_)
        for _ in range(MOST_RETURNS):
            best = np.argmax(sizes)
            chosen[best], sizes[best] = True, -1
        back = back[chosen]
    return _with_held(known, back, named.held_closed * KINDS) // KINDS


@compiled
def _shots(times: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Moments of which many meters tell, and not few beside another of the same sequence."""
    many = np.zeros(len(times), np.bool_)
    for k in range(len(times)):
        most = 0
        for other in range(len(times)):
            if abs(times[k] - times[other]) <= WAVE:
                most = max(most, sizes[other])
        many[k] = sizes[k] >= max(MANY, most // FEW)
    return times[many]


@compiled
def _until(
    times: NDArray[np.int64], shots: NDArray[np.int64], told: NDArray[np.int64], telemetered: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The last shot of the sequence that may begin at each moment: telemetry loses shots that many meters noticed."""
    until = told.copy()
    for k in range(len(times)):
        at, begins = times[k], False
        for time in telemetered:
            begins = begins or time == at
        for shot in shots:
            begins = begins or shot == at
        for shot in shots:
            if begins and at < shot <= at + WAVE:
                until[k] = max(until[k], shot)
    return until


@compiled
def sequence_starts(times: NDArray[np.int64], until: NDArray[np.int64]) -> NDArray[np.int64]:
    """When the sequence began of which each opening may be a shot."""
    began = times.copy()
    for k in range(len(times)):
        for before in range(k):
            if until[before] >= times[k]:
                began[k] = times[before]
                break
    return began


@compiled
def _most(sizes: NDArray[np.int64], rows: NDArray[np.int64], keep: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The named moments, and of the others those with most reports, later ones first."""
    chosen, count = np.zeros(len(rows), np.bool_), 0
    for row in range(len(rows)):
        for time in keep:
            chosen[row] = chosen[row] or time == rows[row] // KINDS
        count += chosen[row]
    for _ in range(count, min(max(MOST, count + NEW), len(rows))):
        best = -1
        for row in range(len(rows)):
            if not chosen[row]:
                more = best < 0 or (sizes[row], rows[row]) > (sizes[best], rows[best])
                best = row if more else best
        chosen[best] = True
    return chosen
