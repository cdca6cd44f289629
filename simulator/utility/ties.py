"""Normally-open ties: where the trunk of one feeder ends near another's."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulator.utility.devices import DeviceTable
    from simulator.utility.feeder import Tree


def add_ties(table: DeviceTable, tree: Tree, trunks: list[list[tuple[int, int]]]) -> None:
    """Tie each two feeders whose trunks come near each other away from the substation.

    `trunks` has (site, device) along the trunk of each feeder, from 1.
    """
    x, y = np.array(tree.x), np.array(tree.y)
    places = [np.array([(x[site], y[site]) for site, _ in trunk]) for trunk in trunks]
    for one, other in combinations(range(len(trunks)), 2):
        start = (places[one][0] + places[other][0]) / 2
        away = np.hypot(*(places[one] - start).T)[:, None] + np.hypot(*(places[other] - start).T)[None, :]
        gap = np.hypot(*(places[one][:, None] - places[other][None, :]).transpose(2, 0, 1))
        cost = gap - 0.25 * away
        near, far = np.unravel_index(int(np.argmin(cost)), cost.shape)
        if gap[near, far] > 0.2 * away[near, far]:
            continue
        middle = (places[one][near] + places[other][far]) / 2
        place = (float(middle[0]), float(middle[1]))
        table.add_tie(trunks[one][near][1], trunks[other][far][1], one + 1, place)
