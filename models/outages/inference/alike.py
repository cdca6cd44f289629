"""Words of usage points that differ in nothing that matters to a picture: they are weighed once for all of them.

Times matter only by how they lie to the moments of the picture, so a blackout of thousands has few different words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled, inlined
from models.outages.inference.knowledge import NEVER, NOBODY
from models.outages.inference.reports import (
    CAME_BACK,
    CONSUMED,
    DARK_SINCE,
    DARK_UNTIL,
    MASK,
    NEAR,
    ON_AT,
    OUT_FIRST,
    OUT_LAST,
    ROW,
    WAVE,
    Alike,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.histories import Histories


SCATTER: Final = -7046029254386353131
"""Keys differ in their upper bits (the golden ratio of 64 bits, as Knuth has it)."""


class Steps(NamedTuple):
    """The times between which it makes no difference when something was, rising."""

    out: NDArray[np.int64]
    on: NDArray[np.int64]
    dark: NDArray[np.int64]
    """Since when a point has been dark."""
    dark_until: NDArray[np.int64]
    consumed: NDArray[np.int64]
    """Until when what happened to it is explained."""


@compiled
def steps_of(histories: Histories, until: NDArray[np.int64], shots: NDArray[np.int64], tolerance: int) -> Steps:
    """Work out the steps of a picture."""
    opened, closed = histories.opened, histories.closed
    moments = np.unique(np.concatenate((opened, histories.until, until, shots)))
    ends = np.concatenate((opened + WAVE + 1, until + WAVE + 1, moments + 1, closed + tolerance + 1))
    out = np.concatenate((moments - tolerance, moments + NEAR + 1, ends))
    on = np.concatenate((opened + 1, moments - tolerance + 1, closed - tolerance, closed + NEAR + 1, closed + WAVE + 1))
    return Steps(np.unique(out), np.unique(on), opened - NEAR, opened, np.unique(np.concatenate((opened, closed))))


@compiled
def number_words(
    words: NDArray[np.int64],
    since: int,
    owner: NDArray[np.int32],
    service_of: NDArray[np.int64],
    steps: Steps,
) -> Alike:
    """Number the words that are not simply silence about all that happened from a moment on.

    Points that differ in nothing that matters have the same; a service that an outage holds has one of its own.
    """
    number, head, points = (
        np.full(len(words), -1, np.int64),
        np.empty(len(words), np.int64),
        np.empty(len(words), np.int64),
    )
    count, size = 0, 1 << 6
    while size < 2 * len(words):
        size *= 2
    keys, found = np.full((size, 2), -1, np.int64), np.empty(size, np.int64)
    outs, ons, darks, lights, ends = steps.out, steps.on, steps.dark, steps.dark_until, steps.consumed
    for q in range(len(words)):
        mask, on_at, dark_since, consumed = words[q, MASK], words[q, ON_AT], words[q, DARK_SINCE], words[q, CONSUMED]
        if mask == 0 and dark_since == NEVER and on_at < since and consumed < since:
            continue
        if owner[q] == NOBODY or service_of[owner[q]] < 0:
            key = 0
            if mask != 0:
                key = _passed(outs, words[q, OUT_FIRST]) * (len(outs) + 1) + _passed(outs, words[q, OUT_LAST])
            key = key * (len(ons) + 2) + (len(ons) + 1 if on_at == NEVER else _passed(ons, on_at))
            known = 0 if dark_since == NEVER else 1 + _passed(darks, dark_since)
            known = known * (len(lights) + 1) + (0 if dark_since == NEVER else _passed(lights, words[q, DARK_UNTIL]))
            known = known * (len(ends) + 1) + _passed(ends, consumed)
            told = mask != 0 and words[q, OUT_LAST] <= consumed
            key = ((key * 2 + words[q, CAME_BACK]) << 28) + (told << 27) + (mask << 20) + words[q, ROW]
            at = (((key ^ (known << 40)) * SCATTER) >> 32) & (size - 1)
            while keys[at, 1] != -1 and (keys[at, 0] != key or keys[at, 1] != known):
                at = (at + 1) & (size - 1)
            if keys[at, 1] == known:
                number[q] = found[at]
                points[found[at]] += 1
                continue
            keys[at, 0], keys[at, 1], found[at] = key, known, count
        number[q], head[count], points[count] = count, q, 1
        count += 1
    return Alike(number, head[:count], points[:count])


@inlined
def _passed(steps: NDArray[np.int64], at: int) -> int:
    """How many of the steps are past at a time."""
    first, last = 0, len(steps)
    while first < last:
        middle = (first + last) >> 1
        if steps[middle] <= at:
            first = middle + 1
        else:
            last = middle
    return first
