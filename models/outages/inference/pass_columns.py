"""The columns that a pass of inference reads and writes: incumbents in, scratch between, openings out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMPOSSIBLE: Final = -(1 << 50)

SUSPECTED: Final = 0
SETTLED: Final = 1
STANDING: Final = 2
"""How firmly an outage holds its device: not published (not at all), its wave over (by the clear lead), its wave still
coming in (only an upstream device may replace it)."""


class Incumbents(NamedTuple):
    """Open outages as inference sees them; columns by slot, `at_device` by device."""

    included: NDArray[np.uint8]
    """1 if the reports of the outage's points are evidence of the present wave."""
    stance: NDArray[np.uint8]
    service_point: NDArray[np.int32]
    """The usage point of a single-service outage, else -1."""
    at_device: NDArray[np.int32]
    """Slot of the included outage that holds the device, else -1."""


class Workspace(NamedTuple):
    """Scratch columns by device, kept between passes to save their making."""

    earliest: NDArray[np.int64]
    latest: NDArray[np.int64]
    in_play: NDArray[np.int32]
    started: NDArray[np.int64]
    open_score: NDArray[np.int64]
    closed_score: NDArray[np.int64]
    reports: NDArray[np.int32]
    closed_reports: NDArray[np.int32]
    either: NDArray[np.int64]
    closed_either: NDArray[np.int64]
    is_open: NDArray[np.uint8]
    silence: NDArray[np.int64]
    """[bucket of time, points of a zone + 1]: running sums over the points, made when a bucket is asked for."""
    has_silence: NDArray[np.uint8]
    """By bucket, whether they are made."""


class Found(NamedTuple):
    """What a pass found open, a row a device or service, in network order within each zone."""

    what: NDArray[np.int32]
    """The device, or ~point (negative) for a single service."""
    posterior: NDArray[np.int64]
    """Log probability that this class is open, in units."""
    reports: NDArray[np.int32]
    started: NDArray[np.int64]


def workspace(devices: int, largest_zone: int, buckets: int) -> Workspace:
    """Make scratch columns for a network, and rows for the usage points of its largest zone, a bucket of time each."""
    types = {"in_play": np.int32, "reports": np.int32, "closed_reports": np.int32, "is_open": np.uint8}
    columns = {name: np.zeros(devices, types.get(name, np.int64)) for name in Workspace._fields}
    columns["silence"] = np.zeros((buckets, largest_zone + 1), np.int64)
    columns["has_silence"] = np.zeros(buckets, np.uint8)
    return Workspace(**columns)
