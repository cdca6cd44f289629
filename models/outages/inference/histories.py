"""The histories of supply that a picture may give to a usage point, as numbered states.

State 0: powered all the time. Then, for each opening moment k, dark since k; and for each closing moment l that may
follow it, dark since k and back since l. Moments belong to the whole picture, so that what a point has lived through
below several devices that opened and closed is again one of these states (`below`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANY: Final = -1
"""A closing moment that may follow every opening before it."""
APART: Final = 15_000
"""Two interruptions of one point that lie further apart than this (ms) are two, and the later one counts."""
STILL: Final = 1 << 62


class Histories(NamedTuple):
    """K opening moments, L closing moments, S states."""

    opened: NDArray[np.int64]
    """[K] milliseconds, rising."""
    closed: NDArray[np.int64]
    """[L] milliseconds, rising."""
    opening: NDArray[np.int64]
    """[S] index of the opening moment, -1 for state 0."""
    closing: NDArray[np.int64]
    """[S] index of the closing moment, -1 where there is none."""
    dark: NDArray[np.int64]
    """[K] the state "dark since k"."""
    back: NDArray[np.int64]
    """[K, L] the state "dark since k, back since l", -1 where l does not follow k."""
    until: NDArray[np.int64]
    """[S] the last shot of the reclosing sequence by which power was lost, before it came back."""
    below: NDArray[np.int64]
    """[S, S] what a point lives through below a device with the second history whose feed has the first."""


@compiled
def histories_of(
    opened: NDArray[np.int64],
    told: NDArray[np.int64],
    until: NDArray[np.int64],
    shots: NDArray[np.int64],
    closed: NDArray[np.int64],
    only_after: NDArray[np.int64],
    tolerance: int,
) -> Histories:
    """Number the states; `only_after` [L] names the one opening that a closing may follow, or ANY.

    Of the reclosing sequence that began at `opened`, `told` [K] is the last opening by SCADA, and `until` [K] by the
    meters, too; `shots`, rising, are moments of which many meters tell.
    """
    openings, closings = len(opened), len(closed)
    opening, closing, last = [-1], [-1], [NEVER]
    dark, back = np.zeros(openings, np.int64), np.full((openings, closings), -1, np.int64)
    for k in range(openings):
        dark[k] = len(opening)
        opening.append(k)
        closing.append(-1)
        last.append(until[k])
        for l in range(closings):  # noqa: E741  the second index of the page
            follows = closed[l] > told[k] - tolerance if only_after[l] == ANY else only_after[l] == k
            if follows:
                back[k, l] = len(opening)
                opening.append(k)
                closing.append(l)
                before = shots[: np.searchsorted(shots, min(closed[l], until[k]), side="right")]
                last.append(max(told[k], opened[k], before[-1]) if len(before) > 0 else max(told[k], opened[k]))
    of_opening, of_closing = np.array(opening), np.array(closing)
    below = _below(opened, closed, of_opening, of_closing, dark, back)
    return Histories(opened, closed, of_opening, of_closing, dark, back, np.array(last), below)


@compiled
def _below(
    opened: NDArray[np.int64],
    closed: NDArray[np.int64],
    opening: NDArray[np.int64],
    closing: NDArray[np.int64],
    dark: NDArray[np.int64],
    back: NDArray[np.int64],
) -> NDArray[np.int64]:
    states = len(opening)
    below = np.zeros((states, states), np.int64)
    for feed in range(states):
        for own in range(states):
            if feed == 0 or own == 0:
                below[feed, own] = feed + own
                continue
            k, other = opening[feed], opening[own]
            l, last = closing[feed], closing[own]  # noqa: E741
            feed_until = STILL if l < 0 else closed[l]
            own_until = STILL if last < 0 else closed[last]
            if opened[other] > feed_until + APART if l >= 0 else False:
                below[feed, own] = own
                continue
            if opened[k] > own_until + APART if last >= 0 else False:
                below[feed, own] = feed
                continue
            first = other if opened[other] < opened[k] else k
            if l < 0 or last < 0:
                below[feed, own] = dark[first]
                continue
            end = last if own_until > feed_until else l
            below[feed, own] = back[first, end] if back[first, end] >= 0 else dark[first]
    return below
