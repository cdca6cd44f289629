"""The polygons of an alert: around those affected, coarse enough that they show nobody's home.

Homes are first put into squares of at least 100 m, so that no vertex depends on where a house stands. Squares make
parts; a part is a concave hull with a buffer, simplified, in which a crowd lives, affected or not. Distances are on a
plane tangent to the middle.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import shapely

from models.alerts.issuing.parts import Land, Part, Town, filled, simple
from models.alerts.issuing.squares import MOST_SQUARES, Plane, singles, squares_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from models.alerts.issuing.areas import Homes
    from models.alerts.issuing.parts import Grown

USUAL_GAP: Final = 5.0
"""Sides between squares of one polygon, where that fits."""
ROUGH: Final = 0.3
"""The concavity of the hull that polygons are measured by."""
UNAFFECTED, TIMES_HULL = 0.3, 2.0
"""Polygons fit if at most so large a share of the usage points inside is not affected, or if their area is at most so
many times that of the hull of those affected,"""
HELD: Final = 0.95
"""and if so large a share of those affected is inside."""
MOST_PARTS: Final = 20


def polygons(affected: Homes, everybody: Homes, crowd: int, buffer: float) -> list[str]:
    """Give polygons as CAP writes them, the largest first; none where nobody affected has a place.

    `crowd` customers at least, affected or not, live in each; `buffer` is in metres.
    """
    if not len(affected.latitude):
        return []
    plane = Plane(float(affected.latitude.min() + affected.latitude.max()) / 2)
    homes = plane.metres(affected)
    squares, side = squares_of(homes)
    town = Town(plane.metres(everybody), everybody.customers, homes, side)
    hull = shapely.concave_hull(shapely.multipoints(homes if len(homes) <= MOST_SQUARES else squares), ratio=ROUGH)
    tree = Land(town, side, crowd, buffer).tree(squares)
    best: list[Any] = []
    least = 2.0
    for parts in _candidates(tree, USUAL_GAP * side):
        kept = _told(parts, buffer)
        misses, fits = _judge(town, kept, TIMES_HULL * hull.area)
        if fits or misses < least:
            best, least = kept, misses
        if fits:
            break
    return [text for part in best for text in plane.texts(part)]


def _candidates(tree: Grown, gap: float) -> Iterator[list[Part]]:
    """Cuts through the tree: by the usual gap, with the fewest who are not affected, with the least area."""
    usual = (part.drawn for part in tree.cut_at(gap))
    yield [min(drawn, key=lambda one: one.unaffected) for drawn in usual if drawn]
    for parts in (_few(tree, lambda part: part.unaffected), _few(tree, lambda part: part.area)):
        yield parts
        yield _without_loneliest(parts)


def _few(tree: Grown, weigh: Callable[[Part], float]) -> list[Part]:
    """The lightest cut of not too many parts: each costs as much more as that takes."""
    weight, parts = tree.best(weigh)
    each = weight / MOST_PARTS
    while len(parts) > MOST_PARTS:
        _, parts = tree.best(partial(_weight, weigh, each))
        each *= 2
    return parts


def _weight(weigh: Callable[[Part], float], each: float, part: Part) -> float:
    return weigh(part) + each


def _without_loneliest(parts: list[Part]) -> list[Part]:
    """Leave out the parts that take in most others for each of those affected; nearly all are in the rest."""
    spare = (1 - HELD) * sum(part.affected for part in parts)
    kept = []
    for part in sorted(parts, key=lambda one: (-one.unaffected / max(one.affected, 1), one.shape.bounds)):
        if part.affected <= spare:
            spare -= part.affected
        else:
            kept.append(part)
    return kept


def _told(parts: list[Part], buffer: float) -> list[Any]:
    """Unite parts that overlap, and give the largest of them with few corners."""
    whole = shapely.union_all([part.shape for part in parts])
    kept = sorted(map(filled, singles(whole)), key=lambda part: (-round(part.area), part.bounds))
    return [simple(part, buffer / 4) for part in kept[:MOST_PARTS]]


def _judge(town: Town, kept: list[Any], most: float) -> tuple[float, bool]:
    """Give how far polygons are from what they should be, and whether they fit."""
    whole = shapely.union_all(kept)
    if whole.is_empty:
        return 2.0, False
    affected, unaffected = town.counts(whole)
    held = affected / len(town.affected) >= HELD
    share = unaffected / max(affected + unaffected, 1)
    return share + (not held), held and (share <= UNAFFECTED or whole.area <= most)
