"""The evidence log's records: one Kafka message carries batches of several origins, or commands to the engine.

Layout, versions 2, 3 (which has planned works), 4 (operators' commands) and 5 (releases), little endian: the signature
`FLEV`, the version and the header's length (4 bytes each), the header as msgpack, and from the next multiple of 8 bytes
on the columns of each batch in the header's order, each padded to 8 bytes: of reports about usage points log time
(int64), offset (int64), number (int32), kind (uint8), observed_at (int64), outage_started_at (int64), received_at
(int64), source (uint32); of reports about devices log time, offset, number, position (uint8), quality (uint8),
observed_at, received_at. Fixed widths are read without a copy: a row costs a hundredth of what its JSON did. Crew
reports, planned works and commands stand in the header.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from models.contracts.inputs.crew import CrewEvent
from models.contracts.inputs.operator_command import OperatorCommand
from models.decoding.line_decoder import unwrap
from models.decoding.validation import Refused, validate
from models.evidence.batch import (
    AnyRows,
    CommandRow,
    CrewRow,
    DeviceRows,
    EvidenceBatch,
    PointRows,
    RefusedLine,
    WorkRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

VERSION: Final = 2
"""Version 1 had neither `received_at` nor source: what clocks say could not be held to it."""
VERSION_OF_WORKS: Final = 3
"""Of records with planned works: a program that does not know them refuses these, and loses nothing in silence."""
VERSION_OF_COMMANDS: Final = 4
"""Likewise of records with operators' commands."""
VERSION_OF_RELEASES: Final = 5
"""Likewise of records that release a version of the network."""
SIGNATURE: Final = b"FLEV"
PREFIX: Final = Struct("<4sII")
ALIGNMENT: Final = 8
_WIDTHS: Final = {
    PointRows: ("<i8", "<i8", "<i4", "u1", "<i8", "<i8", "<i8", "<u4"),
    DeviceRows: ("<i8", "<i8", "<i4", "u1", "u1", "<i8", "<i8"),
}


