"""An invented but believable electric utility, as the two tables of a network: substation by substation, by seed.

Each substation is one zone: a source, one or two transformers each with a bus, and up to eight feeders. In the order of
work: where people live and which substation serves them (`territory.py`), its streets and how feeders grow along
them (`streets.py`), the devices on the feeders (`feeder.py`, `ties.py`), the customers (`customers.py`). A substation
has its own stream of random numbers, so memory does not grow with the utility.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import ALL_PHASES
from models.refusal import FaultsError
from simulator.utility.customers import (
    draw_accounts,
    draw_customers,
    draw_load,
    draw_meters,
    draw_priority,
    draw_transformers,
    group_by_neighbourhood,
    numbered,
    place_points,
)
from simulator.utility.devices import PHASE_NAMES, DeviceTable
from simulator.utility.feeder import FeederBuilder, Tree, plant_tree
from simulator.utility.streets import NO_SITE, grow_feeders, lay_streets
from simulator.utility.territory import DEFAULT_EXTENT, Area, Plane, extent_faults, service_areas
from simulator.utility.ties import add_ties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulator.utility.streets import Numbers
    from simulator.utility.territory import Extent

POINTS_OF_A_FEEDER: Final = 700
LEAST_POINTS_OF_A_FEEDER: Final = 150
MOST_FEEDERS: Final = 8
MOST_USAGE_POINTS: Final = 50_000_000
COLLECTORS_OF_A_POSTAL_CODE: Final = 10

Columns = dict[str, "NDArray[np.generic]"]


@dataclass(frozen=True, slots=True)
class UtilityPart:
    """The rows of one substation; in every part the same columns, all optional ones of the tables included."""

    devices: Columns
    usage_points: Columns
    areas: Columns
    life_support: Columns

    @property
    def tables(self) -> tuple[Columns, Columns, Columns, Columns]:
        """Return them in the order in which they are written."""
        return self.devices, self.usage_points, self.areas, self.life_support


def draw_utility(usage_points: int, seed: int, extent: Extent = DEFAULT_EXTENT) -> Iterator[UtilityPart]:
    """Invent a utility with exactly `usage_points` usage points within `extent` (west, south, east, north in degrees).

    The same arguments always give the same rows. Raises `FaultsError` before the first part for arguments that make no
    sense.
    """
    faults = extent_faults(extent)
    if not 1 <= usage_points <= MOST_USAGE_POINTS:
        faults.append(f"{usage_points} usage points: give a number from 1 to {MOST_USAGE_POINTS:,}")
    if seed < 0:
        faults.append(f"seed {seed}: give 0 or more")
    if faults:
        raise FaultsError(faults)
    random = _stream(seed, 0)
    plane = Plane(extent, random)
    return _parts(service_areas(usage_points, plane, random), plane, seed)


def _stream(seed: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))


def _parts(areas: list[Area], plane: Plane, seed: int) -> Iterator[UtilityPart]:
    first = 1
    for number, area in enumerate(areas, start=1):
        yield _substation(area, plane, first, _stream(seed, number))
        first += area.usage_points


@dataclass(frozen=True, slots=True)
class _Served:
    """Usage points of a substation in the order of the transformers that feed them."""

    fed_by: NDArray[np.generic]
    phases: NDArray[np.int64]
    places: tuple[Numbers, Numbers]


def _substation(area: Area, plane: Plane, first: int, random: np.random.Generator) -> UtilityPart:
    """Draw one substation; its usage points are numbered from `first`."""
    tree, points_at = _trees(area, random)
    place = (tree.x[tree.substation], tree.y[tree.substation])
    table = DeviceTable(area, place, buses=1 if len(tree.first) < 6 else 2)
    builder = FeederBuilder(tree, table, area.urban, random)
    roots = [site for site in tree.first if site != NO_SITE]
    buses = table.buses
    trunks = [builder.build(site, feeder, buses[feeder % len(buses)]) for feeder, site in enumerate(roots, start=1)]
    add_ties(table, tree, trunks)
    devices = table.columns(plane, random)
    sites = np.array(builder.transformer_sites)
    points = points_at[sites]
    served = _Served(
        devices["device_id"][np.repeat(builder.transformer_rows, points)],
        np.repeat(table.phases_of(builder.transformer_rows), points),
        place_points(tree, sites, points, area.urban, random),
    )
    usage_points = _usage_points(area, first, served, plane, random)
    life_support = usage_points["priority"] == "life_support"
    usage_points["priority"] = np.where(life_support, "none", usage_points["priority"])
    listed = {"usage_point_id": usage_points["usage_point_id"][life_support]}
    return UtilityPart(devices, usage_points, _areas(area, usage_points), listed)


def _trees(area: Area, random: np.random.Generator) -> tuple[Tree, NDArray[np.int64]]:
    """Grow the substation's feeders; with the number of usage points at each site."""
    points, business = draw_transformers(area.usage_points, area.urban, random)
    streets = lay_streets(area, round(len(points) / random.uniform(0.72, 0.85)), random)
    count = streets.columns * streets.rows
    sites = random.permutation(count)
    sites = sites[sites != streets.substation][: len(points)]
    points_at = np.zeros(count, np.int64)
    points_at[sites] = points
    business_at = np.zeros(count, np.bool_)
    business_at[sites] = business
    usual = round(area.usage_points / (POINTS_OF_A_FEEDER * random.uniform(0.9, 1.15)))
    feeders = max(1, min(MOST_FEEDERS, max(usual, min(4, area.usage_points // LEAST_POINTS_OF_A_FEEDER))))
    growth = grow_feeders(streets, points_at, feeders)
    return plant_tree(streets, growth, points_at, business_at, feeders), points_at


def _usage_points(area: Area, first: int, served: _Served, plane: Plane, random: np.random.Generator) -> Columns:
    count = area.usage_points
    meters = draw_meters(first, count, random)
    customers = draw_customers(count, area.urban, random)
    longitude, latitude = plane.degrees(*served.places)
    collectors = group_by_neighbourhood(*served.places, meters != "")
    return {
        "usage_point_id": numbered("P", np.arange(first, first + count), 8),
        "meter_id": meters,
        "device_id": served.fed_by,
        "load_kw": draw_load(customers, served.phases, random),
        "longitude": longitude,
        "latitude": latitude,
        "collector_id": numbered(f"{area.substation_id}/collector-", collectors + 1, 3),
        "phases": PHASE_NAMES[served.phases],
        "customers": customers,
        "priority": draw_priority(served.phases, random),
        "account_id": draw_accounts(first, count, random),
        "customer_class": np.where(served.phases == ALL_PHASES, "commercial", "residential"),
    }


def _areas(area: Area, usage_points: Columns) -> Columns:
    """Say where points lie: a substation is a municipality, and some neighbouring collectors share a postal code."""
    names = usage_points["usage_point_id"]
    collectors, number = np.unique(usage_points["collector_id"], return_inverse=True)
    code = numbered(f"{area.substation_id}-", 1 + np.arange(len(collectors)) // COLLECTORS_OF_A_POSTAL_CODE, 3)
    return {
        "usage_point_id": np.concatenate([names, names]),
        "kind": np.repeat(["municipality", "postal_code"], len(names)),
        "area_id": np.concatenate([np.full(len(names), area.substation_id), code[number]]),
    }
