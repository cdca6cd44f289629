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
LINKS: Final = (5, 8, 12, 20)
"""Squares so many sides apart belong to one part: the first of these that fits, or else the best."""
CONCAVITY: Final = 0.15
ROUGH: Final = 0.3
"""The concavity of the hull that polygons are measured by."""
UNAFFECTED, TIMES_HULL = 0.3, 2.0
"""Polygons fit if at most so large a share of the usage points inside is not affected, or if their area is at most so
many times that of the hull of those affected."""
CORNER: Final = 0.75
"""Of a square's side: a little more than half of its diagonal, so that all who live in it are inside."""
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
    town = _Town(plane.metres(everybody), everybody.customers, crowd)
    homes = plane.metres(affected)
    squares, side = _squares(homes)
    most = TIMES_HULL * shapely.concave_hull(shapely.multipoints(squares), ratio=ROUGH).area
    best: list[Any] = []
    least = 1.0
    for link in LINKS:
        parts = [_part(some, town, max(buffer, CORNER * side)) for some in _clusters(squares, link * side)]
        kept = _largest([part for part in parts if part is not None], buffer)
        whole = shapely.union_all(kept)
        unaffected = town.unaffected_in(whole, homes)
        if unaffected < least:
            best, least = kept, unaffected
        if unaffected <= UNAFFECTED or whole.area <= most:
            best = kept
            break
    return [text for part in best for text in plane.texts(part)]


def _largest(parts: list[Any], buffer: float) -> list[Any]:
    """Unite parts that overlap, and give the largest of them with few corners."""
    kept = sorted(_single(shapely.union_all(parts)), key=lambda part: (-round(part.area), part.bounds))[:MOST_PARTS]
    return [_simple(part, buffer) for part in kept]


class _Town:
    """All who live there, affected or not, in metres."""

    def __init__(self, homes: NDArray[np.float64], customers: NDArray[np.int32], crowd: int) -> None:
        self._homes, self._customers, self._crowd = homes, customers, crowd

    def has_crowd(self, part: Any) -> bool:  # noqa: ANN401  shapely has no types
        """Whether enough customers live in a part."""
        return int(self._customers[_inside(part, self._homes)].sum()) >= self._crowd

    def unaffected_in(self, whole: Any, affected: NDArray[np.float64]) -> float:  # noqa: ANN401
        """Of the usage points inside, the share that is not affected; 1 where nobody is."""
        inside = len(_inside(whole, self._homes))
        return 1 - len(_inside(whole, affected)) / inside if inside else 1.0


def _inside(shape: Any, places: NDArray[np.float64]) -> NDArray[np.int64]:  # noqa: ANN401
    """Which places lie in a shape."""
    west, south, east, north = shape.bounds
    within = (places[:, 0] >= west) & (places[:, 0] <= east) & (places[:, 1] >= south) & (places[:, 1] <= north)
    near = np.flatnonzero(within)
    shapely.prepare(shape)
    return np.asarray(near[shapely.contains_xy(shape, places[near, 0], places[near, 1])], np.int64)


class Plane:
    """Metres east and north on the plane that touches a latitude."""

    def __init__(self, latitude: float) -> None:
        self.scale = np.array([METRES_A_DEGREE * max(cos(radians(latitude)), 0.01), METRES_A_DEGREE])

    def metres(self, homes: Homes) -> NDArray[np.float64]:
        """Give where homes are, n by 2."""
        degrees: NDArray[np.float64] = np.column_stack((homes.longitude, homes.latitude))
        degrees *= self.scale
        return degrees

    def texts(self, part: Any) -> list[str]:  # noqa: ANN401  shapely has no types
        """Write a part as rings, latitude first, closed: one, unless rounding divides it; none if nothing is left."""
        degrees = shapely.transform(part, lambda corners: np.clip(corners / self.scale, (-180, -90), (180, 90)))
        rounded = shapely.set_precision(shapely.Polygon(degrees.exterior), 10.0**-DECIMALS)
        rings = [one.exterior for one in _single(rounded) if one.geom_type == "Polygon"]
        return [" ".join(f"{north:.{DECIMALS}f},{east:.{DECIMALS}f}" for east, north in ring.coords) for ring in rings]


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


def _clusters(squares: NDArray[np.float64], link: float) -> list[NDArray[np.float64]]:
    """Divide squares into those that are linked; `link` in metres."""
    pairs = cKDTree(squares).query_pairs(link, output_type="ndarray")
    ones = np.ones(len(pairs), np.bool_)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), (len(squares), len(squares)))
    count, labels = connected_components(graph, directed=False)
    return [squares[labels == label] for label in range(count)]


def _part(squares: NDArray[np.float64], town: _Town, buffer: float) -> Any:  # noqa: ANN401  shapely has no types
    """Give the part around squares, wide enough for a crowd; None where there is none far and wide."""
    hull = shapely.concave_hull(shapely.multipoints(squares), ratio=CONCAVITY)
    wider = (hull.buffer(buffer * 2**doubling, quad_segs=2) for doubling in range(WIDEST + 1))
    return next((part for part in wider if town.has_crowd(part)), None)


def _simple(part: Any, tolerance: float) -> Any:  # noqa: ANN401
    """Simplify a part until it has few corners; it stays one ring."""
    tolerance /= 4
    simple = part
    while len(shapely.get_coordinates((simple := part.simplify(tolerance)).exterior)) > MOST_CORNERS:
        tolerance *= 2
    return simple


def _single(whole: Any) -> list[Any]:  # noqa: ANN401
    return [part for part in shapely.get_parts(whole).tolist() if not part.is_empty]
