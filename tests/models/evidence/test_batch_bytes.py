"""The evidence log's encoding: what is written is read, a byte for a byte the same for ever, and damage is told."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.crew import CrewEvent
from models.decoding.validation import validate
from models.evidence.batch import END_OF_LOG, CrewRow, DeviceRows, EvidenceBatch, PointRows, RefusedLine, WorkRow
from models.evidence.log_record import (
    LogRecord,
    LogRecordError,
    command_row,
    decode_record,
    decode_standing,
    encode_record,
)
from models.evidence.sources import source_number

GOLDEN = Path(__file__).parents[2] / "data" / "evidence" / "record-v2.hex"
GOLDEN_OF_WORKS = GOLDEN.with_name("record-v3.hex")
GOLDEN_OF_COMMANDS = GOLDEN.with_name("record-v4.hex")
TIMES = st.integers(0, 1 << 45)
CREW_LINE = (
    b'{"event_id":"c-1","crew_id":"7","status":"on_site","observed_at":"2026-07-01T18:04:05Z",'
    b'"received_at":"2026-07-01T18:04:06Z","outage_id":"abc","eta":null}'
)


def columns(draw: st.DrawFn, count: int, *widths: Any) -> list[Any]:
    return [np.array(draw(st.lists(width, min_size=count, max_size=count)), dtype) for width, dtype in widths]


@st.composite
def point_rows(draw: st.DrawFn) -> PointRows:
    wide, number, code = (TIMES, np.int64), (st.integers(0, 1 << 30), np.int32), (st.integers(0, 255), np.uint8)
    source = (st.integers(0, (1 << 32) - 1), np.uint32)
    return PointRows(*columns(draw, draw(st.integers(1, 9)), wide, wide, number, code, wide, wide, wide, source))


@st.composite
def device_rows(draw: st.DrawFn) -> DeviceRows:
    wide, number, code = (TIMES, np.int64), (st.integers(0, 1 << 30), np.int32), (st.integers(0, 3), np.uint8)
    return DeviceRows(*columns(draw, draw(st.integers(1, 9)), wide, wide, number, code, code, wide, wide))


def crew_row(log_time: int) -> CrewRow:
    return CrewRow(log_time, 4, validate(CrewEvent, CREW_LINE), log_time - 1, 17, -1, 18, CREW_LINE, b"\x01")


def work_row(log_time: int, work: str) -> WorkRow:
    return WorkRow(log_time, 6, work, 17, 1, 2, log_time + 5, log_time + 9, log_time - 3, log_time - 1)


def deferred(log_time: int, value: bytes) -> RefusedLine:
    return RefusedLine(log_time, "crew.status.events.v1", 3, 5, "malformed", "is no JSON", value, b"envelope")


BATCHES = st.builds(
    EvidenceBatch,
    origin=st.text(max_size=9),
    watermark=TIMES | st.just(END_OF_LOG),
    points=st.none() | point_rows(),
    devices=st.none() | device_rows(),
    crew=st.lists(st.builds(crew_row, TIMES), max_size=2),
    works=st.lists(st.builds(work_row, TIMES, st.text(max_size=9)), max_size=2),
    deferred=st.lists(st.builds(deferred, TIMES, st.binary(max_size=9)), max_size=2),
    read=st.integers(0, 9999),
    refused=st.integers(0, 9999),
    unused=st.integers(0, 9999),
    last_log_time=TIMES,
    offsets=st.none() | st.tuples(TIMES, TIMES),
    partitions=st.integers(1, 1000),
)
RECORDS = st.builds(
    LogRecord,
    network_version=st.text(max_size=32),
    batches=st.lists(BATCHES, max_size=3),
    settled=st.dictionaries(st.text(max_size=9), st.tuples(TIMES, TIMES), max_size=3),
    resume_zones=st.lists(st.text(max_size=9), max_size=2),
)


def plain(value: Any) -> Any:
    """Give a record in types that can be compared."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tolist()
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


@given(RECORDS)
def test_what_is_written_is_read(record: LogRecord) -> None:
    data = encode_record(record)
    assert plain(decode_record(data)) == plain(record)
    assert encode_record(decode_record(data)) == data
    standing = decode_standing(data)
    assert standing.settled == record.settled
    assert standing.offsets == {batch.origin: batch.offsets for batch in record.batches if batch.offsets is not None}


