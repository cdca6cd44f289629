"""How long it will still last, by a table: sums of whole numbers, one situation or many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.estimate.calibration import fits
from models.times.logarithms import seconds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.estimate.table import EstimateTable

AT_ONCE: Final = 4_096
"""Situations that are worked on together: many more would take much memory."""


def remaining(table: EstimateTable, situations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the seconds until power is back, ascending: n situations (`Situation`) to n x levels."""
    return seconds_of(logarithms(table, situations))


def logarithms(table: EstimateTable, situations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the same in 1/256 of a logarithm to base 2."""
    scores = scores_of(table, situations)
    scores += _corrections(table, situations)
    return np.maximum.accumulate(scores, axis=1)


def scores_of(table: EstimateTable, situations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the sums before they are corrected, by level."""
    parts = [_scores(table, situations[first : first + AT_ONCE]) for first in range(0, len(situations), AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty((0, len(table.base)), np.int64)


def _scores(table: EstimateTable, situations: NDArray[np.int64]) -> NDArray[np.int64]:
    asked, threshold, at_most, above, value = table.nodes
    rows = np.arange(len(situations))[:, None]
    nodes = np.broadcast_to(table.roots, (len(situations), len(table.roots)))
    for _ in range(table.depth):
        yes = situations[rows, asked[nodes]] <= threshold[nodes]
        nodes = np.where(yes, at_most[nodes], above[nodes])
    sums = np.zeros((len(situations), len(table.roots) + 1), np.int64)
    np.cumsum(value[nodes], axis=1, out=sums[:, 1:])
    return np.asarray(table.base + np.diff(sums[:, table.first_tree], axis=1), np.int64)


def _corrections(table: EstimateTable, situations: NDArray[np.int64]) -> NDArray[np.int64]:
    add = np.zeros((len(situations), len(table.base)), np.int64)
    for least, by_level in reversed(table.corrections):  # the first that fits is laid over the others
        add[fits(situations, least)] = by_level
    return add


def at_level(table: EstimateTable, left: NDArray[np.int64], level: int) -> NDArray[np.int64]:
    """Give the seconds at a level between two of the table's, n x levels to n: on the line between them."""
    levels = table.file.levels
    above = min(max(int(np.searchsorted(levels, level)), 1), len(levels) - 1)
    first, last = levels[above - 1], levels[above]
    held = min(max(level, first), last)
    return np.asarray(
        (left[:, above - 1] * (last - held) + left[:, above] * (held - first)) // (last - first), np.int64
    )
