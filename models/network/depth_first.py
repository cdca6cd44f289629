"""The shape of the forest in arrays: order, slices, levels and classes.

Everything but the order itself speaks of positions in depth-first order, where a parent always comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.columns.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def depth_first(
    roots: NDArray[np.int32], child_start: NDArray[np.int32], children: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the rows of a forest in depth-first order, from the rows of its roots and the children of each row.

    A row below a cycle is reached from no root and is missing from the result.
    """
    order = np.empty(len(child_start) - 1, np.int32)
    waiting = np.empty(len(order), np.int32)
    reached = 0
    for root in roots:
        waiting[0] = root
        depth = 1
        while depth > 0:
            depth -= 1
            row = waiting[depth]
            order[reached] = row
            reached += 1
            for child in range(child_start[row + 1] - 1, child_start[row] - 1, -1):
                waiting[depth] = children[child]
                depth += 1
    return order[:reached]


@compiled
def slice_ends(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return for each device the end of the slice of devices below it."""
    end = np.arange(1, len(parent) + 1).astype(np.int32)
    for device in range(len(parent) - 1, -1, -1):
        above = parent[device]
        if above >= 0 and end[device] > end[above]:
            end[above] = end[device]
    return end


@compiled
def levels(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return how many devices stand above each device."""
    level = np.zeros(len(parent), np.int32)
    for device in range(len(parent)):
        if parent[device] >= 0:
            level[device] = level[parent[device]] + 1
    return level


@compiled
def classes(
    parent: NDArray[np.int32], point_start: NDArray[np.int32], point_end: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return for each device the topmost one with the same usage points below; itself if it has none."""
    class_of = np.arange(len(parent)).astype(np.int32)
    for device in range(len(parent)):
        above = parent[device]
        if (
            above >= 0
            and point_start[device] < point_end[device]
            and point_start[device] == point_start[above]
            and point_end[device] == point_end[above]
        ):
            class_of[device] = class_of[above]
    return class_of
