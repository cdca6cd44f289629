"""Where people live in an invented utility: towns of different size, and the service area of each substation.

All lengths are kilometres in a flat plane from the south-west corner of the extent; `Plane` leads back to degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.utility.density import RASTER, Density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Extent = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

DEFAULT_EXTENT: Final[Extent] = (-97.85, 37.42, -97.11, 37.98)
"""As large as a county, some 65 km by 62 km."""
POINTS_OF_A_SUBSTATION: Final = 4500
LEAST_DENSITY: Final = 3.0
"""Usage points a square kilometre; a service area that is emptier shrinks to it."""
LEAST_DENSITY_ALONE: Final = 60.0
"""The same where there is but one substation: a village, not a county."""
EVENNESS: Final = 0.55
"""Streets stand between evenly (1) and as dense as people live (0)."""
KILOMETRES_PER_DEGREE: Final = 111.2

_FIRST: Final = "ash oak mill brook fair stone clear red elm north lake green hart maple spring west silver wind cedar"
_LAST: Final = "ford ton field dale wood ville bridge port haven burg mont crest view ridge"


@dataclass(frozen=True, slots=True)
class Area:
    """The service area of one substation."""

    substation_id: str
    town: str
    usage_points: int
    marks_x: Numbers
    """Borders of columns with equally many people, from west to east, in kilometres."""
    marks_y: Numbers

    @property
    def width(self) -> float:
        """Kilometres from west to east."""
        return float(self.marks_x[-1] - self.marks_x[0])

    @property
    def height(self) -> float:
        """Kilometres from south to north."""
        return float(self.marks_y[-1] - self.marks_y[0])

    @property
    def density(self) -> float:
        """Usage points a square kilometre."""
        return self.usage_points / (self.width * self.height)

    @property
    def urban(self) -> float:
        """From 0 in the country to 1 in a dense town."""
        return float(np.clip(np.log(self.density / 12) / np.log(350 / 12), 0, 1))


class Plane:
    """The extent as a plane of kilometres, bent a little so that no road is straight over a long way.

    The bending moves places by sums of sines whose slopes stay below one: no two places swap or meet.
    """

    def __init__(self, extent: Extent, random: np.random.Generator) -> None:
        """Take `extent` in degrees, one without faults."""
        west, south, east, north = extent
        self._west, self._south = west, south
        self._east_scale = KILOMETRES_PER_DEGREE * cos(radians((south + north) / 2))
        self.width = (east - west) * self._east_scale
        self.height = (north - south) * KILOMETRES_PER_DEGREE
        side = min(self.width, self.height)
        waves = np.minimum(side * np.array([0.9, 0.3, 0.12]), [60.0, 14.0, 3.5])
        self._frequencies = 2 * pi / waves
        self._amplitudes = np.array([0.12, 0.16, 0.10]) / self._frequencies
        self._shifts = random.uniform(0, 2 * pi, (4, 3))
        self.margin = float(min(2 * self._amplitudes.sum(), side / 4))

    def degrees(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        """Longitude and latitude, rounded to a tenth of a metre."""
        bent_x, bent_y = x.copy(), y.copy()
        for wave, (frequency, amplitude) in enumerate(zip(self._frequencies, self._amplitudes, strict=True)):
            shift = self._shifts[:, wave]
            bent_x += amplitude * (np.sin(frequency * y + shift[0]) + np.sin(frequency * x + shift[1]))
            bent_y += amplitude * (np.sin(frequency * x + shift[2]) + np.sin(frequency * y + shift[3]))
        longitude = self._west + bent_x / self._east_scale
        latitude = self._south + bent_y / KILOMETRES_PER_DEGREE
        return np.round(longitude, 6), np.round(latitude, 6)


def service_areas(usage_points: int, plane: Plane, random: np.random.Generator) -> list[Area]:
    """Cut the plane into service areas of about equal number of points: small in towns, large in the country."""
    count = max(1, round(usage_points / POINTS_OF_A_SUBSTATION))
    sizes = shares(usage_points, random.uniform(0.78, 1.22, count))
    towns = _towns(usage_points, count, plane, random)
    density = _density(towns, usage_points, plane)
    least_density = LEAST_DENSITY if count > 1 else LEAST_DENSITY_ALONE
    areas, seen = [], dict.fromkeys(towns.names, 0)
    for size, box in zip(sizes.tolist(), density.cut(sizes, plane.margin), strict=True):
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        town = towns.names[int(np.argmin(np.hypot(towns.x - x, towns.y - y) - 2 * towns.radius))]
        seen[town] += 1
        marks_x, marks_y = _settled(density.marks(box), size / least_density, random)
        areas.append(Area(f"{town}-{seen[town]}", town, size, marks_x, marks_y))
    return areas


def extent_faults(extent: Extent) -> list[str]:
    """What is wrong with an extent: it is empty, not on Earth, or too near a pole for a flat plane."""
    west, south, east, north = extent
    if -180 <= west < east <= 180 and -85 <= south < north <= 85:
        return []
    return [f"extent {extent}: is no area; give west,south,east,north in degrees, west < east and south < north"]


def shares(total: int, weights: Numbers) -> NDArray[np.int64]:
    """Divide `total` into whole parts in proportion to `weights`."""
    borders = np.rint(np.cumsum(weights) / weights.sum() * total).astype(np.int64)
    borders[-1] = total
    parts: NDArray[np.int64] = np.diff(borders, prepend=0)
    return parts


@dataclass(frozen=True, slots=True)
class _Towns:
    names: list[str]
    x: Numbers
    y: Numbers
    radius: Numbers
    share: Numbers


def _towns(usage_points: int, substations: int, plane: Plane, random: np.random.Generator) -> _Towns:
    """Few large and many small towns, apart from each other; the largest near the middle."""
    count = min(120, 1 + round(1.5 * sqrt(substations - 1)))
    share: Numbers = np.arange(1.0, count + 1) ** -0.9
    share /= share.sum()
    densest = max(900.0, 3 * usage_points / (plane.width * plane.height))
    radius: Numbers = np.sqrt(0.85 * usage_points * share / (2 * pi * densest))
    x, y = np.empty(count), np.empty(count)
    x[0], y[0] = plane.width * random.uniform(0.4, 0.6), plane.height * random.uniform(0.4, 0.6)
    for town in range(1, count):
        candidates = random.uniform(0.08, 0.92, (2, 12)) * [[plane.width], [plane.height]]
        gaps = np.hypot(candidates[0, :, None] - x[:town], candidates[1, :, None] - y[:town]) - 2 * radius[:town]
        best = int(np.argmax(gaps.min(axis=1)))
        x[town], y[town] = candidates[0, best], candidates[1, best]
    names = [first + last for first in _FIRST.split() for last in _LAST.split()]
    return _Towns([names[place] for place in random.permutation(len(names))[:count]], x, y, radius, share)


def _density(towns: _Towns, usage_points: int, plane: Plane) -> Density:
    """People over the plane: most in towns, thinning outwards, some everywhere."""
    x = (np.arange(RASTER) + 0.5) / RASTER * plane.width
    y = (np.arange(RASTER) + 0.5) / RASTER * plane.height
    density = np.full((RASTER, RASTER), 0.15 * usage_points / (plane.width * plane.height))
    for town in range(len(towns.names)):
        radius = max(towns.radius[town], 1.5 * plane.width / RASTER)
        east = np.exp(-(((x - towns.x[town]) / radius) ** 2) / 2)
        north = np.exp(-(((y - towns.y[town]) / radius) ** 2) / 2)
        density += 0.85 * usage_points * towns.share[town] / (2 * pi * radius**2) * np.outer(north, east)
    return Density(density, plane.width, plane.height)


def _settled(marks: tuple[Numbers, Numbers], most: float, random: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Keep to `most` square kilometres of an area that is nearly empty, and make its streets more even."""
    (x, y), place = marks, random.uniform(0.35, 0.65, 2)
    width, height = float(x[-1] - x[0]), float(y[-1] - y[0])
    factor = min(1.0, sqrt(most / (width * height)))
    left = x[0] + width * (1 - factor) * place[0]
    bottom = y[0] + height * (1 - factor) * place[1]
    even = np.linspace(0, EVENNESS, len(x))
    return (
        left + factor * ((x - x[0]) * (1 - EVENNESS) + width * even),
        bottom + factor * ((y - y[0]) * (1 - EVENNESS) + height * even),
    )
