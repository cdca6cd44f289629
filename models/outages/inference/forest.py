"""The part of the network that the compiled loops read: plain arrays of fixed types in one tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.network.network import DEVICE_KINDS
from models.outages.inference.knowledge import NEVER, NOBODY, SOURCES
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from models.outages.inference.knowledge import Points
    from models.outages.weights.delivery import Delivery

SWITCH: Final = DEVICE_KINDS.index("switch")
TIE: Final = DEVICE_KINDS.index("tie")


class Forest(NamedTuple):
    """Columns of `Network` (models/network) under the same names, read-only, with the meters' delivery classes."""

    parent: NDArray[np.int32]
    device_end: NDArray[np.int32]
    point_start: NDArray[np.int32]
    point_end: NDArray[np.int32]
    direct_end: NDArray[np.int32]
    class_of: NDArray[np.int32]
    device_kind: NDArray[np.uint8]
    device_zone: NDArray[np.int32]
    point_device: NDArray[np.int32]
    customers: NDArray[np.int32]
    priority: NDArray[np.uint8]
    zone_device_start: NDArray[np.int32]
    zone_point_start: NDArray[np.int32]
    has_tie: NDArray[np.uint8]
    """1 for devices below which a tie ends: that part may be fed from elsewhere."""
    delivery_row: NDArray[np.int32]
    """First row of the delivery rates for each usage point, -1 without a meter: 1 + SOURCES a zone and collector."""
    zone_row_start: NDArray[np.int32]
    """Rows of zone z are [start[z], start[z + 1])."""
    row_class: NDArray[np.int16]
    """Of each row, the class of what was given for its collector."""


class Span(NamedTuple):
    """A part of the forest, evaluated at an instant."""

    device: int
    device_end: int
    point: int
    point_end: int
    now: int


def forest_of(network: Network, delivery: Delivery) -> Forest:
    """Take what the loops need from a network; arrays are shared, not copied."""
    made = _delivery_rows(network, delivery) | {"has_tie": _frozen(_has_tie(network))}
    made["device_kind"] = _frozen(_kinds(network))
    return Forest(**{name: made[name] if name in made else _frozen(getattr(network, name)) for name in Forest._fields})


def _kinds(network: Network) -> NDArray[np.uint8]:
    """A tie over which somebody is fed opens as a switch does."""
    feeds = (network.device_kind == TIE) & (network.point_end > network.point_start)
    return np.where(feeds, np.uint8(SWITCH), network.device_kind) if feeds.any() else network.device_kind


def _delivery_rows(network: Network, delivery: Delivery) -> dict[str, NDArray[Any]]:
    """Number the collectors of each zone; a collector that serves two zones has a row in either."""
    zone = network.device_zone[network.point_device].astype(np.int64)
    metered, each = delivery.point_class >= 0, 1 + SOURCES
    pairs = zone * len(network.collector_ids) + network.collector
    known, first, row = np.unique(pairs[metered], return_index=True, return_inverse=True)
    rows = np.full(len(zone), -1, np.int32)
    rows[metered] = row.reshape(-1) * each
    starts = np.searchsorted(known, np.arange(len(network.zone_ids) + 1) * len(network.collector_ids))
    return {
        "delivery_row": _frozen(rows),
        "zone_row_start": _frozen((starts * each).astype(np.int32)),
        "row_class": _frozen(np.repeat(delivery.point_class[metered][first], each)),
    }


def _has_tie(network: Network) -> NDArray[np.uint8]:
    """Both ends of each tie count for all devices above them."""
    ties = np.flatnonzero(network.other_parent >= 0)
    ends = np.zeros(len(network.parent) + 1, np.int64)
    np.add.at(ends, ties + 1, 1)
    np.add.at(ends, network.other_parent[ties] + 1, 1)
    below = np.cumsum(ends)
    return (below[network.device_end] > below[:-1]).astype(np.uint8)


def _frozen(column: NDArray[Any]) -> NDArray[Any]:
    """One array type for all networks, mapped or built, so that each loop is compiled once."""
    view = np.ascontiguousarray(column).view(np.ndarray)
    view.setflags(write=False)
    return view


@compiled
def spread(parent: NDArray[np.int32], first: int, at: NDArray[np.int32], rank: NDArray[np.int64]) -> None:
    """From the roots down: at each device the outage on the way to its source with the lowest rank, upstream first."""
    for i in range(len(parent)):
        above = parent[i] - first
        if above < 0 or at[above] == NOBODY:
            continue
        if at[i] == NOBODY or rank[at[above]] <= rank[at[i]]:
            at[i] = at[above]


@compiled
def spoke_again(forest: Forest, points: Points, span: tuple[int, int], since: int) -> tuple[int, int, int]:
    """How many meters of a span say "out" later than a moment, and nothing after it; the points around; the latest.

    Around are the points of the lowest device that feeds all of them.
    """
    count, first, last, latest = 0, NOBODY, NOBODY, NEVER
    for p in range(span[0], span[1]):
        out = points.out_last[p]
        if points.mask[p] & METER_MASK != 0 and points.out_first[p] > since and out > points.on_last[p]:
            first, last, latest = p if count == 0 else first, p, max(latest, out)
            count += 1
    if count == 0:
        return 0, 0, NEVER
    d = forest.point_device[first]
    while forest.point_end[d] <= last and forest.parent[d] >= 0:
        d = forest.parent[d]
    return count, forest.point_end[d] - forest.point_start[d], latest
