"""What meters and devices told over a stretch of evidence, gathered batch by batch: interruptions, and stays.

Only what lasts counts: reclosing within seconds is seen by some meters and not by others, at moments that scans blur.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.evidence.kinds import KIND_CODE, ON_KINDS, POWER_RESTORED, QUALITIES, QUALITY_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.evidence.batch import EvidenceBatch
    from models.network.network import Network

LASTING_MS: Final = 180_000
"""An interruption or a position that lasts less says nothing here."""
NEAR_MS: Final = 120_000
"""Times of the same happening, by different clocks, differ by less."""
LATEST_MS: Final = 7_200_000
"""A time so far before its arrival, or any time ahead of it by `NEAR_MS`, is not believed."""
NEVER: Final = 1 << 61
OPEN: Final = 0
CLOSED: Final = 1
_BAD: Final = QUALITIES.index("bad")
_OUT: Final = KIND_CODE["last_gasp"]
_ON: Final = np.array([KIND_CODE[kind] for kind in ON_KINDS], np.uint8)


class Interruptions(NamedTuple):
    """Interruptions of usage points that lasted, in order of point and begin; times in milliseconds."""

    point: NDArray[np.int32]
    """Position in the network."""
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    """`NEVER` where nobody told of it."""


class Stay(NamedTuple):
    """A device stood so, as it was told, from a time up to another."""

    position: int
    begin: int
    end: int


class Told(NamedTuple):
    """What a device told: the times of all of its positions, and the stays that lasted."""

    times: NDArray[np.int64]
    stays: list[Stay]


class Testimony:
    """Evidence gathered in the network's positions."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._points: list[tuple[NDArray[np.int64], ...]] = []
        self._devices: list[tuple[NDArray[np.int64], ...]] = []

    def take(self, batch: EvidenceBatch) -> None:
        """Take the rows of a batch; devices and points that the network has no more are passed over."""
        rows, devices = batch.points, batch.devices
        if rows is not None:
            place = self._network.point_position[rows.point]
            wanted = (rows.kind == _OUT) | np.isin(rows.kind, _ON)
            keep = (place >= 0) & wanted & _believed(rows.observed_at, rows.received_at)
            started = np.where(rows.kind == POWER_RESTORED, rows.outage_started_at, 0)
            self._points.append(_columns(keep, place, rows.kind, rows.observed_at, started))
        if devices is not None:
            place = self._network.device_position[devices.device]
            moves = (devices.position <= CLOSED) & (devices.quality & QUALITY_MASK != _BAD)
            keep = (place >= 0) & moves & _believed(devices.observed_at, devices.received_at)
            self._devices.append(_columns(keep, place, devices.position, devices.observed_at))

    def interruptions(self) -> Interruptions:
        """Make the meters' interruptions: told with both ends, or from a last gasp to the next sign of power."""
        if not self._points:
            empty = np.zeros(0, np.int64)
            return Interruptions(empty.astype(np.int32), empty, empty)
        point, kind, at, started = (np.concatenate(column) for column in zip(*self._points, strict=True))
        whole = started > 0
        both = _sorted(point[whole], started[whole], at[whole])
        on = _sorted(point[kind != _OUT], at[kind != _OUT])
        gasp_point, gasp = _sorted(point[kind == _OUT], at[kind == _OUT])
        after = np.searchsorted(_key(*on), _key(gasp_point, gasp), side="right")
        end = np.full(len(gasp), NEVER, np.int64)
        found = after < len(on[0])
        found[found] = on[0][after[found]] == gasp_point[found]
        end[found] = on[1][after[found]]
        new = ~_within(gasp_point, gasp, *both)
        alone = gasp_point[new], gasp[new], end[new]
        merged = _sorted(*(np.concatenate(pair) for pair in zip(both, alone, strict=True)))
        lasting = merged[2] - merged[1] >= LASTING_MS
        again = np.zeros(len(lasting), bool)  # copies of a gasp
        again[1:] = (merged[0][1:] == merged[0][:-1]) & (merged[1][1:] - merged[1][:-1] < NEAR_MS)
        keep = lasting & ~again
        return Interruptions(merged[0][keep].astype(np.int32), merged[1][keep], merged[2][keep])

    def told(self) -> dict[int, Told]:
        """Give what each device told, by its position in the network."""
        if not self._devices:
            return {}
        device, position, at = (np.concatenate(column) for column in zip(*self._devices, strict=True))
        order = np.lexsort((position, at, device))
        device, position, at = device[order], position[order], at[order]
        edges = np.flatnonzero(np.diff(device, prepend=-1, append=-1))
        return {
            int(device[begin]): Told(at[begin:end], stays_of(position[begin:end], at[begin:end]))
            for begin, end in pairwise(edges.tolist())
        }


def stays_of(position: NDArray[np.int64], at: NDArray[np.int64]) -> list[Stay]:
    """Make the stays that lasted of positions in order of time; what is short between two alike is passed over."""
    changes = np.flatnonzero(np.diff(position, prepend=-1))
    ends = np.append(at[changes[1:]], NEVER)
    lasting = ends - at[changes] >= LASTING_MS
    stays: list[Stay] = []
    for where, begin, end in zip(position[changes][lasting], at[changes][lasting], ends[lasting], strict=True):
        if stays and stays[-1].position == where:
            stays[-1] = stays[-1]._replace(end=int(end))
        else:
            stays.append(Stay(int(where), int(begin), int(end)))
    return stays


def _believed(at: NDArray[np.int64], arrival: NDArray[np.int64]) -> NDArray[np.bool_]:
    ago = arrival - at
    return (ago < LATEST_MS) & (ago > -NEAR_MS)


def _columns(keep: NDArray[np.bool_], *columns: NDArray[np.generic]) -> tuple[NDArray[np.int64], ...]:
    return tuple(column[keep].astype(np.int64) for column in columns)


def _sorted(*columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    order = np.lexsort(columns[1::-1])
    return tuple(column[order] for column in columns)


def _key(point: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join point and time to one number that sorts as both do: times stay below 2^42 milliseconds until 2109."""
    return (point << 42) + at


def _within(
    point: NDArray[np.int64],
    at: NDArray[np.int64],
    where: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Say which moments lie within an interruption of their point, or just before it."""
    if not len(where):
        return np.zeros(len(point), bool)
    place = np.searchsorted(_key(where, begin), _key(point, at + NEAR_MS), side="right") - 1
    inside = place >= 0
    place = np.maximum(place, 0)
    found: NDArray[np.bool_] = inside & (where[place] == point) & (at <= end[place])
    return found
