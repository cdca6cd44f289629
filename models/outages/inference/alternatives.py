"""What else may have opened in place of a device: the share of all pictures in which another one did.

The sums of the tree go up once, so that the root knows all pictures. Going down again, each device is told what the
rest of the forest weighs under each history of its feed; with that every option has its share of all pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.tree import IMPOSSIBLE, either
from models.outages.weights.scores import units_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.outages.inference.histories import Histories
    from models.outages.inference.tree import Options, Values

MOST: Final = 3
LEAST: Final = units_of(0.01)
"""Nobody wants to hear of less likely ones (log probability)."""


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
    first, history, weight = options.first, options.history, options.weight
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
            if opening[feed] >= 0 and closing[feed] < 0 and options.fed[i] > IMPOSSIBLE:
                for l in range(len(histories.closed)):  # noqa: E741
                    state = histories.back[opening[feed], l]
                    if state >= 0 and options.feeds[i, l] == 1:
                        inner[i, state] = either(inner[i, state], rest + weight[first[i]] + options.fed[i])
    return share


def alternatives_of(
    histories: Histories,
    options: Options,
    parent: NDArray[np.int64],
    below_total: NDArray[np.int64],
    values: Values,
    found: Iterable[tuple[int, int]],
) -> list[tuple[tuple[int, int], ...]]:
    """For each device and history that was found, up to three others that may have done it: (device, log probability).

    Those are devices above and below of which the same opening, ended or not, would explain the same reports.
    """
    share = shares(histories, options, parent, below_total, values.total)
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
    likely: dict[int, int] = {}
    for row in np.flatnonzero(alike & (own > 0) & (share >= LEAST)).tolist():
        other = int(np.searchsorted(options.first, row, side="right")) - 1
        if other != device and _on_one_way(parent, other, device):
            member = int(options.member[row])
            likely[member] = int(either(likely[member], int(share[row]))) if member in likely else int(share[row])
    return tuple(sorted(likely.items(), key=lambda one: (-one[1], one[0]))[:MOST])


def _on_one_way(parent: NDArray[np.int64], one: int, other: int) -> bool:
    """Whether one of two devices feeds the other."""
    upper, lower = min(one, other), max(one, other)
    while lower > upper:
        lower = int(parent[lower])
    return lower == upper
