"""Which squares make one polygon: a tree of parts that grow together, and the best cut through it.

Squares that touch are one part from the beginning; parts join in the order of the gaps between them (single linkage).
Each part of the tree is drawn as if it were chosen: a part in which too few live takes in the nearest squares that
somebody lives in, until it hides who is affected. So two lonely parts each take in a crowd of their own, and joined
only one: the best cut is found from the leaves up, by what is to be small.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from scipy.cluster.hierarchy import linkage
from scipy.spatial import cKDTree

from models.alerts.issuing.squares import inside, squares_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from numpy.typing import NDArray

TOUCHING: Final = 2.0
"""Sides between the middles of squares that are of one part in any case."""
MOST_LEAVES: Final = 40
"""Parts to begin with; where there are more, smaller gaps are closed first."""
CONCAVITIES: Final = (0.0, 0.1, 0.2, 0.4, 1.0)
"""Of hulls, from close to convex: tried until one has few enough corners."""
TRIED: Final = 3
"""Hulls of a part that are compared."""
CORNER: Final = 0.75
"""Of a square's side: a little more than half of its diagonal, so that all who live in it are inside."""
SURELY: Final = 3
"""Crowds that live in the squares of a part in whose polygon one surely lives; else its homes are counted."""
FARTHEST: Final = 5000.0
"""Metres within which a crowd is looked for."""
MOST_CORNERS: Final = 100
NOWHERE: Final = 1e9
"""Weight of a usage point that is in no polygon."""


class Part(NamedTuple):
    """One polygon, as it would be told."""

    shape: Any
    affected: int
    unaffected: int
    """Usage points inside."""
    area: float
    """Square metres."""


class Town:
    """All who live there, in metres, and who of them is affected; in squares of a side besides."""

    def __init__(
        self,
        homes: NDArray[np.float64],
        customers: NDArray[np.int32],
        affected: NDArray[np.float64],
        side: float,
    ) -> None:
        self._homes, self._home_customers, self.affected = homes, customers, affected
        self.squares, self.customers, self._points, self._mine = squares_with(homes, customers, affected, side)
        self.near = cKDTree(self.squares)

    def part(self, shape: Any, crowd: int) -> Part | None:  # noqa: ANN401  shapely has no types
        """Weigh a shape by the squares whose middles lie in it; None if no crowd lives there."""
        squares = inside(shape, self.squares)
        if self.customers[squares].sum() < SURELY * crowd and self._customers_in(shape) < crowd:
            return None
        mine = int(self._mine[squares].sum())
        return Part(shape, mine, int(self._points[squares].sum()) - mine, float(shape.area))

    def _customers_in(self, shape: Any) -> int:  # noqa: ANN401
        return int(self._home_customers[inside(shape, self._homes)].sum())

    def counts(self, shape: Any) -> tuple[int, int]:  # noqa: ANN401
        """Give how many usage points in a shape are affected, and how many are not."""
        affected = len(inside(shape, self.affected))
        return affected, len(inside(shape, self._homes)) - affected


class Grown:
    """A part of the tree: leaves are squares that touch."""

    def __init__(self, land: Land, squares: NDArray[np.float64], gap: float, below: tuple[Grown, ...] = ()) -> None:
        self.land, self.squares, self.gap, self.below = land, squares, gap, below

    @cached_property
    def drawn(self) -> list[Part]:
        """The part as polygons to choose from; empty where no crowd lives far and wide."""
        return self.land.draw(self.squares)

    def cut_at(self, gap: float) -> Iterator[Grown]:
        """Give the parts that gaps up to so many metres make."""
        if self.gap <= gap or not self.below:
            yield self
            return
        for part in self.below:
            yield from part.cut_at(gap)

    def best(self, weigh: Callable[[Part], float]) -> tuple[float, list[Part]]:
        """Give the lightest cut, and its weight."""
        whole = min(((weigh(part), [part]) for part in self.drawn), key=lambda found: found[0], default=None)
        here = whole or (NOWHERE * len(self.squares), [])
        if not self.below:
            return here
        found = [part.best(weigh) for part in self.below]
        apart = sum(weight for weight, _ in found), [part for _, parts in found for part in parts]
        return min(here, apart, key=lambda known: known[0])


