"""Evidence that waits for its instant, and the clock: the smallest watermark over the origins.

At instant T (a whole second) exactly the evidence with a log time below T is taken, however it was batched.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from models.evidence_batch import END_OF_LOG, CrewRow, DeferredDeadLetter, DeviceRows, EvidenceBatch, PointRows
from models.row_order import order_rows
from models.scores import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.network import Network

Columns = tuple["NDArray[Any]", ...]
Row = TypeVar("Row", CrewRow, DeferredDeadLetter)
POINT_COLUMNS: Final = 7
"""point, kind, observed_at, outage_started_at, log_time, offset, origin."""
DEVICE_COLUMNS: Final = 7
"""device, position, quality, observed_at, log_time, offset, origin."""


def instant_of(log_time: int) -> int:
    """The instant (ms) at which evidence of a log time is taken: the first whole second after it."""
    return (log_time // SECOND + 1) * SECOND


@dataclass(slots=True)
class Due:
    """Evidence whose instants have come, sorted by instant and subject."""

    points: Columns
    point_order: NDArray[np.int64]
    point_instants: NDArray[np.int64]
    """Of the rows in order, milliseconds."""
    devices: Columns
    device_order: NDArray[np.int64]
    device_instants: NDArray[np.int64]
    crew: list[CrewRow]
    deferred: list[DeferredDeadLetter]


@dataclass(slots=True)
class Backlog:
    """What has been handed over and is not due yet, origin by origin, with positions of the network in force."""

    origins: Sequence[str]
    watermarks: dict[str, int] = field(default_factory=dict)
    last_log_time: int = 0
    points: list[list[Columns]] = field(default_factory=list)
    devices: list[list[Columns]] = field(default_factory=list)
    crew: list[CrewRow] = field(default_factory=list)
    deferred: list[DeferredDeadLetter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.points = self.points or [[] for _ in self.origins]
        self.devices = self.devices or [[] for _ in self.origins]

    def clock(self) -> int:
        """Every instant up to here (ms) is complete; at the end of all origins the one after the last log time."""
        smallest = min((self.watermarks.get(origin, 0) for origin in self.origins), default=0)
        if smallest < END_OF_LOG:
            return smallest
        return instant_of(self.last_log_time) if self.last_log_time else 0

    def add(self, batch: EvidenceBatch, network: Network) -> None:
        """Take over a batch; stable numbers become positions, rows of subjects that are gone change nothing."""
        origin = self.origins.index(batch.origin)
        self.watermarks[batch.origin] = max(self.watermarks.get(batch.origin, 0), batch.watermark)
        self.last_log_time = max(self.last_log_time, batch.last_log_time)
        if batch.points is not None and len(batch.points.log_time):
            self.points[origin].append(_point_columns(batch.points, origin, network))
        if batch.devices is not None and len(batch.devices.log_time):
            self.devices[origin].append(_device_columns(batch.devices, origin, network))
        if batch.crew:
            self.crew = sorted([*self.crew, *batch.crew], key=_logged_at)
        if batch.deferred:
            self.deferred = sorted([*self.deferred, *batch.deferred], key=_logged_at)

    def take(self) -> Due:
        """Take out all that is due at the clock."""
        below = self.clock() // SECOND * SECOND
        points, point_order, point_instants = _take(self.points, below, POINT_COLUMNS)
        devices, device_order, device_instants = _take(self.devices, below, DEVICE_COLUMNS)
        crew, self.crew = _cut(self.crew, below)
        deferred, self.deferred = _cut(self.deferred, below)
        return Due(points, point_order, point_instants, devices, device_order, device_instants, crew, deferred)


_logged_at = attrgetter("log_time")


def _cut(rows: list[Row], below: int) -> tuple[list[Row], list[Row]]:
    """What of the rows, which stand in the order of log time, is due, and what is not."""
    due = bisect_left(rows, below, key=_logged_at)
    return (rows[:due], rows[due:]) if due else ([], rows)


def _point_columns(rows: PointRows, origin: int, network: Network) -> Columns:
    said = (rows.kind, rows.observed_at, rows.outage_started_at, rows.log_time, rows.offset)
    return _located(network.point_position[rows.point], said, origin)


def _device_columns(rows: DeviceRows, origin: int, network: Network) -> Columns:
    said = (rows.position, rows.quality, rows.observed_at, rows.log_time, rows.offset)
    return _located(network.device_position[rows.device], said, origin)


def _located(positions: NDArray[np.int32], said: tuple[NDArray[Any], ...], origin: int) -> Columns:
    """Columns of the rows whose subject is on the network."""
    here = positions >= 0
    if not here.all():
        positions, said = positions[here], tuple(column[here] for column in said)
    return (positions, *said, np.full(len(positions), origin, np.uint8))


LOG_TIME: Final = 4
OFFSET: Final = 5
ORIGIN: Final = 6


def _take(store: list[list[Columns]], below: int, width: int) -> tuple[Columns, NDArray[np.int64], NDArray[np.int64]]:
    """Cut the due rows off each origin and sort them by instant and subject."""
    parts: list[Columns] = []
    for origin, batches in enumerate(store):
        due, store[origin] = _cut_columns(batches, below)
        parts += due
    if not parts:
        return tuple(np.zeros(0, np.int64) for _ in range(width)), np.zeros(0, np.int64), np.zeros(0, np.int64)
    columns = parts[0] if len(parts) == 1 else tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    return columns, *order_rows(columns[LOG_TIME], columns[0])


def _cut_columns(batches: list[Columns], below: int) -> tuple[list[Columns], list[Columns]]:
    """What is due of one origin's batches, and what is not; the log time never falls from one to the next."""
    due: list[Columns] = []
    for turn, columns in enumerate(batches):
        cut = int(np.searchsorted(columns[LOG_TIME], below))
        if cut:
            due.append(tuple(column[:cut] for column in columns))
        if cut < len(columns[0]):
            return due, [tuple(column[cut:] for column in columns), *batches[turn + 1 :]] if cut else batches[turn:]
    return due, []
