"""From the weights of hypotheses to the most probable picture, and to the probability of each.

A *picture* is a set of hypotheses none of which lies below another; its weight is the sum of theirs. `pictures` lists
every one of a small tree; `most_probable_of_many` finds the best one of a large tree.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from tests.models.oracle.scene import NAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.models.oracle.scene import Scene

Picture = frozenset[int]


def pictures(scene: Scene) -> Iterator[Picture]:
    """List every picture."""
    for parts in product(*(_pictures_below(scene, root) for root in scene.tree.roots)):
        yield frozenset().union(*parts)


def _pictures_below(scene: Scene, device: int) -> list[Picture]:
    alone: list[list[Picture]] = [
        [frozenset(), frozenset({~point})] for point in scene.tree.direct[device] if ~point in scene.hypotheses
    ]
    branches = [_pictures_below(scene, child) for child in scene.tree.children[device]]
    closed = [Picture().union(*parts) for parts in product(*alone, *branches)]
    return [*closed, Picture({device})] if device in scene.hypotheses else closed


def weigh(scene: Scene, picture: Picture) -> int:
    """The weight of a picture; a hypothesis that nothing speaks for is impossible."""
    return sum(scene.hypotheses[what].weight for what in picture)


def most_probable(scene: Scene) -> Picture:
    """The best picture; of equal ones that which explains more reports, then the one downstream."""

    def order(picture: Picture) -> tuple[int, int, list[bool]]:
        closed = [device not in picture for device in range(len(scene.tree.kinds))]
        return weigh(scene, picture), sum(scene.hypotheses[what].explained for what in picture), closed

    return max(pictures(scene), key=order)


def probability(scene: Scene, any_of: Iterable[int]) -> float:
    """The probability that one of these hypotheses is true, over all pictures."""
    wanted = set(any_of)
    every = [(weigh(scene, picture), bool(wanted & picture)) for picture in pictures(scene)]
    most = max(weight for weight, _ in every)
    chances = [(math.exp((weight - most) / NAT), hit) for weight, hit in every]
    return sum(chance for chance, hit in chances if hit) / sum(chance for chance, _ in chances)


class Best(NamedTuple):
    """The best picture of a branch."""

    weight: int
    explained: int
    picture: Picture


def most_probable_of_many(scene: Scene) -> Picture:
    """The best picture of a large tree: each branch on its own, from the leaves to the roots."""
    best: dict[int, Best] = {}
    for device in reversed(range(len(scene.tree.kinds))):
        parts = [best.pop(child) for child in scene.tree.children[device]]
        alone = [
            ~point
            for point in scene.tree.direct[device]
            if ~point in scene.hypotheses and scene.hypotheses[~point].weight >= 0
        ]
        parts += [Best(*scene.hypotheses[what], Picture({what})) for what in alone]
        closed = Best(
            sum(part.weight for part in parts),
            sum(part.explained for part in parts),
            Picture().union(*(part.picture for part in parts)),
        )
        opened = closed
        if device in scene.hypotheses:
            opened = Best(*scene.hypotheses[device], Picture({device}))
        best[device] = opened if opened[:2] > closed[:2] else closed
    return Picture().union(*(best[root].picture for root in scene.tree.roots))
