"""The part of the network that the compiled loops read: plain arrays of fixed types in one tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from models.outages.weights.delivery import Delivery


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
    delivery_class: NDArray[np.int16]
    """Row of the score tables for each usage point; the last row is for points without a meter."""


def forest_of(network: Network, delivery: Delivery) -> Forest:
    """Take what the loops need from a network; arrays are shared, not copied."""
    classes = delivery.point_class.copy()
    classes[classes < 0] = len(delivery.rates)
    made = {"delivery_class": _frozen(classes), "has_tie": _frozen(_has_tie(network))}
    return Forest(**{name: made[name] if name in made else _frozen(getattr(network, name)) for name in Forest._fields})


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
