"""Homes in squares of 100 m and more, so that nothing that is made of them shows where a house stands."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from models.alerts.issuing.areas import Homes

METRES_A_DEGREE: Final = 111_195.0
SQUARE: Final = 100.0
"""Metres; doubled until there are no more squares than can be handled at once."""
MOST_SQUARES: Final = 2000
_ROWS: Final = 1 << 24
DECIMALS: Final = 4
"""Of degrees: some 10 m."""


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
        rings = [one.exterior for one in singles(rounded) if one.geom_type == "Polygon"]
        return [" ".join(f"{north:.{DECIMALS}f},{east:.{DECIMALS}f}" for east, north in ring.coords) for ring in rings]


def singles(whole: Any) -> list[Any]:  # noqa: ANN401
    """Divide a shape into shapes of one piece."""
    return [part for part in shapely.get_parts(whole).tolist() if not part.is_empty]


def inside(shape: Any, places: NDArray[np.float64]) -> NDArray[np.int64]:  # noqa: ANN401
    """Give which places lie in a shape."""
    west, south, east, north = shape.bounds
    within = (places[:, 0] >= west) & (places[:, 0] <= east) & (places[:, 1] >= south) & (places[:, 1] <= north)
    near = np.flatnonzero(within)
    shapely.prepare(shape)
    return np.asarray(near[shapely.contains_xy(shape, places[near, 0], places[near, 1])], np.int64)


def squares_of(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Give the middles of the squares that somebody lives in, in order, and their side."""
    side = SQUARE
    cells = _different(np.floor(places / side).astype(np.int64))
    while len(cells) > MOST_SQUARES:
        side *= 2
        cells = _different(cells // 2)
    return middles(cells, side), side


class Lived(NamedTuple):
    """Squares that somebody lives in, in order: their middles (n by 2), and in each the customers and usage points."""

    middles: NDArray[np.float64]
    customers: NDArray[np.int64]
    points: NDArray[np.int64]
    affected: NDArray[np.int64]
    """Usage points of those affected."""


def squares_with(
    homes: NDArray[np.float64], customers: NDArray[np.int32], affected: NDArray[np.float64], side: float
) -> Lived:
    """Put homes into squares; those affected are some of them."""
    keys, at = np.unique(_numbers(homes, side), return_inverse=True)
    of = at.reshape(-1)
    mine = np.bincount(np.searchsorted(keys, _numbers(affected, side)), minlength=len(keys))
    lived = np.bincount(of, customers).astype(np.int64)
    return Lived(middles(_cells(keys), side), lived, np.bincount(of), mine)


def _numbers(places: NDArray[np.float64], side: float) -> NDArray[np.int64]:
    return _keys(np.floor(places / side).astype(np.int64))


def middles(cells: NDArray[np.int64], side: float) -> NDArray[np.float64]:
    """Give the middles of squares by their numbers east and north."""
    found: NDArray[np.float64] = np.multiply(cells + 0.5, side, dtype=np.float64)
    return found


def _different(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    return _cells(np.unique(_keys(cells)))


def _keys(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(cells[:, 0] * _ROWS + cells[:, 1] + _ROWS // 2, np.int64)


def _cells(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.column_stack((keys // _ROWS, keys % _ROWS - _ROWS // 2))