@given(RECORDS, st.data())
def test_what_is_cut_or_of_another_kind_is_refused(record: LogRecord, data: st.DataObject) -> None:
    whole = encode_record(record)
    for damaged in (whole[: data.draw(st.integers(0, len(whole) - 1))], b"X" + whole[1:], whole + bytes(8)):
        with pytest.raises(LogRecordError, match=r"damaged|none of the evidence log"):
            decode_record(damaged)
    with pytest.raises(LogRecordError, match=r"version 1.*new evidence log"):
        decode_record(whole[:4] + b"\x01" + whole[5:])


def golden_record() -> LogRecord:
    """A record with something of everything."""
    times = np.arange(1_782_900_000_000, 1_782_900_000_003)
    small = np.arange(3)
    codes, sources = small.astype(np.uint8), np.array([source_number(name) for name in ("mesh", "plc", "")], np.uint32)
    points = PointRows(times, small + 70, small.astype(np.int32), codes, times - 5, small * 0, times - 2, sources)
    codes, sent = codes[:2], times[:2] - 7
    devices = DeviceRows(times[:2], small[:2] + 9, small[:2].astype(np.int32), codes, codes, sent, sent + 3)
    meters = EvidenceBatch(
        "ami.meter.events.v1/2", 1_782_900_000_002, points, read=3, last_log_time=1_782_900_000_002, offsets=(70, 73),
        partitions=8,
    )  # fmt: skip
    scada = EvidenceBatch("scada.device.events.v1/0", END_OF_LOG, devices=devices, read=2, offsets=(9, 11))
    crew = EvidenceBatch(
        "crew.status.events.v1/0", 1_782_900_000_000, crew=[crew_row(1_782_900_000_000)],
        deferred=[deferred(1_782_900_000_000, b"\x00{")], read=2, refused=1, offsets=(4, 6),
    )  # fmt: skip
    settled = {"ami.meter.events.v1/2": (70, 1_782_899_999_999)}
    return LogRecord("9b7100d0c86b920e", [meters, scada, crew], settled, ["zone-7"])


def test_the_bytes_are_those_of_version_2_for_ever() -> None:
    data = bytes.fromhex(GOLDEN.read_text())
    assert encode_record(golden_record()) == data
    assert plain(decode_record(data)) == plain(golden_record())


def record_with_works() -> LogRecord:
    """Planned works alone."""
    batch = EvidenceBatch(
        "work.planned.events.v1/0", 1_782_900_000_000, works=[work_row(1_782_900_000_000, "W-7")], read=1,
        offsets=(6, 7),
    )  # fmt: skip
    return LogRecord("9b7100d0c86b920e", [batch])


def record_with_commands() -> LogRecord:
    """A command alone."""
    fields = {"command_id": "c1", "user": "op7", "reason": "seen", "kind": "confirm", "at": 1_782_899_999_990}
    fields |= {"outage_id": "cy7r4czpztylf6fltpuymubdgm", "seen_revision": 3, "received_at": 1_782_900_000_000}
    value = orjson.dumps(fields)
    row = command_row(1_782_900_000_000, 6, 1_782_899_999_990, "zone-7", value)
    topic = "outage.operator.commands.v1/0"
    batch = EvidenceBatch(topic, 1_782_900_000_000, commands=[row], read=1, offsets=(6, 7))
    return LogRecord("9b7100d0c86b920e", [batch])


def test_the_bytes_are_those_of_version_4_for_ever() -> None:
    data = bytes.fromhex(GOLDEN_OF_COMMANDS.read_text())
    assert encode_record(record_with_commands()) == data
    assert plain(decode_record(data)) == plain(record_with_commands())
    assert data[4] == 4


def test_the_bytes_are_those_of_version_3_for_ever() -> None:
    data = bytes.fromhex(GOLDEN_OF_WORKS.read_text())
    assert encode_record(record_with_works()) == data
    assert plain(decode_record(data)) == plain(record_with_works())
    assert data[4] == 3
