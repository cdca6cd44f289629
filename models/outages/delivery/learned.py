"""What was learned of delivery, for people and metrics: by zone, collector and head-end source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.outages.delivery.memory import believed
from models.outages.inference.knowledge import SOURCES
from models.outages.weights.scores import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from models.network.network import Network
    from models.outages.delivery.memory import Memory
    from models.outages.inference.forest import Forest
    from models.outages.weights.scores import Scores

EACH: Final = 1 + SOURCES
"""Rows of a collector: of meters whose source is not known, and one a source."""


class Rate(NamedTuple):
    """Of one kind of message."""

    share: float
    """That arrives, by what was given and what was learned."""
    messages: float
    """From which it was learned; old ones count less and less."""
    steady: int
    """How many meters of one event weigh as much as this share: it varies from event to event in the zone."""


class Learned(NamedTuple):
    """Of a collector's meters of one source in a zone."""

    zone: int
    collector: int
    """By their places on the network."""
    source: int
    """1 to SOURCES, by the remainder of its number (`source_place`); 0 of meters whose source is not known yet."""
    gasps: Rate
    returns: Rate


def source_place(number: int) -> int:
    """Tell which of the sources that are told apart this one is, by its number (`models.evidence.sources`)."""
    return 1 + number % SOURCES


def learned(
    network: Network, forest: Forest, scores: Scores, memory: Memory, zones: Iterable[int], *, every: bool = False
) -> list[Learned]:
    """List the rates of these zones of which anything was learned; `every` lists the others, too."""
    collectors = collectors_of(network, forest)
    found = []
    for zone in zones:
        first, last = int(forest.zone_row_start[zone]), int(forest.zone_row_start[zone + 1])
        known = believed(memory, scores, forest, zone)
        for row in range(first, last):
            if every or memory.gasps_of[row] or memory.returns_of[row]:
                share, back = int(known.gasps[row - first]), int(known.returns[row - first])
                gasps = Rate(share / WHOLE, int(memory.gasps_of[row]) / WHOLE, known.steady[0])
                returns = Rate(back / WHOLE, int(memory.returns_of[row]) / WHOLE, known.steady[1])
                found.append(Learned(zone, int(collectors[row // EACH]), row % EACH, gasps, returns))
    return found


def collectors_of(network: Network, forest: Forest) -> NDArray[np.int64]:
    """By `EACH` rows the collector that they are of."""
    metered = np.flatnonzero(forest.delivery_row >= 0)
    collectors = np.zeros(len(forest.row_class) // EACH, np.int64)
    collectors[forest.delivery_row[metered] // EACH] = network.collector[metered]
    return collectors


def shares_of_zone(forest: Forest, memory: Memory, zone: int) -> tuple[float | None, float | None]:
    """Of the messages from which a zone learned, the share that arrived: gasps and returns; None before any."""
    rows = slice(int(forest.zone_row_start[zone]), int(forest.zone_row_start[zone + 1]))
    return _share(memory.gasps[rows], memory.gasps_of[rows]), _share(memory.returns[rows], memory.returns_of[rows])


def _share(arrived: NDArray[np.int64], asked: NDArray[np.int64]) -> float | None:
    return int(arrived.sum()) / int(asked.sum()) if asked.any() else None
