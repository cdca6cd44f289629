"""Rows of evidence with the names of a network in place of its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from models.decoding.line_decoder import unwrap
from models.evidence.kinds import (
    DEVICE_REPORTS,
    EVIDENCE_KINDS,
    ORIGIN_SHIFT,
    ORIGINS,
    QUALITIES,
    QUALITY_MASK,
)
from models.evidence.work_codes import WORK_KINDS, WORK_STATUSES
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.columns.packed_text import PackedText
    from models.evidence.batch import CommandRow, CrewRow, DeviceRows, EvidenceBatch, PointRows, RefusedLine, WorkRow
    from models.network.network import Network

Row = dict[str, Any]


def count_kinds(batch: EvidenceBatch) -> dict[str, int]:
    """Count rows by kind; kinds without a row are left out."""
    counts: dict[str, int] = {}
    if batch.points is not None:
        counts |= _count(batch.points.kind, EVIDENCE_KINDS)
    if batch.devices is not None:
        counts |= {f"device_{name}": count for name, count in _count(batch.devices.position, DEVICE_REPORTS).items()}
    if batch.crew:
        counts["crew"] = len(batch.crew)
    if batch.works:
        counts["planned_work"] = len(batch.works)
    if batch.commands:
        counts["command"] = len(batch.commands)
    return counts


@dataclass(slots=True)
class RowNames:
    """Names rows by a network."""

    network: Network
    foreign: set[str] = field(default_factory=set)
    """Versions of other networks that have been warned of."""

    def rows(self, batch: EvidenceBatch) -> Iterator[Row]:
        """Give all rows of a batch, each with what it is about."""
        if batch.points is not None:
            yield from self._points(batch.points)
        if batch.devices is not None:
            yield from self._devices(batch.devices)
        yield from map(self._crew, batch.crew)
        yield from map(self._work, batch.works)
        yield from map(_command, batch.commands)
        yield from map(_letter, batch.deferred)

    def _points(self, rows: PointRows) -> Iterator[Row]:
        for place in range(len(rows.offset)):
            number = int(rows.point[place])
            position = _position(self.network.point_position, number)
            row = _row(rows, place) | {
                "usage_point": _name(self.network.point_ids, position, number),
                "meter": _name(self.network.meter_ids, position, number) or None,
                "kind": EVIDENCE_KINDS[rows.kind[place]],
            }
            started = int(rows.outage_started_at[place])
            yield row | ({"outage_started_at": format_time(started)} if started else {})

    def _devices(self, rows: DeviceRows) -> Iterator[Row]:
        for place in range(len(rows.offset)):
            yield _row(rows, place) | {
                "device": self._device(int(rows.device[place])),
                "position": DEVICE_REPORTS[rows.position[place]],
                "quality": QUALITIES[rows.quality[place] & QUALITY_MASK],
                "origin": ORIGINS[rows.quality[place] >> ORIGIN_SHIFT],
            }

    def _crew(self, row: CrewRow) -> Row:
        document = {"log_time": format_time(row.log_time), "offset": row.offset}
        devices = {"device": row.device, "found_device": row.found_device, "open_device": row.open_device}
        document |= {name: self._device(number) for name, number in devices.items()}
        return document | {"crew": orjson.loads(unwrap(row.value))}

    def _work(self, row: WorkRow) -> Row:
        document: Row = {"log_time": format_time(row.log_time), "offset": row.offset, "work": row.work_id}
        document |= {"device": self._device(row.device)}
        document |= {"kind": WORK_KINDS[row.kind], "status": WORK_STATUSES[row.status]}
        times = ("planned_from", "planned_to", "observed_at", "received_at")
        return document | {name: format_time(getattr(row, name)) for name in times}

    def _device(self, number: int) -> str | None:
        if number < 0:
            return None
        return _name(self.network.device_ids, _position(self.network.device_position, number), number)


def _row(rows: PointRows | DeviceRows, place: int) -> Row:
    return {
        "log_time": format_time(int(rows.log_time[place])),
        "offset": int(rows.offset[place]),
        "observed_at": format_time(int(rows.observed_at[place])),
        "received_at": format_time(int(rows.received_at[place])),
    }


def _command(row: CommandRow) -> Row:
    known: Row = {"log_time": format_time(row.log_time), "offset": row.offset, "zone": row.zone_id or None}
    return known | {"observed_at": format_time(row.observed_at), "command": orjson.loads(unwrap(row.value))}


def _letter(refused: RefusedLine) -> Row:
    document = {"log_time": format_time(refused.log_time), "offset": refused.offset}
    return document | {"dead_letter": refused.disposition, "message": refused.message}


def _count(codes: NDArray[np.uint8], names: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def _position(positions: NDArray[np.int32], number: int) -> int:
    return int(positions[number]) if number < len(positions) else -1


def _name(names: PackedText, position: int, number: int) -> str:
    return names[position] if position >= 0 else f"number {number}, not on this network"