class LogRecordError(ValueError):
    """A record of the evidence log that this version does not read."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """What one record of the evidence log says."""

    network_version: str
    """Of the stable numbers in it."""
    batches: Sequence[EvidenceBatch] = ()
    settled: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By origin, the offset up to which all that ingest made of it is surely kept, and the log time before it.

    Who takes over an origin reads on from there.
    """
    resume_zones: Sequence[str] = ()
    """Quarantined zones that are to be taken up again."""
    skip_gaps: Sequence[int] = ()
    """Offsets of this partition of the log at which offsets of an origin are missing, and are to be done without."""
    topic_ids: dict[str, str] = field(default_factory=dict)
    """By raw topic, the id that the broker gave it: the offsets are of that topic and of no other with its name."""
    adopted: dict[str, str] = field(default_factory=dict)
    """By raw topic, the id of another that an operator put in its place, with the same records at the same offsets."""
    audit: str = ""
    """Of a control record, who wrote it and why."""
    rules: int = 0
    """Version of the rules by which ingest made it; 0 for control records."""
    release: tuple[str, int] | None = None
    """A version of the network that is in force from a log time on (ms, a whole second), after `network_version`."""

    @property
    def is_control(self) -> bool:
        """Whether it says anything that an operator has written."""
        return bool(self.resume_zones or self.skip_gaps or self.adopted or self.release)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a record says of where its origins stand."""

    network_version: str
    settled: dict[str, tuple[int, int]]
    """As in `LogRecord`."""
    offsets: dict[str, tuple[int, int]]
    """By origin, `EvidenceBatch.offsets`."""
    watermarks: dict[str, int]
    """By origin."""
    topic_ids: dict[str, str]
    adopted: dict[str, str]
    skip_gaps: Sequence[int]
    release: tuple[str, int] | None = None

    @property
    def latest_version(self) -> str:
        """The version of the network that is in force after it, or will be."""
        return self.network_version if self.release is None else self.release[0]


class _Batch(msgspec.Struct, gc=False, omit_defaults=True):
    origin: str
    watermark: int
    last_log_time: int
    offsets: tuple[int, int] | None
    partitions: int
    read: int
    refused: int
    unused: int
    points: int
    devices: int
    crew: list[tuple[int, int, int, int, int, int, bytes, bytes]]
    """log time, offset, observed_at, device, found device, open device, value, envelope."""
    deferred: list[RefusedLine]
    """Arrays in the order of its fields."""
    works: list[WorkRow] = []
    """Likewise."""
    commands: list[tuple[int, int, int, str, bytes]] = []
    """log time, offset, observed_at, zone id, value."""
    first_log_time: int = 0


class _Header(msgspec.Struct, gc=False, omit_defaults=True):
    network_version: str
    batches: list[_Batch]
    settled: dict[str, tuple[int, int]]
    resume_zones: list[str]
    skip_gaps: list[int] = []
    topic_ids: dict[str, str] = {}
    adopted: dict[str, str] = {}
    audit: str = ""
    rules: int = 0
    release: tuple[str, int] | None = None


_encode_header: Final = msgspec.msgpack.Encoder(order="deterministic").encode
_decode_header: Final = msgspec.msgpack.Decoder(_Header).decode


def encode_record(record: LogRecord) -> bytes:
    """Write a record; equal records give equal bytes."""
    batches = [_head(batch) for batch in record.batches]
    header = _encode_header(
        _Header(
            record.network_version,
            batches,
            record.settled,
            list(record.resume_zones),
            list(record.skip_gaps),
            record.topic_ids,
            record.adopted,
            record.audit,
            record.rules,
            record.release,
        )
    )
    parts = [
        PREFIX.pack(SIGNATURE, _version(record), len(header)),
        header,
        bytes(-(PREFIX.size + len(header)) % ALIGNMENT),
    ]
    for batch in record.batches:
        for rows in (batch.points, batch.devices):
            if rows is not None:
                parts += _column_bytes(rows)
    return b"".join(parts)


def _version(record: LogRecord) -> int:
    """The lowest version that has all that is in a record: whoever knows that one can read it."""
    if record.release is not None:
        return VERSION_OF_RELEASES
    if any(batch.commands for batch in record.batches):
        return VERSION_OF_COMMANDS
    return VERSION_OF_WORKS if any(batch.works for batch in record.batches) else VERSION


def decode_record(data: bytes) -> LogRecord:
    """Read a record; its columns lie in `data` itself. Raises `LogRecordError`."""
    header, place = _read_header(data)
    batches = []
    for head in header.batches:
        points, place = _rows(PointRows, data, head.points, place)
        devices, place = _rows(DeviceRows, data, head.devices, place)
        batches.append(
            EvidenceBatch(
                origin=head.origin,
                watermark=head.watermark,
                points=points,
                devices=devices,
                crew=[_crew_row(*row) for row in head.crew],
                deferred=head.deferred,
                works=head.works,
                commands=[command_row(*row) for row in head.commands],
                read=head.read,
                refused=head.refused,
                unused=head.unused,
                last_log_time=head.last_log_time,
                first_log_time=head.first_log_time,
                offsets=head.offsets,
                partitions=head.partitions,
            )
        )
    if place != len(data):
        raise LogRecordError(f"the record has {len(data)} bytes instead of {place}; it is damaged")
    return LogRecord(
        header.network_version,
        batches,
        header.settled,
        header.resume_zones,
        header.skip_gaps,
        header.topic_ids,
        header.adopted,
        header.audit,
        header.rules,
        header.release,
    )


def decode_standing(data: bytes) -> Standing:
    """Read only where a record's origins stand. Raises `LogRecordError`."""
    header, _ = _read_header(data)
    offsets = {batch.origin: batch.offsets for batch in header.batches if batch.offsets is not None}
    watermarks = {batch.origin: batch.watermark for batch in header.batches}
    ids = header.topic_ids, header.adopted
    return Standing(header.network_version, header.settled, offsets, watermarks, *ids, header.skip_gaps, header.release)


