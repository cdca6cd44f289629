"""Every picture of a scene, one by one: what `Search` finds branch by branch is checked against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.models.histories.search import Search, Weights


@dataclass(frozen=True)
class Every:
    """All combinations of what the nodes may have done: an axis a node, devices first, then services."""

    search: Search

    def along(self, node: int) -> NDArray[np.int64]:
        """The numbers of a node's options, along its axis."""
        nodes = list(self.search.own)
        return np.arange(len(self.search.own[node])).reshape([-1 if node == other else 1 for other in nodes])

    def open_classes(self) -> dict[tuple[int, ...], NDArray[np.bool_]]:
        """By class, in which pictures one of it is open now."""
        is_open = {
            node: np.array([self.search.opens(option) for option, _ in options])[self.along(node)]
            for node, options in self.search.own.items()
        }
        classes = set(self.search.scene.zone.classes.values())
        return {alike: np.any(np.broadcast_arrays(*(is_open[node] for node in alike)), axis=0) for alike in classes}


def every_picture(search: Search) -> tuple[Weights, Every]:
    """The weight of every picture, and what the places of the array mean."""
    zone, every = search.scene.zone, Every(search)
    total = np.zeros([1] * len(search.own), np.int64)
    dark = {-1: total}
    for node, options in search.own.items():
        feed = dark[zone.parents[node] if node >= 0 else zone.feeds[~node]]
        did = every.along(node)
        dark[node] = np.array([search.below(option) for option, _ in options])[did, feed]
        total = total + np.array([own for _, own in options])[did, feed]
    for point, weights in enumerate(search.points):
        total = total + weights[dark[~point if point in zone.services else zone.feeds[point]]]
    return total, every
