"""The polygons of an alert: around those affected, coarse enough that they show nobody's home.

Homes are first put into squares of at least 100 m, so that no vertex depends on where a house stands. Squares near each
other make a part; a part is a concave hull with a buffer, simplified. A part in which too few customers live grows, and
if it stays lonely it is left out: the area's name covers it. Distances are on a plane tangent to the middle.
"""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from models.alerts.issuing.areas import Homes

METRES_A_DEGREE: Final = 111_195.0
SQUARE: Final = 100.0
"""Metres; doubled until there are no more squares than can be handled at once."""
MOST_SQUARES: Final = 2000
_ROWS: Final = 1 << 24
LINK: Final = 5
"""Squares so many sides apart belong to one part."""
CONCAVITY: Final = 0.3
WIDEST: Final = 4
"""How often a lonely part's buffer is doubled."""
MOST_PARTS: Final = 20
MOST_CORNERS: Final = 100
DECIMALS: Final = 4
"""Of degrees: some 10 m."""


def polygons(affected: Homes, everybody: Homes, crowd: int, buffer: float) -> list[str]:
    """Give polygons as CAP writes them, the largest first; none where nobody affected has a place.

    `crowd` customers at least, affected or not, live in each; `buffer` is in metres.
    """
    if not len(affected.latitude):
        return []
    plane = Plane(float(affected.latitude.min() + affected.latitude.max()) / 2)
    squares, side = _squares(plane.metres(affected))
    neighbours = plane.metres(everybody)
    parts = [_part(some, neighbours, everybody.customers, crowd, buffer + side) for some in _clusters(squares, side)]
    whole = shapely.union_all([part for part in parts if part is not None])
    kept = sorted(_single(whole), key=lambda part: (-round(part.area), part.bounds))[:MOST_PARTS]
    return [text for part in kept if (text := plane.text(_simple(part, buffer)))]


class Plane:
    """Metres east and north on the plane that touches a latitude."""

    def __init__(self, latitude: float) -> None:
        self._scale = np.array([METRES_A_DEGREE * max(cos(radians(latitude)), 0.01), METRES_A_DEGREE])

    def metres(self, homes: Homes) -> NDArray[np.float64]:
        """Give where homes are, n by 2."""
        degrees: NDArray[np.float64] = np.column_stack((homes.longitude, homes.latitude))
        degrees *= self._scale
        return degrees

    def text(self, part: Any) -> str:  # noqa: ANN401  shapely has no types
        """Write a ring, latitude first, closed; empty if nothing is left of it."""
        corners = np.round(shapely.get_coordinates(part.exterior) / self._scale, DECIMALS)
        corners[:, 0], corners[:, 1] = np.clip(corners[:, 0], -180, 180), np.clip(corners[:, 1], -90, 90)
        different = np.append(np.any(corners[1:] != corners[:-1], axis=1), True)
        pairs = [f"{north:.{DECIMALS}f},{east:.{DECIMALS}f}" for east, north in corners[different].tolist()]
        return " ".join(pairs) if len(set(pairs)) > 2 else ""


def _squares(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Give the middles of the squares that somebody lives in, in order, and their side."""
    side = SQUARE
    cells = _different(np.floor(places / side).astype(np.int64))
    while len(cells) > MOST_SQUARES:
        side *= 2
        cells = _different(cells // 2)
    return np.multiply(cells + 0.5, side, dtype=np.float64), side


def _different(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    keys = np.unique(cells[:, 0] * _ROWS + cells[:, 1] + _ROWS // 2)
    return np.column_stack((keys // _ROWS, keys % _ROWS - _ROWS // 2))


def _clusters(squares: NDArray[np.float64], side: float) -> list[NDArray[np.float64]]:
    pairs = cKDTree(squares).query_pairs(LINK * side, output_type="ndarray")
    ones = np.ones(len(pairs), np.bool_)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), (len(squares), len(squares)))
    count, labels = connected_components(graph, directed=False)
    return [squares[labels == label] for label in range(count)]


def _part(
    squares: NDArray[np.float64], homes: NDArray[np.float64], customers: NDArray[np.int32], crowd: int, buffer: float
) -> Any:  # noqa: ANN401  shapely has no types
    """Give the part around squares, wide enough for a crowd; None where there is none far and wide."""
    hull = shapely.concave_hull(shapely.multipoints(squares), ratio=CONCAVITY)
    for doubling in range(WIDEST + 1):
        part = hull.buffer(buffer * 2**doubling, quad_segs=2)
        if _customers_in(part, homes, customers) >= crowd:
            return part
    return None


def _customers_in(part: Any, homes: NDArray[np.float64], customers: NDArray[np.int32]) -> int:  # noqa: ANN401
    west, south, east, north = part.bounds
    near = (homes[:, 0] >= west) & (homes[:, 0] <= east) & (homes[:, 1] >= south) & (homes[:, 1] <= north)
    shapely.prepare(part)
    inside = shapely.contains_xy(part, homes[near, 0], homes[near, 1])
    return int(customers[near][inside].sum())


def _simple(part: Any, tolerance: float) -> Any:  # noqa: ANN401
    """Simplify a part until it has few corners; it stays one ring."""
    tolerance /= 4
    simple = part
    while len(shapely.get_coordinates((simple := part.simplify(tolerance)).exterior)) > MOST_CORNERS:
        tolerance *= 2
    return simple


def _single(whole: Any) -> list[Any]:  # noqa: ANN401
    return [part for part in shapely.get_parts(whole).tolist() if not part.is_empty]
