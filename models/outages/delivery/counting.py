"""Who has spoken of a picture's moments, and who could have: counts by collector, from which rates are learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NOBODY, OUT, Points
from models.outages.inference.reports import GASP, MASK, NEAR, NO_FIT, ON_AT, OUT_FIRST, OUT_LAST, ROW, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest, Span
    from models.outages.inference.moments import Moments

LATE: Final = 1
IN_TIME: Final = 2
"""How a gasp goes with a moment."""
FINE: Final = 1 << 16
STEPS: Final = 16


@compiled
def fits_of(
    words: NDArray[np.int64],
    head: NDArray[np.int64],
    opened: NDArray[np.int64],
    until: NDArray[np.int64],
    shots: NDArray[np.int64],
    tolerance: int,
) -> NDArray[np.int8]:
    """[numbers, K] how the gasp of each word goes with a moment: IN_TIME, LATE if it comes long after, or 0."""
    fits = np.zeros((len(head), len(opened)), np.int8)
    for number in range(len(head)):
        q = head[number]
        mask, first, last = words[q, MASK], words[q, OUT_FIRST], words[q, OUT_LAST]
        for k in range(len(opened) if mask & GASP != 0 else 0):
            found = fit(mask, first, last, opened[k], until[k], shots, tolerance, -1, -2)
            if found != NO_FIT:
                fits[number, k] = IN_TIME if found in (0, -1) else LATE
    return fits


@compiled
def count_gasps(
    points: Points,
    words: NDArray[np.int64],
    spoke: NDArray[np.int64],
    first: int,
    fits: NDArray[np.int8],
    began: NDArray[np.int64],
    opening_of: NDArray[np.int64],
    gasps: NDArray[np.int64],
) -> None:
    """Count by row and moment, [R + 1, K, 2], who spoke and who could have, of the points that outages hold.

    `opening_of` gives by slot the moment of an outage, -1 of others; `first` is the span's first point, `spoke` [q]
    the number of its word, `began` [K] when the sequence of a moment did.
    """
    owner, since = points.owner, points.interrupted_at
    for q in range(len(words)):
        slot = owner[first + q]
        k = -1 if slot == NOBODY else opening_of[slot]
        if k >= 0 and since[first + q] >= began[k] - NEAR:
            gasps[words[q, ROW], k, 0] += spoke[q] >= 0 and fits[spoke[q], k] != 0
            gasps[words[q, ROW], k, 1] += 1


@compiled
def ended_by_most(
    points: Points,
    words: NDArray[np.int64],
    first: int,
    moments: Moments,
    tolerance: int,
    holds: tuple[NDArray[np.int64], NDArray[np.int64]],
    told_of: NDArray[np.int64],
    fewest: int,
) -> NDArray[np.int64]:
    """By slot the closing of an outage that has none by the last picture: as SCADA tells, or as most of its points do.

    -1 where `told_of` is -1 and `fewest` points do not.
    """
    opening_of, closing_of = holds
    if len(moments.closed) == 0:
        return told_of
    ended, spoke = told_of.copy(), np.zeros((len(told_of), len(moments.closed)), np.int64)
    for q in range(len(words)):
        slot = points.owner[first + q]
        if slot == NOBODY or opening_of[slot] < 0 or closing_of[slot] >= 0 or told_of[slot] >= 0:
            continue
        lost_at, on_first, on_at = moments.until[opening_of[slot]], points.on_first[first + q], words[q, ON_AT]
        at = on_first if on_first > lost_at else on_at
        for l in range(len(moments.closed)):  # noqa: E741
            closed = moments.closed[l]
            spoke[slot, l] += closed > lost_at and closed - tolerance <= at <= closed + NEAR
    for slot in range(len(told_of)):
        most = np.argmax(spoke[slot])
        if spoke[slot, most] >= fewest:
            ended[slot] = most
    return ended


@compiled
def _who_could_return(
    points: Points,
    words: NDArray[np.int64],
    first: int,
    moments: Moments,
    spoke_of: NDArray[np.int64],
    fits: NDArray[np.int8],
    longest: int,
    tolerance: int,
    holds: tuple[NDArray[np.int64], NDArray[np.int64]],
    all_of_them: bool,
) -> NDArray[np.bool_]:
    """[points of the span] who should say "on" by now, if he has power: see `count_returns`."""
    opening_of, closing_of = holds
    asks = np.zeros(len(words), np.bool_)
    for q in range(len(words)):
        slot = points.owner[first + q]
        if slot == NOBODY or closing_of[slot] < 0 or (points.phase[first + q] == OUT and not all_of_them):
            continue
        k, on_at = opening_of[slot], words[q, ON_AT]
        between = moments.opened[k] < on_at <= moments.until[k] - tolerance
        lasted = moments.closed[closing_of[slot]] - moments.until[k] >= longest
        asks[q] = not between and (lasted or (spoke_of[q] >= 0 and fits[spoke_of[q], k] != 0))
    return asks


@compiled
def count_returns(
    forest: Forest,
    points: Points,
    words: NDArray[np.int64],
    span: Span,
    moments: Moments,
    spoke_of: NDArray[np.int64],
    fits: NDArray[np.int8],
    longest: int,
    tolerance: int,
    holds: tuple[NDArray[np.int64], NDArray[np.int64]],
    all_of_them: bool,
    returns: NDArray[np.int64],
) -> None:
    """Count by row and moment, [R + 1, L, 2], who says "on" and who could, of the points that outages hold.

    Those are points that are back by the last picture, or `all_of_them`.

    A device of which nobody speaks, among others of its collector that do, may be dark: of such devices as many points
    are asked as stay silent by chance. Of what was too short for all meters to notice (under `longest`, ms) those are
    asked that noticed; who was back before the last shot of a sequence may not have noticed that.
    """
    owner, start, direct_end = points.owner, forest.point_start, forest.direct_end
    closing_of, closed = holds[1], moments.closed
    if (closing_of < 0).all():
        return
    silent, groups, count = np.zeros_like(returns), np.empty((len(words), 3), np.int64), 0
    asks = _who_could_return(points, words, span.point, moments, spoke_of, fits, longest, tolerance, holds, all_of_them)
    for d in range(span.device, span.device_end):
        begin, end = start[d], direct_end[d]
        spoke, asked = 0, 0
        for p in range(begin, end):
            if asks[p - span.point]:
                spoke += words[p - span.point, ON_AT] >= closed[closing_of[owner[p]]] - tolerance
                asked += 1
        if asked == 0:
            continue
        into, first = silent if spoke == 0 and asked > 1 else returns, count
        for p in range(begin, end):
            if asks[p - span.point]:
                l, row = closing_of[owner[p]], words[p - span.point, ROW]  # noqa: E741
                into[row, l, 0] += words[p - span.point, ON_AT] >= closed[l] - tolerance
                into[row, l, 1] += 1
                if spoke > 0 and asked > 1:
                    count = _add_to_group(groups, first, count, row, l)
    may_be_dark = np.where(returns[:, :, 0] > 0, silent_by_chance(returns, groups[:count]), silent[:, :, 1])
    returns[:, :, 1] += np.minimum(may_be_dark, silent[:, :, 1])


@compiled
def _add_to_group(groups: NDArray[np.int64], first: int, count: int, row: int, moment: int) -> int:
    """Count a point in the group of its device (from `first` on) for its row and moment; returns how many there are."""
    at = first
    while at < count and (groups[at, 0] != row or groups[at, 1] != moment):
        at += 1
    if at == count:
        groups[at, 0], groups[at, 1], groups[at, 2] = row, moment, 0
    groups[at, 2] += 1
    return max(count, at + 1)


@compiled
def silent_by_chance(returns: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """[R + 1, L] how many points more could have spoken, of devices of which by chance nobody does.

    `groups` are devices of which somebody does: row, moment, and how many of its points could. Who speaks of them is
    binomial without its zeros; its rate is found step by step.
    """
    more = np.zeros(returns.shape[:2], np.int64)
    for _ in range(STEPS):
        last, more = more, np.zeros_like(more)
        for at in range(len(groups)):
            row, l, size = groups[at]  # noqa: E741
            silence = FINE - returns[row, l, 0] * FINE * FINE // (returns[row, l, 1] * FINE + last[row, l])
            nobody, left = FINE, size
            while left > 0:
                nobody = nobody * silence // FINE if left & 1 else nobody
                silence, left = silence * silence // FINE, left >> 1
            if nobody < FINE:
                more[row, l] += size * nobody * FINE // (FINE - nobody)
    return more // FINE
