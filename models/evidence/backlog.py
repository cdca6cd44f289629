"""Evidence that waits for its instant.

At instant T (a whole second) exactly the evidence with a log time below T is taken, however it was batched. What comes
with a log time that the clock has passed (its origin was left out, or joined late) counts at the next instant.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import numpy as np

from models.evidence.batch import CommandRow, CrewRow, DeviceRows, EvidenceBatch, PointRows, RefusedLine, WorkRow
from models.evidence.instant_order import order_rows
from models.evidence.kinds import DECIDING_REPORTS, DEVICE_REPORTS, QUALITY_MASK
from models.evidence.offsets import Offsets
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.evidence.watermarks import Watermarks
    from models.network.network import Network

Columns = tuple["NDArray[Any]", ...]
Row = TypeVar("Row", CrewRow, WorkRow, CommandRow, RefusedLine)
POINT_COLUMNS: Final = 9
"""point (by number while it waits, then by position), kind, observed_at, outage_started_at, log_time, offset, origin,
received_at, source."""
DEVICE_COLUMNS: Final = 8
"""device (likewise), position, quality, observed_at, log_time, offset, origin, received_at."""


class PendingRow(NamedTuple, Generic[Row]):
    """A crew row, a planned work, a command or a dead letter of an origin, and when it counts (log time, ms)."""

    log_time: int
    origin: str
    row: Row
    noted: bool = False
    """It was new when it was set aside with its zone: it counts when it is read again."""


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
    crew: list[PendingRow[CrewRow]]
    deferred: list[PendingRow[RefusedLine]]
    works: list[PendingRow[WorkRow]]
    commands: list[PendingRow[CommandRow]]

    def move(self, points: NDArray[np.int64], devices: NDArray[np.int64], point_at: int, device_at: int) -> None:
        """Give the rows the places that their subjects have by now; from two places on they are sorted by them anew."""
        self.points = (points[self.points[0]].astype(self.points[0].dtype), *self.points[1:])
        self.devices = (devices[self.devices[0]].astype(self.devices[0].dtype), *self.devices[1:])
        _sort_rest(self.point_order, self.point_instants, self.points[0], point_at)
        _sort_rest(self.device_order, self.device_instants, self.devices[0], device_at)


def _sort_rest(order: NDArray[np.int64], instants: NDArray[np.int64], subject: NDArray[np.int64], first: int) -> None:
    rest = order[first:]
    order[first:] = rest[np.lexsort((rest, subject[rest], instants[first:]))]


@dataclass(slots=True)
class Backlog:
    """What has been handed over and is not due yet, origin by origin, with stable numbers."""

    watermarks: Watermarks
    offsets: Offsets = field(default_factory=Offsets)
    points: list[list[Columns]] = field(default_factory=list)
    devices: list[list[Columns]] = field(default_factory=list)
    crew: list[PendingRow[CrewRow]] = field(default_factory=list)
    deferred: list[PendingRow[RefusedLine]] = field(default_factory=list)
    works: list[PendingRow[WorkRow]] = field(default_factory=list)
    commands: list[PendingRow[CommandRow]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """Of each origin in the columns."""
    undeciding: Counter[str] = field(default_factory=Counter)
    """By kind, reports about devices that no rule reads yet."""

    def __post_init__(self) -> None:
        self.make_room()

    def make_room(self) -> None:
        """Columns for the origins that have joined."""
        for origin in list(self.watermarks.marks)[len(self.places) :]:
            self.places[origin] = len(self.places)
        for store in (self.points, self.devices):
            store += [[] for _ in range(len(self.places) - len(store))]

    def add(
        self, batch: EvidenceBatch, appended_at: int | None = None, late: tuple[int, int] = (0, 0)
    ) -> EvidenceBatch:
        """Take over a batch, appended to the evidence log at a moment (ms); returns what of it is new.

        Rows with a log time from `late` on to below its end count at its end. Raises `EvidenceGapError`.
        """
        continues = self.offsets.continued_by(batch)
        new = self.offsets.take(batch)
        last_instant, aside = self.watermarks.last_instant, self.watermarks.stands_aside(batch)
        self.watermarks.join(batch.origin, batch.partitions)
        self.make_room()
        self.watermarks.take(batch, appended_at, continues=continues)
        if new.commands and aside:
            self.commands = _in_order(self.commands, batch.origin, new.commands, last_instant, aside=True)
            if self.watermarks.ended:  # nobody else moves the clock
                self.watermarks.clock = max(self.watermarks.clock, last_instant + SECOND)
            return new
        if new.rows() + new.texts():
            # What comes late counts at the next instant: at the end of all origins the clock goes there.
            self.watermarks.last_log_time = max(self.watermarks.last_log_time, last_instant)
        origin = self.places[batch.origin]
        if new.points is not None and len(new.points.log_time):
            self.points[origin].append(_point_columns(new.points, origin, last_instant, late))
        if new.devices is not None and len(new.devices.log_time):
            self.devices[origin].append(_device_columns(new.devices, origin, last_instant, late))
            self._count_undeciding(new.devices)
        if new.crew:
            self.crew = _in_order(self.crew, batch.origin, new.crew, last_instant)
        if new.works:
            self.works = _in_order(self.works, batch.origin, new.works, last_instant)
        if new.commands:
            self.commands = _in_order(self.commands, batch.origin, new.commands, last_instant)
        if new.deferred:
            self.deferred = _in_order(self.deferred, batch.origin, new.deferred, last_instant)
        return new

    def _count_undeciding(self, rows: DeviceRows) -> None:
        others = rows.position[rows.position >= DECIDING_REPORTS]
        if len(others):
            counts = np.bincount(others, minlength=len(DEVICE_REPORTS)).tolist()
            self.undeciding += Counter(
                {name: count for name, count in zip(DEVICE_REPORTS, counts, strict=True) if count}
            )

    def add_again(
        self,
        points: list[Columns],
        devices: list[Columns],
        crew: list[PendingRow[CrewRow]],
        commands: list[PendingRow[CommandRow]],
    ) -> None:
        """Take over rows that were kept for long: they count at the next instant."""
        last_instant = self.watermarks.last_instant
        for store, kept in ((self.points, points), (self.devices, devices)):
            if kept:
                store[0][:0] = [_at(last_instant, columns) for columns in kept]
        again = [waits._replace(log_time=last_instant) for waits in crew]
        self.crew = sorted(again + self.crew, key=_logged_at)
        ordered = [waits._replace(log_time=last_instant) for waits in commands]
        self.commands = sorted(ordered + self.commands, key=_logged_at)

    def take(self, below: int, network: Network) -> Due:
        """Take out all that is due at an instant (ms): numbers become positions, what is not on the network goes."""
        points, point_order, point_instants = _take(self.points, below, POINT_COLUMNS, network.point_position)
        devices, device_order, device_instants = _take(self.devices, below, DEVICE_COLUMNS, network.device_position)
        crew, self.crew = _cut(self.crew, below)
        deferred, self.deferred = _cut(self.deferred, below)
        works, self.works = _cut(self.works, below)
        commands, self.commands = _cut(self.commands, below)
        columns = points, point_order, point_instants, devices, device_order, device_instants
        return Due(*columns, crew, deferred, works, commands)


_logged_at = attrgetter("log_time")


def _in_order(
    waiting: list[PendingRow[Row]], origin: str, rows: Sequence[Row], last_instant: int, *, aside: bool = False
) -> list[PendingRow[Row]]:
    """Put rows among those that wait; those that stand `aside` count at the next instant."""
    times = [last_instant if aside else max(row.log_time, last_instant) for row in rows]
    arrived: list[PendingRow[Row]] = [PendingRow(at, origin, row) for at, row in zip(times, rows, strict=True)]
    return sorted(waiting + arrived, key=_logged_at)


def _cut(rows: list[PendingRow[Row]], below: int) -> tuple[list[PendingRow[Row]], list[PendingRow[Row]]]:
    """What of the rows, which stand in the order of log time, is due, and what is not."""
    due = bisect_left(rows, below, key=_logged_at)
    return (rows[:due], rows[due:]) if due else ([], rows)


def _point_columns(rows: PointRows, origin: int, last_instant: int, late: tuple[int, int]) -> Columns:
    log_time = _not_before(last_instant, rows.log_time, late)
    known = (rows.point, rows.kind, rows.observed_at, rows.outage_started_at, log_time, rows.offset)
    return (*known, np.full(len(log_time), origin, np.uint16), rows.received_at, rows.source)


def _device_columns(rows: DeviceRows, origin: int, last_instant: int, late: tuple[int, int]) -> Columns:
    """Columns of the rows that decide anything: the others are in the log for people and for rules to come."""
    log_time, quality = _not_before(last_instant, rows.log_time, late), rows.quality & QUALITY_MASK
    known = (rows.device, rows.position, quality, rows.observed_at, log_time, rows.offset)
    columns = (*known, np.full(len(log_time), origin, np.uint16), rows.received_at)
    return _where(rows.position < DECIDING_REPORTS, columns)


def _not_before(last_instant: int, log_time: NDArray[np.int64], late: tuple[int, int]) -> NDArray[np.int64]:
    """Log times, which never fall, as they count after the instants that are complete."""
    if late[0] < late[1]:
        log_time = np.where((log_time >= late[0]) & (log_time < late[1]), late[1], log_time)
    return log_time if log_time[0] >= last_instant else np.maximum(log_time, last_instant)


def _located(columns: Columns, positions: NDArray[np.int32]) -> Columns:
    """Columns of the rows whose subject is on the network, with its position there."""
    numbers = columns[0]
    if len(numbers) and int(numbers.max()) >= len(positions):  # of a version to come
        columns = _where(numbers < len(positions), columns)
    columns = (positions[columns[0]], *columns[1:])
    return _where(columns[0] >= 0, columns)


def _where(here: NDArray[np.bool_], columns: Columns) -> Columns:
    return columns if here.all() else tuple(column[here] for column in columns)


LOG_TIME: Final = 4
OFFSET: Final = 5
ORIGIN: Final = 6


def _take(
    store: list[list[Columns]], below: int, width: int, positions: NDArray[np.int32]
) -> tuple[Columns, NDArray[np.int64], NDArray[np.int64]]:
    """Cut the due rows off each origin and sort them by instant and subject."""
    parts: list[Columns] = []
    for origin, batches in enumerate(store):
        due, store[origin] = _cut_columns(batches, below)
        parts += due
    if not parts:
        return tuple(np.zeros(0, np.int64) for _ in range(width)), np.zeros(0, np.int64), np.zeros(0, np.int64)
    columns = parts[0] if len(parts) == 1 else tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    columns = _located(columns, positions)
    return columns, *order_rows(columns[LOG_TIME], columns[0])


def _at(last_instant: int, columns: Columns) -> Columns:
    log_time = np.full(len(columns[0]), last_instant, np.int64)
    return (*columns[:LOG_TIME], log_time, *columns[LOG_TIME + 1 :])


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
