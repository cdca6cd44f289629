"""When something may have opened or closed: moments that SCADA, crews and outages name, and clusters of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.histories import ANY
from models.outages.inference.knowledge import FREE, NEVER, Points
from models.outages.inference.reports import CALL, MANY, MASK, METERS, NEAR, ON_AT, OUT_FIRST, OUT_LAST, WAVE
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

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
MOST_RETURNS: Final = 10
LONE: Final = 240_000
"""A report that has stood alone for so long (ms) is no reason to ask any more."""


class Moments(NamedTuple):
    """Openings and closings of one picture, each rising in time."""

    opened: NDArray[np.int64]
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
        p, word = span.point + q, words[q]
        free, mask = phase[p] == FREE, word[MASK]
        if mask == 0 and free:
            continue
        first, last = word[OUT_FIRST], word[OUT_LAST]
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
        if word[ON_AT] != NEVER and word[ON_AT] > lost_at - tolerance:
            returns[c] = on_first[p] if on_first[p] > lost_at - tolerance else word[ON_AT]
            c += 1
    return gasps[:a], seeds[:e], calls[:b], returns[:c]


@compiled
def _unexplained(times: NDArray[np.int64], known: NDArray[np.int64], before: int, width: int) -> NDArray[np.int64]:
    """The times that no known moment explains; both ascend."""
    left, count, at = np.empty(len(times), np.int64), 0, 0
    for time in times:
        while at < len(known) and known[at] < time - width:
            at += 1
        if at == len(known) or known[at] > time + before:
            left[count] = time
            count += 1
    return left[:count]


@compiled
def _clusters(times: NDArray[np.int64], known: NDArray[np.int64], before: int, width: int) -> NDArray[np.int64]:
    """Moments that explain the times that no known one does: those that explain most of them first, and then the rest.

    A moment explains what is up to `before` earlier or `width` later: clocks err. It lies in the middle of what it
    explains, as far as it then still explains all of it. All arrays ascend.
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
    sizes = np.zeros(len(moments), np.int64)
    for k in range(len(moments)):
        first = np.searchsorted(times, moments[k] - before, side="left")
        sizes[k] = np.searchsorted(times, moments[k] + NEAR, side="right") - first
    return sizes


class Named(NamedTuple):
    """Moments that are known before reports are looked at, in the order in which their times are believed."""

    opened: list[tuple[int, int]]
    """(time, source) by SCADA and crews."""
    closed: list[int]
    telemetered: dict[int, int]
    """What SCADA has timed, with the last opening of the sequence: it would have told the end of it, too."""
    held: list[tuple[int, int]]
    """(time, source) at which open outages began: by what was heard until the last picture."""
    held_closed: list[int]


def distinct(times: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Named moments (time, source) in order of time; those that are the same once, the first named winning."""
    kept: list[tuple[int, int]] = []
    for at, source in times:
        if not any(abs(at - other) <= SAME for other, _ in kept):
            kept.append((at, source))
    return sorted(kept)


def _with_held(
    named: list[tuple[int, int]], found: NDArray[np.int64], held: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Add moments that reports suggest, and the held ones that none of these is: more reports tell the time better."""
    rows = [*named, *((int(at), METERS) for at in found)]
    return distinct(
        [*rows, *((at, source) for at, source in held if not any(abs(at - one) <= NEAR for one, _ in rows))]
    )


def collect(points: Points, words: NDArray[np.int64], scores: Scores, span: Span, named: Named) -> Moments:
    """All moments of a span, those that are named and those that reports suggest."""
    # NumPy sorts ten times as fast as what a loop is compiled to.
    gasps, seeds, calls, returns = map(np.sort, report_times(points, words, scores.clock_tolerance, span))
    tolerance, telemetered = scores.clock_tolerance, named.telemetered
    known = distinct([*named.opened, *((at, source) for at, source in named.held if source != METERS)])
    fresh = _clusters(seeds, np.array([at for at, _ in known], np.int64), tolerance, NEAR)
    rows = _with_held(known, fresh, named.held)
    everything = np.array([at for at, _ in rows], np.int64)
    called = _clusters(calls, everything, tolerance, CALLS_APART)
    called = called[[not np.any(np.abs(everything - at) <= NEAR) for at in called]] if len(called) else called
    rows += [(int(at), CALL) for at in called]
    if len(rows) > MOST:
        keep = {at for at, _ in (*known, *named.held)}
        rows = _fewer(rows, keep, _sizes(gasps, np.array([at for at, _ in rows], np.int64), tolerance))
    rows.sort()
    times = np.array([at for at, _ in rows], np.int64)
    sizes = _sizes(gasps, times, tolerance)
    ends = _ends(named, returns, tolerance)
    for k, (at, source) in enumerate(rows):
        if source == METERS and sizes[k] > 1 and at > span.now - LONE and at not in telemetered:
            ends.append((at + BRIEF, k))
    ends.sort()
    told, shots = np.array([telemetered.get(at, at) for at, _ in rows], np.int64), _shots(times, sizes)
    return Moments(
        times,
        told,
        _until(times, shots, told, telemetered),
        shots,
        np.array([source for _, source in rows], np.uint8),
        sizes,
        np.array([at for at, _ in ends], np.int64),
        np.array([k for _, k in ends], np.int64),
        _sizes(returns, np.array([at for at, _ in ends], np.int64), tolerance),
    )


def _ends(named: Named, returns: NDArray[np.int64], tolerance: int) -> list[tuple[int, int]]:
    """Closing moments that are named or that reports suggest, with the opening that they may follow: any."""
    known = distinct([(at, METERS) for at in named.closed])
    back = _clusters(returns, np.array([at for at, _ in known], np.int64), tolerance, NEAR)
    if len(back) > MOST_RETURNS:
        back = back[np.sort(np.argsort(-_sizes(returns, back, tolerance), kind="stable")[:MOST_RETURNS])]
    return [(at, ANY) for at, _ in _with_held(known, back, [(at, METERS) for at in named.held_closed])]


def _shots(times: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Moments of which many meters tell, and not few beside another of the same sequence."""
    near = np.abs(times[:, None] - times[None, :]) <= WAVE
    most = np.where(near, sizes[None, :], 0).max(axis=1, initial=0)
    return times[sizes >= np.maximum(MANY, most // FEW)]


def _until(
    times: NDArray[np.int64], shots: NDArray[np.int64], told: NDArray[np.int64], telemetered: Mapping[int, int]
) -> NDArray[np.int64]:
    """The last shot of the sequence that may begin at each moment: telemetry loses shots that many meters noticed."""
    until = told.copy()
    for k, at in enumerate(times.tolist()):
        begins = at in telemetered or at in shots
        if begins and len(more := shots[(shots > at) & (shots <= at + WAVE)]):
            until[k] = max(told[k], more[-1])
    return until


def _fewer(rows: list[tuple[int, int]], keep: set[int], sizes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The named moments, and of the others those with most reports, later ones first."""
    named = [row for row in rows if row[0] in keep]
    others = [(-int(size), -row[0], row) for row, size in zip(rows, sizes.tolist(), strict=True) if row[0] not in keep]
    return named + [row for *_, row in sorted(others)[: max(0, MOST - len(named))]]