def _read_header(data: bytes) -> tuple[_Header, int]:
    """Return the header, and where the columns begin."""
    if len(data) < PREFIX.size:
        raise LogRecordError(f"the record has {len(data)} bytes only; it is none of the evidence log")
    signature, version, length = PREFIX.unpack_from(data)
    if signature != SIGNATURE:
        raise LogRecordError("the record does not begin with FLEV; it is none of the evidence log")
    if not VERSION <= version <= VERSION_OF_RELEASES:
        raise LogRecordError(
            f"the record has version {version}, this program reads {VERSION} to {VERSION_OF_RELEASES}: run the program "
            "that wrote it, or begin a new evidence log and let ingest read the raw topics again"
        )
    end = PREFIX.size + length
    try:
        return _decode_header(memoryview(data)[PREFIX.size : end]), end + -end % ALIGNMENT
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LogRecordError(f"the record's header cannot be read ({error}); it is damaged") from error


def _head(batch: EvidenceBatch) -> _Batch:
    return _Batch(
        origin=batch.origin,
        watermark=batch.watermark,
        last_log_time=batch.last_log_time,
        offsets=batch.offsets,
        partitions=batch.partitions,
        read=batch.read,
        refused=batch.refused,
        unused=batch.unused,
        points=0 if batch.points is None else len(batch.points.log_time),
        devices=0 if batch.devices is None else len(batch.devices.log_time),
        crew=[_crew_fields(row) for row in batch.crew],
        deferred=list(batch.deferred),
        works=list(batch.works),
        commands=[(row.log_time, row.offset, row.observed_at, row.zone_id, row.value) for row in batch.commands],
        first_log_time=batch.first_log_time,
    )


def _crew_fields(row: CrewRow) -> tuple[int, int, int, int, int, int, bytes, bytes]:
    devices = row.device, row.found_device, row.open_device
    return row.log_time, row.offset, row.observed_at, *devices, row.value, row.envelope


def _crew_row(log_time: int, offset: int, observed_at: int, *rest: Any) -> CrewRow:  # noqa: ANN401 (as in `_Batch.crew`)
    """Make a row; the event is read again from its bytes, which say all that it says."""
    device, found_device, open_device, value, envelope = rest
    try:
        event = validate(CrewEvent, unwrap(value))
    except Refused as refused:
        raise LogRecordError(f"a crew report in the record is none: {refused}") from None
    return CrewRow(log_time, offset, event, observed_at, device, found_device, open_device, value, envelope)


def command_row(log_time: int, offset: int, observed_at: int, zone_id: str, value: bytes) -> CommandRow:
    """Make a row; the command is read again from its bytes."""
    try:
        event = validate(OperatorCommand, unwrap(value))
    except Refused as refused:
        raise LogRecordError(f"a command in the record is none: {refused}") from None
    return CommandRow(log_time, offset, event, observed_at, zone_id, value)


def _column_bytes(rows: PointRows | DeviceRows) -> Iterator[bytes]:
    for part, width in zip(fields(rows), _WIDTHS[type(rows)], strict=True):
        column = np.ascontiguousarray(getattr(rows, part.name), width).tobytes()
        yield column
        yield bytes(-len(column) % ALIGNMENT)


def _rows(kind: type[AnyRows], data: bytes, count: int, place: int) -> tuple[AnyRows | None, int]:
    """Return the columns of `count` rows that begin at `place`, and where they end."""
    if count == 0:
        return None, place
    if count < 0:
        raise LogRecordError("the record has less than no rows; it is damaged")
    columns: list[NDArray[Any]] = []
    for width in _WIDTHS[kind]:
        size = count * np.dtype(width).itemsize
        if place + size > len(data):
            raise LogRecordError("the record ends within its columns; it is damaged")
        columns.append(np.frombuffer(data, width, count, place))
        place += size + -size % ALIGNMENT
    return kind(*columns), place
