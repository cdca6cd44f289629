"""Words of usage points that differ in nothing that matters to a picture: they are weighed once for all of them.

Times matter only by how they lie to the moments of the picture, so a blackout of thousands has few different words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NEVER, NOBODY
from models.outages.inference.reports import (
    CAME_BACK,
    CONSUMED,
    DARK_SINCE,
    MASK,
    NEAR,
    ON_AT,
    OUT_FIRST,
    OUT_LAST,
    ROW,
    WAVE,
    Moment,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.histories import Histories


class Steps(NamedTuple):
    """The times between which it makes no difference when something was, rising."""

    out: NDArray[np.int64]
    on: NDArray[np.int64]
    dark: NDArray[np.int64]
    """Since when a point has been dark."""
    consumed: NDArray[np.int64]
    """Until when what happened to it is explained."""


@compiled
def steps_of(histories: Histories, moment: Moment, tolerance: int) -> Steps:
    """Work out the steps of a picture."""
    opened, closed = histories.opened, histories.closed
    shots = np.unique(np.concatenate((opened, histories.until, moment.until, moment.shots)))
    ends = np.concatenate((opened + WAVE + 1, moment.until + WAVE + 1, shots + 1, closed + tolerance + 1))
    out = np.concatenate((shots - tolerance, shots + NEAR + 1, ends))
    on = np.concatenate((shots - tolerance + 1, closed - tolerance, closed + NEAR + 1))
    return Steps(np.sort(out), np.sort(on), opened - NEAR, np.sort(np.concatenate((opened, closed))))


@compiled
def number_words(
    words: NDArray[np.int64],
    since: int,
    owner: NDArray[np.int32],
    service_of: NDArray[np.int64],
    steps: Steps,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the words that are not simply silence about all that happened from a moment on.

    Returns the number of each point's word, -1 of the silent, and a point for each number. Points that differ in
    nothing that matters have the same.
    """
    spoke, heads, count = np.full(len(words), -1, np.int64), np.empty(len(words), np.int64), 0
    size = 1 << 6
    while size < 2 * len(words):
        size *= 2
    keys, found = np.full(size, -1, np.int64), np.empty(size, np.int64)
    for q in range(len(words)):
        word = words[q]
        mask, on_at, dark_since = word[MASK], word[ON_AT], word[DARK_SINCE]
        if mask == 0 and dark_since == NEVER and on_at < since and word[CONSUMED] < since:
            continue
        if owner[q] == NOBODY or service_of[owner[q]] < 0:
            key = _key(word, steps)
            at = (key * 0x9E3779B1) % size
            while keys[at] not in (-1, key):
                at = (at + 1) % size
            if keys[at] == key:
                spoke[q] = found[at]
                continue
            keys[at], found[at] = key, count
        spoke[q], heads[count] = count, q
        count += 1
    return spoke, heads[:count]


@compiled
def _key(word: NDArray[np.int64], steps: Steps) -> int:
    """The same for words that differ in nothing that matters."""
    outs = len(steps.out) + 1
    key = 0
    if word[MASK] != 0:
        key = np.searchsorted(steps.out, word[OUT_FIRST], side="right") * outs
        key += np.searchsorted(steps.out, word[OUT_LAST], side="right")
    key *= len(steps.on) + 2
    key += len(steps.on) + 1 if word[ON_AT] == NEVER else np.searchsorted(steps.on, word[ON_AT], side="right")
    key *= len(steps.dark) + 2
    key += 0 if word[DARK_SINCE] == NEVER else 1 + np.searchsorted(steps.dark, word[DARK_SINCE], side="right")
    key = key * (len(steps.consumed) + 1) + np.searchsorted(steps.consumed, word[CONSUMED], side="right")
    return ((key * 2 + word[CAME_BACK]) << 28) + (word[MASK] << 20) + word[ROW]
