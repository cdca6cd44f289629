"""The network as it is fed while something stands otherwise than normally: the same devices in another forest.

Where power comes to a part from below, its devices are turned round: each heads the segment on the side away from the
source. All else then knows nothing of ties: what is below a device is what it interrupts. Numbers, ids, zones and the
version stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.columns.grouping import rows_by_group
from models.columns.hash_index import LOW_HALF, HashIndex
from models.network.depth_first import classes, depth_first, levels, slice_ends
from models.network.feeding.paths import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.network.network import Network

_OF_DEVICES: Final = (
    "device_kind",
    "feeder",
    "device_phases",
    "ganged",
    "telemetered",
    "device_longitude",
    "device_latitude",
    "device_territory",
    "device_number",
)
_OF_POINTS: Final = (
    "customers",
    "priority",
    "collector",
    "point_phases",
    "load_kw",
    "point_longitude",
    "point_latitude",
    "point_group",
    "point_number",
)


def turned(network: Network, ways: Mapping[int, tuple[int, int]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Turn parts round, all by normal positions: give each device's parent, and each segment's head.

    `ways` are by segment that is not fed the normal way the device over which power comes (negative if it is none),
    and the segment above. Where that is no device of the zone, the open one at the top of the part stands in for it:
    that one is what makes its customers depend on this supply, and has no other place.
    """
    head = np.arange(len(network.parent), dtype=np.int32)
    for segment, (over, _) in ways.items():
        is_here = over >= 0 and network.device_zone[over] == network.device_zone[segment]
        head[segment] = over if is_here else OUTSIDE
    heads = {int(head[segment]): segment for segment in ways}
    for segment in [segment for segment in ways if head[segment] < 0]:
        device = segment
        while device in heads:
            device = int(network.parent[device])
        head[segment], heads[device] = device, segment
    parent = np.where(network.parent < 0, np.int32(OUTSIDE), head[network.parent])
    for segment, (_, above) in ways.items():
        parent[head[segment]] = head[above] if above >= 0 else OUTSIDE
    return parent, head


def supply_of(normal: Network, network: Network, ways: Mapping[int, tuple[int, int]]) -> NDArray[np.int32]:
    """By device of a network that is arranged by `ways`: from which one power comes to it, -1 the normal way.

    That is what stands on the other side of the link over which it is fed; none does of a supply from outside.
    """
    _, head = turned(normal, ways)
    supply = np.full(len(network.parent), OUTSIDE, np.int32)
    linked = np.zeros(len(network.parent), np.bool_)
    for segment, (over, above) in ways.items():
        if over >= 0 and normal.other_parent[over] < 0:
            continue
        device = network.device_position[normal.device_number[head[segment]]]
        source = above
        if above < 0 <= over:  # from another zone
            sides = int(normal.parent[over]), int(normal.other_parent[over])
            source = sides[1] if sides[0] == segment else sides[0]
        linked[device] = True
        supply[device] = network.device_position[normal.device_number[source]] if source >= 0 else OUTSIDE
    for device in range(len(supply)):
        if not linked[device] and network.parent[device] >= 0:
            supply[device] = supply[network.parent[device]]
    return supply


def rearranged(network: Network, ways: Mapping[int, tuple[int, int]]) -> Network:
    """Give the network with another forest."""
    above, head = turned(network, ways)
    roots = np.flatnonzero(above < 0).astype(np.int32)
    roots = roots[np.argsort(network.device_zone[roots], kind="stable")]
    order = depth_first(roots, *rows_by_group(above, len(above)))
    position = _inverse(order)
    parent = _moved(position, above[order])
    fed_by = position[head[network.point_device]]
    starts, points = rows_by_group(fed_by, len(order))
    end = slice_ends(parent)
    account_start, account_points = rows_by_group(network.account[points], len(network.account_ids))
    return replace(
        network,
        **{name: getattr(network, name)[order] for name in _OF_DEVICES},
        **{name: getattr(network, name)[points] for name in _OF_POINTS},
        parent=parent,
        device_end=end,
        point_start=starts[:-1],
        point_end=starts[end],
        direct_end=starts[1:],
        level=levels(parent).astype(np.int16),
        class_of=classes(parent, starts[:-1], starts[end]),
        other_parent=_moved(position, network.other_parent[order]),
        point_device=fed_by[points],
        **_names(network, "device", order, position),
        **_names(network, "point", points, _inverse(points)),
        meter_ids=network.meter_ids.gather(points),
        meter_index=_index(network.meter_index, _inverse(points)),
        account=network.account[points],
        account_start=account_start,
        account_points=account_points,
    )


def _inverse(order: NDArray[np.int32]) -> NDArray[np.int32]:
    position = np.empty(len(order), np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    return position


def _moved(position: NDArray[np.int32], places: NDArray[np.int32]) -> NDArray[np.int32]:
    """Turn positions into new ones; -1 stays."""
    return np.where(places < 0, np.int32(-1), position[places])


def _names(network: Network, what: str, order: NDArray[np.int32], position: NDArray[np.int32]) -> dict[str, Any]:
    """Ids, how they are found, and the positions of stable numbers."""
    ids, index = getattr(network, f"{what}_ids"), getattr(network, f"{what}_index")
    by_number = _moved(position, getattr(network, f"{what}_position"))
    return {f"{what}_ids": ids.gather(order), f"{what}_index": _index(index, position), f"{what}_position": by_number}


def _index(index: HashIndex, position: NDArray[np.int32]) -> HashIndex:
    """The same ids at other positions."""
    places = position[(index.entries & LOW_HALF).astype(np.int64)].astype(np.uint64)
    return HashIndex(index.bucket_start, (index.entries & ~LOW_HALF) | places)
