"""A map of how many people live where, and cuts of it into areas with given numbers of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

RASTER: Final = 512
"""Fields of the map in either direction."""
MARKS: Final = 33

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in kilometres."""


class Density:
    """People by field of a raster, kept as a summed table: any sum over a box is four look-ups."""

    def __init__(self, people: Numbers, width: float, height: float) -> None:
        """Take `people` [RASTER, RASTER], all above 0, rows from south to north, over so many kilometres."""
        self._table = np.zeros((RASTER + 1, RASTER + 1))
        self._table[1:, 1:] = people.cumsum(axis=0).cumsum(axis=1)
        self._edges_x = np.arange(RASTER + 1) * width / RASTER
        self._edges_y = np.arange(RASTER + 1) * height / RASTER

    def cut(self, sizes: NDArray[np.int64], margin: float) -> list[Box]:
        """Halve the plane again and again, across its longer side, so that each part holds its share of the people."""
        whole = (margin, margin, float(self._edges_x[-1]) - margin, float(self._edges_y[-1]) - margin)
        return self._cut(whole, sizes)

    def marks(self, box: Box) -> tuple[Numbers, Numbers]:
        """Borders of MARKS - 1 columns, and of as many rows, with equally many people each."""
        left, bottom, right, top = box
        fractions = np.linspace(0, 1, MARKS)
        x = _places(self._along_x(bottom, top), self._edges_x, (left, right), fractions)
        y = _places(self._along_y(left, right), self._edges_y, (bottom, top), fractions)
        return x, y

    def _cut(self, box: Box, sizes: NDArray[np.int64]) -> list[Box]:
        if len(sizes) == 1:
            return [box]
        left, bottom, right, top = box
        half = len(sizes) // 2
        fraction = np.array([sizes[:half].sum() / sizes.sum()])
        if right - left > top - bottom:
            at = float(_places(self._along_x(bottom, top), self._edges_x, (left, right), fraction)[0])
            one, other = (left, bottom, at, top), (at, bottom, right, top)
        else:
            at = float(_places(self._along_y(left, right), self._edges_y, (bottom, top), fraction)[0])
            one, other = (left, bottom, right, at), (left, at, right, top)
        return self._cut(one, sizes[:half]) + self._cut(other, sizes[half:])

    def _along_x(self, bottom: float, top: float) -> Numbers:
        """People between two parallels, west of each edge."""
        return _between(self._table, np.interp([bottom, top], self._edges_y, np.arange(RASTER + 1)))

    def _along_y(self, left: float, right: float) -> Numbers:
        """People between two meridians, south of each edge."""
        return _between(self._table.T, np.interp([left, right], self._edges_x, np.arange(RASTER + 1)))


def _between(table: Numbers, rows: Numbers) -> Numbers:
    """Difference of two rows, given by fractional numbers."""
    whole = np.minimum(rows.astype(np.int64), RASTER - 1)
    part = (rows - whole)[:, None]
    values = table[whole] * (1 - part) + table[whole + 1] * part
    difference: Numbers = values[1] - values[0]
    return difference


def _places(running: Numbers, edges: Numbers, ends: tuple[float, float], fractions: Numbers) -> Numbers:
    """The places between two ends that leave these fractions of the people behind them."""
    start, end = np.interp(ends, edges, running)
    places: Numbers = np.interp(start + fractions * (end - start), running, edges)
    return places
