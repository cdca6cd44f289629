"""The network as lines on a map, and when each device really had no power."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network

    Devices = NDArray[np.int32]

STEPS: Final = 65_535
"""Places are whole numbers up to this, along the longer side of the map."""
TIE: Final = DEVICE_KINDS.index("tie")


@dataclass(frozen=True, slots=True)
class Drawing:
    """Each device with the one that a line leads to it from."""

    x: NDArray[np.uint16]
    y: NDArray[np.uint16]
    """Southwards."""
    width: int
    height: int
    kilometre: float
    """Steps of x and y in a kilometre."""
    line_from: Devices
    """-1 for a root."""
    tie_to: list[tuple[int, int]]
    """Each tie with the nearest device on its other side."""


def draw(network: Network, shown: NDArray[np.bool_] | None = None) -> Drawing:
    """Lay the network flat (equirectangular, true at its middle latitude); of some devices, or all, to fill the map."""
    everything = np.ones(len(network.parent), np.bool_)
    shown = everything if shown is None or not shown.any() else shown
    longitude, latitude = network.device_longitude, network.device_latitude
    west, north = longitude[shown].min(initial=180.0), latitude[shown].max(initial=-90.0)
    middle = (latitude[shown].min() + north) / 2 if len(latitude) else 0.0
    east, south = (longitude - west) * cos(radians(middle)), north - latitude
    scale = STEPS / max(float(east[shown].max(initial=0)), float(south[shown].max(initial=0)), 1e-6)
    x, y = (np.rint(np.clip(some * scale, 0, STEPS)).astype(np.uint16) for some in (east, south))
    places = np.stack((x, y), axis=1).astype(np.float64)
    return Drawing(
        x,
        y,
        int(x[shown].max(initial=1)),
        int(y[shown].max(initial=1)),
        scale / 111.2,
        _lines(network, places, shown),
        _tie_ends(network, places, shown),
    )


def _lines(network: Network, places: NDArray[np.float64], shown: NDArray[np.bool_]) -> Devices:
    """Lead a line to each device from its parent, or from a nearer sibling that lies between: wires run on."""
    line_from = network.parent.copy()
    for parent, children in _families(network, shown).items():
        out = np.hypot(*(places[children] - places[parent]).T)
        family = np.array([parent, *(children[place] for place in np.argsort(out, kind="stable").tolist())])
        near = places[family]
        gaps = np.hypot(*(near[:, None] - near[None, :]).transpose(2, 0, 1))
        gaps[np.triu_indices(len(family))] = np.inf
        gaps[:, 1:][:, network.device_kind[family[1:]] == TIE] = np.inf
        line_from[family[1:]] = family[gaps[1:].argmin(axis=1)]
    return line_from


def _families(network: Network, shown: NDArray[np.bool_]) -> dict[int, list[int]]:
    """List the children that are shown of each device that has several."""
    families: dict[int, list[int]] = {}
    for device in np.flatnonzero(shown & (network.parent >= 0)).tolist():
        families.setdefault(int(network.parent[device]), []).append(device)
    return {parent: children for parent, children in families.items() if len(children) > 1}


def _tie_ends(network: Network, places: NDArray[np.float64], shown: NDArray[np.bool_]) -> list[tuple[int, int]]:
    ends = []
    for tie in np.flatnonzero((network.other_parent >= 0) & shown).tolist():
        other = int(network.other_parent[tie])
        near = np.append(np.flatnonzero((network.parent == other) & (network.device_kind != TIE)), other)
        gaps = np.hypot(*(places[near] - places[tie]).T)
        ends.append((tie, int(near[gaps.argmin()])))
    return ends


@dataclass(frozen=True, slots=True)
class Interruptions:
    """n interruptions of usage points as they really were."""

    point: NDArray[np.int32]
    out_at: NDArray[np.int64]
    back_at: NDArray[np.int64]
    """Past the end for those that lasted."""


@dataclass(frozen=True, slots=True)
class DeviceIntervals:
    """When most of the usage points that a device feeds directly had no power, in seconds from a start."""

    device: Devices
    out: NDArray[np.int32]
    back: NDArray[np.int32]


def device_intervals(network: Network, truth: Interruptions, starts_at: int, ends_at: int) -> DeviceIntervals:
    """Put interruptions of usage points together by the device that feeds them."""
    rows = np.stack(
        (
            network.point_device[truth.point],
            (truth.out_at - starts_at) // 1000,
            (np.minimum(truth.back_at, ends_at) - starts_at + 999) // 1000,
        ),
        axis=1,
    )
    intervals, points = np.unique(rows, axis=0, return_counts=True)
    fed = (network.direct_end - network.point_start)[intervals[:, 0]]
    device, out, back = intervals[2 * points >= fed].astype(np.int32).T
    return DeviceIntervals(device, out, back)
