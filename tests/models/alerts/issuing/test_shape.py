"""Polygons hold those affected, a crowd, and nothing that tells where one home is."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from models.alerts.issuing.areas import Homes
from models.alerts.issuing.parts import MOST_CORNERS, Grown, Land, Part, Town
from models.alerts.issuing.shape import HELD, MOST_PARTS, polygons
from models.alerts.issuing.squares import Plane, squares_of
from models.alerts.places import parse_polygon

if TYPE_CHECKING:
    from collections.abc import Iterator


def homes(places: list[tuple[float, float]], customers: int = 1) -> Homes:
    east, north = np.array(places).reshape(-1, 2).T
    return Homes(east, north, np.full(len(places), customers, np.int32))


def town(count: int, seed: int, spread: float) -> Homes:
    chance = np.random.default_rng(seed)
    return homes([(8.5 + x * spread, 47.4 + y * spread) for x, y in chance.normal(size=(count, 2)).tolist()])


def joined(some: Homes, others: Homes) -> Homes:
    return Homes(
        np.append(some.longitude, others.longitude),
        np.append(some.latitude, others.latitude),
        np.append(some.customers, others.customers),
    )


def rings(texts: list[str]) -> list[Any]:
    """Polygons as shapely has them, longitude first."""
    return [shapely.Polygon([(place.longitude, place.latitude) for place in parse_polygon(text)]) for text in texts]


@settings(max_examples=15)
@given(st.integers(1, 400), st.integers(0, 10_000), st.sampled_from([0.0001, 0.005, 0.05]))
def test_polygons_hold_the_affected_and_a_crowd(count: int, seed: int, spread: float) -> None:
    affected, others = town(count, seed, spread), town(500, seed + 1, 0.02)
    everybody = joined(affected, others)
    texts = polygons(affected, everybody, 20, 200.0)
    shapes = rings(texts)
    assert len(texts) <= MOST_PARTS
    for text, ring in zip(texts, shapes, strict=True):
        pairs = text.split()
        assert pairs[0] == pairs[-1]
        assert 4 <= len(pairs) <= MOST_CORNERS + 1
        assert int(shapely.contains_xy(ring, everybody.longitude, everybody.latitude).sum()) >= 20
    if spread <= 0.005:
        inside = np.zeros(count, np.bool_)
        for ring in shapes:
            inside |= shapely.contains_xy(ring, affected.longitude, affected.latitude)
        assert inside.mean() >= 0.95


def test_a_lonely_home_has_no_polygon_and_a_neighbourhood_hides_it() -> None:
    lonely = homes([(8.5, 47.4)])
    assert polygons(lonely, lonely, 20, 200.0) == []
    village = homes([(8.5 + n * 0.001, 47.4) for n in range(30)])
    [text] = polygons(lonely, village, 20, 200.0)
    [ring] = rings([text])
    assert shapely.contains_xy(ring, 8.5, 47.4)
    moved = homes([(8.5 + 0.0004, 47.4 + 0.0004)])
    same = {text, *polygons(moved, village, 20, 200.0)}
    assert len(same) <= 2
    assert polygons(homes([]), village, 20, 200.0) == []


def test_polygons_do_not_depend_on_where_in_its_square_a_home_stands() -> None:
    """A square is 100 m wide, some 0.0009 degrees of latitude."""
    village = homes([(8.5 + n * 0.001, 47.4) for n in range(30)])
    corner = 100 / 111_195.0
    base = round(47.4 / corner) * corner
    first, second = homes([(8.5, base + corner * 0.2)]), homes([(8.5, base + corner * 0.8)])
    texts = [polygons(Homes(one.longitude, one.latitude, one.customers), village, 20, 200.0) for one in (first, second)]
    centres = [rings(text)[0].centroid for text in texts]
    assert abs(centres[0].y - centres[1].y) < corner / 100


def cuts(part: Grown) -> Iterator[list[Part]]:
    """Every cut through a tree, each part drawn in every way."""
    yield from ([way] for way in part.drawn)
    if part.below:
        for first, second in product(*map(list, map(cuts, part.below))):
            yield [*first, *second]


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 7), st.integers(0, 10_000))
def test_the_best_cut_is_the_lightest_of_all(count: int, seed: int) -> None:
    affected, others = town(count, seed, 0.02), town(300, seed + 1, 0.02)
    everybody = joined(affected, others)
    plane = Plane(47.4)
    places = plane.metres(affected)
    squares, side = squares_of(places)
    tree = Land(Town(plane.metres(everybody), everybody.customers, places, side), side, 20, 75.0).tree(squares)
    for weigh in (lambda part: part.unaffected, lambda part: part.area):
        weight, parts = tree.best(weigh)
        assert weight == pytest.approx(sum(map(weigh, parts)))
        assert weight <= min(sum(map(weigh, cut)) for cut in cuts(tree)) * (1 + 1e-9)


def test_a_polygon_leaves_out_a_lonely_home_rather_than_hold_a_countryside_for_it() -> None:
    """Of 40 affected, in a line, one lives where the next nineteen live 2 km around."""
    street = [(8.5 + n * 0.0005, 47.4) for n in range(39)]
    lonely = (8.57, 47.4)
    others = [(8.523 + n * 0.0015, 47.4) for n in range(25)]
    others += [(8.57 + x * 0.006, 47.4 + y * 0.006) for x in range(-3, 4) for y in range(-3, 4) if (x, y) != (0, 0)]
    affected, everybody = homes([*street, lonely]), homes([*street, lonely, *others])
    shapes = rings(polygons(affected, everybody, 20, 75.0))
    held = [any(shape.contains(shapely.Point(place)) for shape in shapes) for place in [*street, lonely]]
    assert np.mean(held) >= HELD
    assert not held[-1]
    assert not any(shape.contains(shapely.Point(other)) for shape in shapes for other in others)
