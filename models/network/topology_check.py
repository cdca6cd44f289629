"""What makes a forest: each id once, no cycle, no tree across substations. Importers put the findings into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.grouping import rows_by_group
from models.columns.hash_index import index_names
from models.network.depth_first import depth_first, levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.columns.packed_text import PackedText

DEEPEST: Final = np.iinfo(np.int16).max


def repeated(names: PackedText) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the rows whose id stands in an earlier row too, and the first such row of each; empty ids aside."""
    first = index_names(names).find_names(names, names)
    rows = np.flatnonzero((first >= 0) & (first != np.arange(len(names)))).astype(np.int32)
    return rows, first[rows]


def across_substations(parent: NDArray[np.int32], substation: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows whose parent is in another substation; a row or parent of unknown substation is passed over."""
    above = np.where(parent < 0, np.arange(len(parent)), parent)
    known = (substation >= 0) & (substation[above] >= 0)
    return np.flatnonzero(known & (substation != substation[above]))


def too_deep(parent: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows of the devices just below the deepest level that the arrays can tell."""
    order = _reached(parent)
    position = np.full(len(parent), -1, np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    above = parent[order]
    level = levels(np.where(above < 0, np.int32(-1), position[above]))
    return np.asarray(order[level == DEEPEST + 1], np.int64)


def cycles(parent: NDArray[np.int32]) -> list[list[int]]:
    """Return each cycle of parents as its rows, from the first row of the table on towards its parents."""
    seen = np.zeros(len(parent), np.bool_)
    seen[_reached(parent)] = True
    found = []
    for start in np.flatnonzero(~seen).tolist():
        path: dict[int, None] = {}
        row = start
        while not seen[row]:
            seen[row] = True
            path[row] = None
            row = int(parent[row])
        if row in path:
            members = list(path)[list(path).index(row) :]
            first = members.index(min(members))
            found.append(members[first:] + members[:first])
    return found


def _reached(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    roots = np.flatnonzero(parent < 0).astype(np.int32)
    return depth_first(roots, *rows_by_group(parent, len(parent)))
