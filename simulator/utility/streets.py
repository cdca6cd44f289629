"""The streets of a service area, and the feeders that grow along them from the substation.

Streets are a grid, closer where more people live; some are main roads. A *site* is a crossing, where a transformer
may stand. Feeders grow from the substation like shortest paths, cheaper along main roads, the one with the least load
first: connected, balanced, trunks on main roads and laterals in side streets.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.utility.territory import Area

    Numbers = NDArray[np.float64]

NO_SITE: Final = -1
MAIN_ROAD_COST: Final = 0.45
_NEIGHBOURS: Final = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))


@dataclass(frozen=True, slots=True)
class Streets:
    """Sites row by row; site 0 is in the south-west."""

    columns: int
    rows: int
    x: Numbers
    """Kilometres in the plane."""
    y: Numbers
    east_cost: Numbers
    """Cost of the street from each site to the next one east."""
    north_cost: Numbers
    substation: int
    """The site of the substation."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Which feeder serves each site, by which way."""

    feeder: list[int]
    """-1 for the substation."""
    parent: list[int]
    """The site before; the substation for a feeder's first site."""
    order: list[int]
    """Sites as they were reached: parents before children."""


def lay_streets(area: Area, sites: int, random: np.random.Generator) -> Streets:
    """Lay a grid with at least `sites` sites besides the substation's over the area."""
    shape = float(np.clip(np.sqrt(area.width / area.height), 0.2, 5.0))
    columns = max(2, round(np.sqrt(sites + 1) * shape))
    rows = max(2, -(-(sites + 1) // columns))
    column, row = (round((count - 1) * random.uniform(0.4, 0.6)) for count in (columns, rows))
    x, y = _lines(area.marks_x, columns, random), _lines(area.marks_y, rows, random)
    shift = random.uniform(-0.13, 0.13, (2, rows, columns))
    rough = random.uniform(0.75, 1.3, (2, rows, columns))
    step_x, step_y = np.diff(x, append=2 * x[-1] - x[-2]), np.diff(y, append=2 * y[-1] - y[-2])
    return Streets(
        columns,
        rows,
        (x[None, :] + shift[0] * step_x[None, :]).ravel(),
        (y[:, None] + shift[1] * step_y[:, None]).ravel(),
        (_roads(rows, row, random)[:, None] * step_x[None, :] * rough[0]).ravel(),
        (_roads(columns, column, random)[None, :] * step_y[:, None] * rough[1]).ravel(),
        row * columns + column,
    )


def _lines(marks: Numbers, count: int, random: np.random.Generator) -> Numbers:
    """Where the streets of one direction run."""
    fractions = (np.arange(count) + 0.5 + random.uniform(-0.2, 0.2, count)) / count
    places: Numbers = np.interp(fractions, np.linspace(0, 1, len(marks)), marks)
    return places


def _roads(count: int, through: int, random: np.random.Generator) -> Numbers:
    """Cost by length of each street of one direction: about every sixth is a main road, and the substation's."""
    cost = np.where(random.random(count) < 0.16, MAIN_ROAD_COST, 1.0)
    cost[through] = MAIN_ROAD_COST
    return cost


def grow_feeders(streets: Streets, load: NDArray[np.int64], feeders: int) -> Growth:
    """Give every site to one of up to eight feeders; `load` is what stands at each site."""
    count = streets.columns * streets.rows
    feeder, parent = [NO_SITE] * count, [NO_SITE] * count
    order: list[int] = []
    loads = load.tolist()
    neighbours = _streets_from(streets)
    fronts: list[list[tuple[float, int, int]]] = [[] for _ in range(feeders)]
    for number, site in enumerate(_first_sites(streets, feeders)):
        fronts[number % feeders].append((0.0, site, streets.substation))
    turns = [(0, number) for number in range(feeders)]
    parent[streets.substation] = streets.substation
    while turns:
        served, number = heappop(turns)
        reached = _next_site(fronts[number], parent)
        if reached is None:
            continue
        cost, here, before = reached
        feeder[here], parent[here] = number, before
        order.append(here)
        for there, length in neighbours[here]:
            if parent[there] == NO_SITE:
                heappush(fronts[number], (cost + length, there, here))
        heappush(turns, (served + loads[here], number))
    return Growth(feeder, parent, order)


def _next_site(front: list[tuple[float, int, int]], parent: list[int]) -> tuple[float, int, int] | None:
    """The nearest site of the front that nobody has."""
    while front:
        site = heappop(front)
        if parent[site[1]] == NO_SITE:
            return site
    return None


def _first_sites(streets: Streets, feeders: int) -> list[int]:
    """Sites around the substation, one for each feeder and the rest after."""
    row, column = divmod(streets.substation, streets.columns)
    around = [
        (row + up) * streets.columns + column + right
        for up, right in _NEIGHBOURS
        if 0 <= row + up < streets.rows and 0 <= column + right < streets.columns
    ]
    return around[: max(feeders, 1)]


def _streets_from(streets: Streets) -> list[list[tuple[int, float]]]:
    """From each site: the sites next to it and the cost of the way."""
    columns, rows = streets.columns, streets.rows
    east, north = streets.east_cost.tolist(), streets.north_cost.tolist()
    ways: list[list[tuple[int, float]]] = []
    for site in range(columns * rows):
        column = site % columns
        way = []
        if column + 1 < columns:
            way.append((site + 1, east[site]))
        if column:
            way.append((site - 1, east[site - 1]))
        if site + columns < columns * rows:
            way.append((site + columns, north[site]))
        if site >= columns:
            way.append((site - columns, north[site - columns]))
        ways.append(way)
    return ways