class Land:
    """What parts are drawn on."""

    def __init__(self, town: Town, side: float, crowd: int, buffer: float) -> None:
        self._town, self._side, self._crowd = town, side, crowd
        self._buffer, self._tolerance = max(buffer, CORNER * side), buffer / 4

    def tree(self, squares: NDArray[np.float64]) -> Grown:
        """Give the tree of all squares of those affected."""
        if len(squares) == 1:
            return Grown(self, squares, 0.0)
        joins = linkage(squares, "single")
        least = max(TOUCHING * self._side, float(joins[-MOST_LEAVES, 2]) if len(joins) >= MOST_LEAVES else 0.0)
        members: dict[int, list[int]] = {place: [place] for place in range(len(squares))}
        grown: dict[int, Grown] = {}
        for number, (first, second, gap, _) in enumerate(joins, len(squares)):
            pair = int(first), int(second)
            members[number] = sorted(members[pair[0]] + members[pair[1]])
            if gap > least:
                below = tuple(grown.get(one) or Grown(self, squares[members[one]], 0.0) for one in pair)
                grown[number] = Grown(self, squares[members[number]], float(gap), below)
        last = len(squares) + len(joins) - 1
        return grown.get(last) or Grown(self, squares[members[last]], 0.0)

    def draw(self, squares: NDArray[np.float64]) -> list[Part]:
        """Draw a part with a crowd in it, in a few ways."""
        around = self._around(squares)
        customers = np.cumsum(self._town.customers[around])
        enough = int(np.searchsorted(customers, self._crowd)) + 1
        for count in range(max(enough, len(squares)), len(around) + 1):
            parts = [self._town.part(shape, self._crowd) for shape in self._hulls(self._town.squares[around[:count]])]
            if found := [part for part in parts if part is not None]:
                return found
        return []

    def _around(self, squares: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give squares that somebody lives in, the part's own first, then the nearest, of each as many as hide one."""
        own = self._town.near.query(squares)[1]
        if self._town.customers[own].sum() >= 2 * self._crowd:
            return np.asarray(own, np.int64)
        most = min(2 * self._crowd, len(self._town.squares))
        away, which = self._town.near.query(squares, k=most, distance_upper_bound=FARTHEST)
        order = np.argsort(away, axis=None, kind="stable")[: int(np.isfinite(away).sum())]
        found, first = np.unique(which.reshape(-1)[order], return_index=True)
        return np.asarray(found[np.argsort(first, kind="stable")], np.int64)

    def _hulls(self, squares: NDArray[np.float64]) -> list[Any]:
        found: list[Any] = []
        for concavity in CONCAVITIES:
            hull = shapely.concave_hull(shapely.multipoints(squares), ratio=concavity)
            shape = filled(hull.buffer(self._buffer, quad_segs=2)).simplify(self._tolerance)
            if corners(shape) <= MOST_CORNERS:
                found.append(shape)
            if len(found) == TRIED:
                break
        return found or [simple(shape, self._tolerance)]


def filled(shape: Any) -> Any:  # noqa: ANN401
    """A shape without holes, which CAP does not know."""
    return shapely.Polygon(shape.exterior)


def corners(shape: Any) -> int:  # noqa: ANN401
    """Count the corners of a ring."""
    return len(shapely.get_coordinates(shape.exterior)) - 1


def simple(shape: Any, tolerance: float) -> Any:  # noqa: ANN401
    """Simplify a shape until it has few corners; it stays one ring."""
    while corners(found := shape.simplify(tolerance)) > MOST_CORNERS:
        tolerance *= 2
    return found
