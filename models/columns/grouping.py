"""Rows by group: the one sorting that the network needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.columns.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def rows_by_group(group: NDArray[np.integer], groups: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Sort rows by their group (0 to groups - 1; below 0 is none), keeping the order of rows within each.

    Returns `start` (groups + 1 entries) and `rows`: the rows of group g are `rows[start[g]:start[g + 1]]`.
    """
    start = np.zeros(groups + 1, np.int32)
    for row in range(len(group)):
        if group[row] >= 0:
            start[group[row] + 1] += 1
    for following in range(groups):
        start[following + 1] += start[following]
    rows = np.empty(start[groups], np.int32)
    free = start.copy()
    for row in range(len(group)):
        if group[row] >= 0:
            rows[free[group[row]]] = row
            free[group[row]] += 1
    return start, rows
