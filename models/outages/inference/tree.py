"""The exact best picture over a forest, and how probable it is: one pass up, one pass down. The file to read.

Each device, and each usage point that shares its device with others, has a few options, each a history of its own. A
history of the feed above and one's own make the history below (`Histories.below`). From the leaves up, for every
history of the feed: the best that a device and all below it can do, and, with "either" for "the better of", the sum
over all that they might have done. From the roots down: what is likeliest at each device by that sum, given what was
chosen above it, and its probability. Where it is asked for, the share of all pictures in which another device did it,
from what the rest of the forest weighs beside each branch.

Below a feed that is back a branch may have stayed dark: it is open on its own, since it knows not when (*nested*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.weights.scores import SOFT_MAXIMUM, units_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.outages.inference.histories import Histories

IMPOSSIBLE: Final = -(1 << 50)
NESTED: Final = -1
"""In place of an option: dark although the feed is back."""
FED: Final = -2
"""And counting down from here: fed over a tie since a closing moment, while the feed was dark."""
KINDS: Final = 4
"""Closed, open, closed again, fed over a tie."""
MOST: Final = 3
LEAST: Final = units_of(0.01)
"""Alternatives: so many, and none that is less likely (log probability)."""


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
    lead: NDArray[np.int64]
    """What of the weight is but the lead of what stands over what would take its place: no part of its probability."""
    member: NDArray[np.int32]
    """The device of the class."""
    nested: NDArray[np.int64]
    """[n] log prior of a branch that stays dark below a device that is back; IMPOSSIBLE where it makes no sense."""
    nested_member: NDArray[np.int32]
    fed: NDArray[np.int64]
    """[n] log prior of being fed over a tie while the feed is dark; IMPOSSIBLE where that cannot be."""
    feeds: NDArray[np.uint8]
    """[n, L] 1 where points below say "on" at a closing moment."""


class Values(NamedTuple):
    """Of n devices under each history of their feed."""

    best: NDArray[np.int64]
    total: NDArray[np.int64]


@compiled
def climb(
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    below_best: NDArray[np.int64],
    below_total: NDArray[np.int64],
) -> Values:
    """From the leaves up. `below_*` [n, S] come with what the points of each device weigh, and leave with all below."""
    n, states = below_best.shape
    best, total = np.zeros((n, states), np.int64), np.zeros((n, states), np.int64)
    below, closing, opening, dark = histories.below, histories.closing, histories.opening, histories.dark
    first, history, weight = options.first, options.history, options.weight
    fair = weight - options.lead
    for i in range(n - 1, -1, -1):
        for feed in range(states):
            top, both = IMPOSSIBLE, IMPOSSIBLE
            for option in range(first[i], first[i + 1]):
                state = below[feed, history[option]]
                top = max(top, weight[option] + below_best[i, state])
                both = either(both, fair[option] + below_total[i, state])
            if closing[feed] >= 0 and options.nested[i] > IMPOSSIBLE:
                state = dark[opening[feed]]
                top = max(top, weight[first[i]] + options.nested[i] + below_best[i, state])
                both = either(both, weight[first[i]] + options.nested[i] + below_total[i, state])
            if opening[feed] >= 0 and options.fed[i] > IMPOSSIBLE:
                for l in range(len(histories.closed) if closing[feed] < 0 else closing[feed]):  # noqa: E741
                    state = histories.back[opening[feed], l]
                    if state >= 0 and options.feeds[i, l] == 1:
                        top = max(top, weight[first[i]] + options.fed[i] + below_best[i, state])
                        both = either(both, weight[first[i]] + options.fed[i] + below_total[i, state])
            best[i, feed], total[i, feed] = top, both
        if parent[i] >= 0:
            for state in range(states):
                below_best[parent[i], state] += best[i, state]
                below_total[parent[i], state] += total[i, state]
    return Values(best, total)


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
def descend(  # noqa: C901 (one loop over all cases: calls cost more than they do)
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    below_total: NDArray[np.int64],
    total: NDArray[np.int64],
) -> Choice:
    """From the roots down: first what kind of thing a device did, whenever that was, and then the likeliest of those.

    `below_total` and `total` [n, S] are as the way up left them.
    So a sum of many small chances is not lost against one that is greater than each of them.
    """
    n = len(parent)
    choice = Choice(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64))
    chosen, feeds, states, posterior = choice.option, choice.feed, choice.state, choice.posterior
    below, back, dark = histories.below, histories.back, histories.dark
    opening, closing, closings = histories.opening, histories.closing, len(histories.closed)
    first, history, weight, lead = options.first, options.history, options.weight, options.lead
    nested, fed, on_again = options.nested, options.fed, options.feeds
    sums, led, best, pick = np.empty((4, KINDS), np.int64)
    for i in range(n):
        feed = 0 if parent[i] < 0 else states[parent[i]]
        sums[:], led[:], best[:] = IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE
        for option in range(first[i], first[i + 1]):
            own = history[option]
            kind = 0 if own == 0 else 1 if closing[own] < 0 else 2
            value = weight[option] + below_total[i, below[feed, own]]
            sums[kind], led[kind] = either(sums[kind], value - lead[option]), either(led[kind], value)
            if value > best[kind]:
                best[kind], pick[kind] = value, option
        if closing[feed] >= 0 and nested[i] > IMPOSSIBLE:
            value = weight[first[i]] + nested[i] + below_total[i, dark[opening[feed]]]
            sums[1], led[1] = either(sums[1], value), either(led[1], value)
            if value > best[1]:
                best[1], pick[1] = value, NESTED
        if opening[feed] >= 0 and fed[i] > IMPOSSIBLE:
            for l in range(closings if closing[feed] < 0 else closing[feed]):  # noqa: E741
                if on_again[i, l] == 1 and back[opening[feed], l] >= 0:
                    value = weight[first[i]] + fed[i] + below_total[i, back[opening[feed], l]]
                    sums[3], led[3] = either(sums[3], value), either(led[3], value)
                    if value > best[3]:
                        best[3], pick[3] = value, FED - l
        kind = int(np.argmax(led))
        option = pick[kind]
        chosen[i], feeds[i] = option, feed
        if option == NESTED:
            states[i] = dark[opening[feed]]
        elif option <= FED:
            states[i] = back[opening[feed], FED - option]
        else:
            states[i] = below[feed, history[option]]
        above = 0 if parent[i] < 0 else posterior[parent[i]]
        posterior[i] = above + min(0, sums[kind] - total[i, feed])
    return choice


@compiled
def shares(  # noqa: C901 (one loop over all cases: calls cost more than they do)
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    below_total: NDArray[np.int64],
    total: NDArray[np.int64],
) -> NDArray[np.int64]:
    """[options] log probability of each, in units; `below_total` and `total` [n, S] are as the way up left them."""
    n, states = total.shape
    first, history, weight = options.first, options.history, options.weight - options.lead
    below, closing, opening, dark = histories.below, histories.closing, histories.opening, histories.dark
    outside, inner = np.full((n, states), IMPOSSIBLE, np.int64), np.full((n, states), IMPOSSIBLE, np.int64)
    share = np.full(len(history), IMPOSSIBLE, np.int64)
    for i in range(n):
        above = parent[i]
        if above < 0:
            outside[i, 0] = -total[i, 0]
        else:
            for feed in range(states):
                outside[i, feed] = max(IMPOSSIBLE, inner[above, feed] + below_total[above, feed] - total[i, feed])
        for feed in range(states):
            rest = outside[i, feed]
            if rest <= IMPOSSIBLE // 2:
                continue
            for option in range(first[i], first[i + 1]):
                state = below[feed, history[option]]
                inner[i, state] = either(inner[i, state], rest + weight[option])
                share[option] = either(share[option], rest + weight[option] + below_total[i, state])
            if closing[feed] >= 0 and options.nested[i] > IMPOSSIBLE:
                state = dark[opening[feed]]
                inner[i, state] = either(inner[i, state], rest + weight[first[i]] + options.nested[i])
            if opening[feed] >= 0 and options.fed[i] > IMPOSSIBLE:
                for l in range(len(histories.closed) if closing[feed] < 0 else closing[feed]):  # noqa: E741
                    state = histories.back[opening[feed], l]
                    if state >= 0 and options.feeds[i, l] == 1:
                        inner[i, state] = either(inner[i, state], rest + weight[first[i]] + options.fed[i])
    return share


def alternatives_of(
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    below_total: NDArray[np.int64],
    total: NDArray[np.int64],
    found: Iterable[tuple[int, int]],
) -> list[tuple[tuple[int, int], ...]]:
    """For each device and history that was found, up to three others that may have done it: (device, log probability).

    Those are devices above and below of which the same opening, ended or not, would explain the same reports.
    """
    share = shares(histories, options, parent, below_total, total)
    return [_others(histories, options, parent, share, device, history) for device, history in found]


def _others(
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    share: NDArray[np.int64],
    device: int,
    history: int,
) -> tuple[tuple[int, int], ...]:
    own = options.history
    alike = histories.opening[own] == histories.opening[history]
    alike &= (histories.closing[own] < 0) == (histories.closing[history] < 0)
    likely: dict[int, list[int]] = {}
    for row in np.flatnonzero(alike & (own > 0) & (share >= LEAST)).tolist():
        other = int(np.searchsorted(options.first, row, side="right")) - 1
        if other != device and _on_one_way(parent, other, device):
            likely.setdefault(int(options.member[row]), []).append(int(share[row]))
    found = [(member, int(_together(np.array(some)))) for member, some in likely.items()]
    return tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:MOST])


@compiled
def _together(shares: NDArray[np.int64]) -> int:
    """Log of the sum of probabilities, of which these are the logs."""
    whole = IMPOSSIBLE
    for share in shares:
        whole = either(whole, share)
    return whole


def _on_one_way(parent: NDArray[np.int64], one: int, other: int) -> bool:
    """Whether one of two devices feeds the other."""
    upper, lower = min(one, other), max(one, other)
    while lower > upper:
        lower = int(parent[lower])
    return lower == upper
