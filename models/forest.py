"""The part of the network that the compiled loops read: plain arrays of fixed types in one tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.delivery import Delivery
    from models.network import Network


class Forest(NamedTuple):
    """Columns of `models.network.Network` under the same names, read-only, with the meters' delivery classes."""

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
    delivery_class: NDArray[np.int16]
    """Row of the score tables for each usage point; the last row is for points without a meter."""


def forest_of(network: Network, delivery: Delivery) -> Forest:
    """Take what the loops need from a network; arrays are shared, not copied."""
    classes = delivery.point_class.copy()
    classes[classes < 0] = len(delivery.rates)
    columns = {name: _frozen(getattr(network, name)) for name in Forest._fields if name != "delivery_class"}
    return Forest(**columns, delivery_class=_frozen(classes))


def _frozen(column: NDArray[Any]) -> NDArray[Any]:
    """One array type for all networks, mapped or built, so that each loop is compiled once."""
    view = np.ascontiguousarray(column).view(np.ndarray)
    view.setflags(write=False)
    return view
