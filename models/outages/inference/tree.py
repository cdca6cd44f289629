"""The exact best picture over a forest, and how probable it is: one pass up, one pass down. The file to read.

Each device, and each usage point that shares its device with others, has a few options, each a history of its own. A
history of the feed above and one's own make the history below (`Histories.below`). From the leaves up, for every
history of the feed: the best that a device and all below it can do, and, with "either" for "the better of", the sum
over all that they might have done. From the roots down: what was chosen, and its probability.

Below a feed that is back a branch may have stayed dark: it is open on its own, since it knows not when (*nested*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.weights.scores import SOFT_MAXIMUM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.histories import Histories

IMPOSSIBLE: Final = -(1 << 50)
NESTED: Final = -1
"""In place of an option: dark although the feed is back."""
FED: Final = -2
"""And counting down from here: fed over a tie since a closing moment, although the feed is dark."""


@compiled
def either(a: int, b: int) -> int:
    """log(exp(a) + exp(b)) in units, from a table: the same on every machine."""
    high, low = max(a, b), min(a, b)
    gap = high - low
    return high + (SOFT_MAXIMUM[gap] if gap < len(SOFT_MAXIMUM) else 0)


class Options(NamedTuple):
    """Options of n devices; those of device i are rows first[i] to first[i + 1]: closed comes first."""

    first: NDArray[np.int64]
    history: NDArray[np.int64]
    """The device's own history, a state of `Histories`."""
    weight: NDArray[np.int64]
    member: NDArray[np.int32]
    """The device of the class."""
    nested: NDArray[np.int64]
    """[n] log prior of a branch that stays dark below a device that is back; IMPOSSIBLE where it makes no sense."""
    nested_member: NDArray[np.int32]
    fed: NDArray[np.int64]
    """[n] log prior of being fed over a tie below a feed that is dark; IMPOSSIBLE where that cannot be."""
    feeds: NDArray[np.uint8]
    """[n, L] 1 where points below say "on" at a closing moment."""


class Values(NamedTuple):
    """Of n devices under each history of their feed."""

    best: NDArray[np.int64]
    total: NDArray[np.int64]
    chosen: NDArray[np.int64]
    """Row of the option, or NESTED."""


@compiled
def climb(  # noqa: C901 (one loop over all cases: calls cost more than they do)
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    below_best: NDArray[np.int64],
    below_total: NDArray[np.int64],
) -> Values:
    """From the leaves up. `below_*` [n, S] come with what the points of each device weigh, and leave with all below."""
    n, states = below_best.shape
    best, total = np.zeros((n, states), np.int64), np.zeros((n, states), np.int64)
    chosen = np.zeros((n, states), np.int64)
    below, closing, opening, dark = histories.below, histories.closing, histories.opening, histories.dark
    first, history, weight = options.first, options.history, options.weight
    for i in range(n - 1, -1, -1):
        for feed in range(states):
            top, both, pick = IMPOSSIBLE, IMPOSSIBLE, first[i]
            for option in range(first[i], first[i + 1]):
                state = below[feed, history[option]]
                value = weight[option] + below_best[i, state]
                if value > top:
                    top, pick = value, option
                both = either(both, weight[option] + below_total[i, state])
            if closing[feed] >= 0 and options.nested[i] > IMPOSSIBLE:
                state = dark[opening[feed]]
                value = weight[first[i]] + options.nested[i] + below_best[i, state]
                if value > top:
                    top, pick = value, NESTED
                both = either(both, weight[first[i]] + options.nested[i] + below_total[i, state])
            if opening[feed] >= 0 and closing[feed] < 0 and options.fed[i] > IMPOSSIBLE:
                for l in range(len(histories.closed)):  # noqa: E741
                    state = histories.back[opening[feed], l]
                    if state >= 0 and options.feeds[i, l] == 1:
                        value = weight[first[i]] + options.fed[i] + below_best[i, state]
                        if value > top:
                            top, pick = value, FED - l
                        both = either(both, weight[first[i]] + options.fed[i] + below_total[i, state])
            best[i, feed], total[i, feed], chosen[i, feed] = top, both, pick
        if parent[i] >= 0:
            for state in range(states):
                below_best[parent[i], state] += best[i, state]
                below_total[parent[i], state] += total[i, state]
    return Values(best, total, chosen)


class Choice(NamedTuple):
    """The best picture, a row a device."""

    option: NDArray[np.int64]
    """Row of the option, or NESTED."""
    feed: NDArray[np.int64]
    state: NDArray[np.int64]
    """The history below the device."""
    posterior: NDArray[np.int64]
    """Log probability of what was chosen, all moments of the same thing together, and of all above it."""


@compiled
def descend(
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    below_total: NDArray[np.int64],
    values: Values,
) -> Choice:
    """From the roots down."""
    n = len(parent)
    choice = Choice(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64))
    below, closing, opening, dark = histories.below, histories.closing, histories.opening, histories.dark
    first, history, weight = options.first, options.history, options.weight
    for i in range(n):
        feed = 0 if parent[i] < 0 else choice.state[parent[i]]
        option = values.chosen[i, feed]
        choice.feed[i], choice.option[i] = feed, option
        if option == NESTED:
            kind, choice.state[i] = 1, dark[opening[feed]]
        elif option <= FED:
            kind, choice.state[i] = 3, histories.back[opening[feed], FED - option]
        else:
            kind, choice.state[i] = _kind(histories, history[option]), below[feed, history[option]]
        same = IMPOSSIBLE
        for other in range(first[i], first[i + 1]):
            if _kind(histories, history[other]) == kind:
                same = either(same, weight[other] + below_total[i, below[feed, history[other]]])
        if closing[feed] >= 0 and options.nested[i] > IMPOSSIBLE and kind == 1:
            same = either(same, weight[first[i]] + options.nested[i] + below_total[i, dark[opening[feed]]])
        if kind == 3:
            same = values.total[i, feed]
        above = 0 if parent[i] < 0 else choice.posterior[parent[i]]
        choice.posterior[i] = above + min(0, same - values.total[i, feed])
    return choice


@compiled
def _kind(histories: Histories, history: int) -> int:
    """0 closed, 1 open, 2 closed again."""
    if history == 0:
        return 0
    return 1 if histories.closing[history] < 0 else 2
