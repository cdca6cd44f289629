"""Whom an outage has out, by class and area: against a plain count over the points, and what is not to be told."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.network.load import load_network
from models.network.network import Network
from models.outages.context.breakdown import LEAST_TOLD, NOBODY_OUT, Breakdown
from models.outages.context.places import Places
from tests.worlds.golden import GOLDEN
from tests.worlds.networks import Device, Point, network_of

NETWORK = load_network(GOLDEN / "network")
BREAKDOWN = Breakdown(NETWORK)


def areas_of(network: Network, point: int) -> list[tuple[str, str]]:
    group = int(network.point_group[point])
    first, last = network.group_area_start[group : group + 2].tolist()
    mine = network.group_areas[first:last].tolist()
    return [(network.area_kind_ids[int(network.area_kind[area])], network.area_ids[area]) for area in mine]


@given(st.sets(st.integers(0, len(NETWORK.point_ids) - 1)))
def test_the_counts_are_those_of_the_points(chosen: set[int]) -> None:
    fields = BREAKDOWN.fields(np.array(sorted(chosen), np.int64))
    served, out = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    by_class = Counter[str]()
    for point, customers in enumerate(NETWORK.customers.tolist()):
        for area in areas_of(NETWORK, point):
            served[area] += customers
            out[area] += customers * (point in chosen)
        by_class[NETWORK.class_ids[int(NETWORK.group_class[NETWORK.point_group[point]])]] += customers * (
            point in chosen
        )
    found = {(one["kind"], one["area_id"]): (one["customers_out"], one["customers_served"]) for one in fields["areas"]}
    assert found == {area: (out[area], served[area]) for area in out if out[area]}
    assert {one["customer_class"]: one["customers_out"] for one in fields["customers_by_class"]} == +by_class


def test_where_the_tables_have_neither_nothing_is_counted() -> None:
    bare = Breakdown(network_of([Device("b")], [Point("p", "b")]))
    assert bare.fields(np.array([0])) is NOBODY_OUT
    some = Breakdown(network_of([Device("b")], [Point("p", "b"), Point("q", "b", customer_class="home")]))
    assert some.fields(np.array([0, 1]))["customers_by_class"] == [
        {"customer_class": None, "customers_out": 1},
        {"customer_class": "home", "customers_out": 1},
    ]


@pytest.mark.parametrize(("out", "told"), [(0, 0), (1, None), (LEAST_TOLD - 1, None), (LEAST_TOLD, 3)])
def test_of_few_customers_it_is_not_told_who_depends_on_life_support(out: int, told: int | None) -> None:
    network = network_of([Device("b")], [Point(f"p{number:02}", "b") for number in range(20)])
    listed = np.array([number in {0, 4, 7, 15} for number in range(20)])
    assert Breakdown(network, listed).life_support(np.arange(out), out) == told
    assert Breakdown(network).life_support(np.arange(out), out) is None


def test_a_place_has_a_box_around_all_that_is_below_and_who_is_served() -> None:
    places, served = Places(NETWORK), int(NETWORK.customers.sum())
    for device in range(len(NETWORK.device_ids)):
        fields = places.fields(0, device, -1)
        feeder = int(NETWORK.feeder[device])
        assert fields["customers_served"] == {"feeder": served if feeder >= 0 else None, "zone": served}
        west, south, east, north = fields["place"]["bounding_box"]
        below = slice(NETWORK.point_start[device], NETWORK.point_end[device])
        inside = [*NETWORK.point_longitude[below].tolist(), float(NETWORK.device_longitude[device])]
        assert (west, east) == (round(min(inside), 6), round(max(inside), 6))
        assert south <= fields["place"]["latitude"] <= north
    alone = places.fields(0, -1, 3)["place"]
    assert alone["bounding_box"] == [alone["longitude"], alone["latitude"]] * 2
