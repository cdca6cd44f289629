"""Who lives at the usage points of an invented substation: meters, accounts, priorities, loads, radio collectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import ALL_PHASES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.utility.feeder import Tree
    from simulator.utility.streets import Numbers

METERS_OF_A_COLLECTOR: Final = (75, 110, 150)
"""Least, usual, most."""
RURAL_HOUSES: Final = (1, 2, 3, 4, 5)
RURAL_SHARES: Final = (0.20, 0.52, 0.20, 0.06, 0.02)
BUSINESS_POINTS: Final = (1, 1, 1, 2, 3, 5)
UNMETERED_SHARE: Final = 0.005
PRIORITY_SHARES: Final = {"life_support": 0.003, "critical": 0.002, "key": 0.005}
MULTIPLIER: Final = 48_271
"""Prime to the number of meter numbers: spreads the meters' numbers over all of them, each once."""
METER_NUMBERS: Final = 100_000_000


def draw_transformers(
    usage_points: int, urban: float, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Usage points of each transformer (about 8 in town, 2 in the country), and which of them are for business."""
    most = usage_points if usage_points < 64 else round(usage_points / (2 + 5 * urban) * 1.4) + 64
    houses = np.where(
        random.random(most) < urban,
        1 + random.binomial(13, 0.55, most),
        random.choice(RURAL_HOUSES, most, p=RURAL_SHARES),
    )
    business = random.random(most) < 0.03 + 0.06 * urban
    sizes = np.where(business, random.choice(BUSINESS_POINTS, most), houses)
    ends = np.cumsum(sizes)
    last = int(np.searchsorted(ends, usage_points))
    sizes = sizes[: last + 1]
    sizes[last] -= ends[last] - usage_points
    return sizes, business[: last + 1]


def place_points(
    tree: Tree, sites: NDArray[np.int64], points: NDArray[np.int64], urban: float, random: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Places of the usage points of each transformer: houses on both sides of the street that leads to it."""
    x, y, before = np.array(tree.x), np.array(tree.y), np.array(tree.parent)[sites]
    way_x, way_y = x[sites] - x[before], y[sites] - y[before]
    length = np.hypot(way_x, way_y)
    owner = np.repeat(np.arange(len(sites)), points)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(points) - points, points)
    rows = (points[owner] + 1) // 2
    room = np.minimum(0.85 * length[owner], 0.03 * rows)
    forward = ((rank // 2 + 0.5) / rows - 0.5 + random.uniform(-0.1, 0.1, len(owner)) / rows) * room
    aside = np.where(rank % 2 == 0, 1.0, -1.0) * random.uniform(0.012, 0.022, len(owner)) * (1 + 4 * (1 - urban))
    unit_x, unit_y = (way_x / length)[owner], (way_y / length)[owner]
    return x[sites][owner] + forward * unit_x - aside * unit_y, y[sites][owner] + forward * unit_y + aside * unit_x


def draw_meters(first: int, count: int, random: np.random.Generator) -> NDArray[np.str_]:
    """Meter ids of the points numbered from `first`; empty for the few without one, such as street lights."""
    numbers = (np.arange(first, first + count) * MULTIPLIER + 1_234_567) % METER_NUMBERS
    return np.where(random.random(count) < UNMETERED_SHARE, "", numbered("M", numbers, 8))


def draw_accounts(first: int, count: int, random: np.random.Generator) -> NDArray[np.str_]:
    """Account ids: mostly a point each; some share with the point before, one (the town) has points all over."""
    owner = np.arange(count)
    second = np.flatnonzero(random.random(count) < 0.015)
    owner[second] = np.maximum(second - 1, 0)
    town = np.flatnonzero(random.random(count) < 0.002)
    owner[town] = town[:1].repeat(len(town))
    return numbered("A", first + owner, 8)


def draw_customers(count: int, urban: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Customers behind each point: one, but for master-metered houses."""
    houses = 2 + np.minimum(random.geometric(0.08, count), 78)
    return np.where(random.random(count) < 0.001 + 0.004 * urban, houses, 1)


def draw_priority(phases: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.str_]:
    """Priority of each point; hospitals, waterworks and the like have three phases where there are such points."""
    drawn = random.random(len(phases))
    life_support, critical, key = np.cumsum(list(PRIORITY_SHARES.values()))
    priority = np.select([drawn < life_support, drawn < critical, drawn < key], list(PRIORITY_SHARES), "none")
    places = np.flatnonzero(phases == ALL_PHASES)
    works = np.flatnonzero(priority == "critical")
    if len(places) >= len(works):
        priority[works] = "none"
        priority[random.choice(places, len(works), replace=False)] = "critical"
    return priority


def draw_load(customers: NDArray[np.int64], phases: NDArray[np.int64], random: np.random.Generator) -> Numbers:
    """Mean load in kW."""
    house = random.lognormal(0.35, 0.55, len(customers))
    load: Numbers = np.round(house * customers * np.where(phases == ALL_PHASES, 9.0, 1.0), 3)
    return load


def group_by_neighbourhood(x: Numbers, y: Numbers, metered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The collector of each point, from 0: about as many meters each, near each other.

    The map is walked to and fro in strips; each so many meters met on the way are one group.
    """
    meters = int(metered.sum())
    least, usual, most = METERS_OF_A_COLLECTOR
    collectors = max(1, -(-meters // most), min(round(meters / usual), meters // least))
    width, height = np.ptp(x) + 1e-9, np.ptp(y) + 1e-9
    columns = max(1, round(float(np.sqrt(collectors * width / height))))
    rank = np.empty(len(x), np.int64)
    rank[np.argsort(x, kind="stable")] = np.arange(len(x))
    column = rank * columns // len(x)
    order = np.lexsort((np.where(column % 2 == 0, y, -y), column))
    before: NDArray[np.int64] = np.cumsum(metered[order]) - metered[order]
    group = np.empty(len(x), np.int64)
    group[order] = np.minimum(before, max(meters - 1, 0)) * collectors // max(meters, 1)
    return group


def numbered(prefix: str, numbers: NDArray[np.int64], digits: int) -> NDArray[np.str_]:
    """`prefix` and each number with leading zeros."""
    powers = 10 ** np.arange(digits - 1, -1, -1)
    text = np.empty((len(numbers), len(prefix) + digits), np.uint32)
    text[:, : len(prefix)] = [ord(letter) for letter in prefix]
    text[:, len(prefix) :] = numbers[:, None] // powers % 10 + ord("0")
    return text.view(f"U{text.shape[1]}").ravel()
