"""What SCADA may say beyond open, closed and alarm: kept as evidence with its origin, and read by no rule yet."""

import json
from typing import Any

import pytest

from models.contracts.inputs.scada import REQUIRED
from models.contracts.topics import SCADA_EVENTS
from models.evidence.backlog import Backlog
from models.evidence.batch import EvidenceBatch
from models.evidence.kinds import DEVICE_REPORTS, ORIGIN_SHIFT, ORIGINS, QUALITIES, QUALITY_MASK
from models.evidence.log_check import record_fault
from models.evidence.log_record import LogRecord, decode_record, encode_record
from models.evidence.watermarks import Watermarks
from models.ingest.origin_reader import Ingested, OriginReader
from models.network.network import Network

AT = 1_782_900_000_000
NEEDED: dict[str, Any] = {"position": "open", "gap_from": AT - 60_000, "mode": "tagged", "active": False, "value": 7.5}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    told = {"event_id": "e", "device_id": "breaker", "kind": kind, "quality": "good", "source": "ems"}
    return told | {"observed_at": AT - 1000, "received_at": AT} | fields


def sound(kind: str) -> dict[str, Any]:
    return event(kind, **({REQUIRED[kind]: NEEDED[REQUIRED[kind]]} if kind in REQUIRED else {}))


def read(network: Network, *events: dict[str, Any]) -> Ingested:
    return OriginReader(network, SCADA_EVENTS).read([json.dumps(one).encode() for one in events], 0, 0)


def told(batch: EvidenceBatch) -> list[tuple[str, str, str, int, int]]:
    assert batch.devices is not None
    rows = batch.devices
    return [
        (DEVICE_REPORTS[code], QUALITIES[quality & QUALITY_MASK], ORIGINS[quality >> ORIGIN_SHIFT], at, offset)
        for code, quality, at, offset in zip(
            *(column.tolist() for column in (rows.position, rows.quality, rows.observed_at, rows.offset)), strict=True
        )
    ]


def test_all_that_scada_may_say_is_kept_with_its_origin(network: Network) -> None:
    events = [
        sound("position"),
        event("position", position="intermediate", quality="uncertain", origin="manual"),
        event("position", position="unknown", origin="estimated"),
        *map(sound, ("alarm", "gap", "operation_count", "fault_indicator", "mode")),
    ]
    ingested = read(network, *events)
    assert ingested.dead_letters == []
    record = decode_record(encode_record(LogRecord(network.version, [ingested.batch])))
    assert record_fault(record, network) is None
    assert told(record.batches[0]) == [
        ("open", "good", "telemetered", AT - 1000, 0),
        ("intermediate", "uncertain", "manual", AT - 1000, 1),
        ("unknown", "good", "estimated", AT - 1000, 2),
        ("alarm", "good", "telemetered", AT - 1000, 3),
        ("gap_begin", "good", "telemetered", AT - 60_000, 4),
        ("gap_end", "good", "telemetered", AT - 1000, 4),
        ("operation_count", "good", "telemetered", AT - 1000, 5),
        ("fault_indicator", "good", "telemetered", AT - 1000, 6),
        ("mode", "good", "telemetered", AT - 1000, 7),
    ]


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_a_report_without_what_its_kind_needs_is_refused_with_words(network: Network, kind: str) -> None:
    (letter,) = read(network, event(kind)).dead_letters
    assert letter.message.startswith(f"{REQUIRED[kind]} is missing: send ")
    assert letter.message.endswith(f"with kind {kind}")
    assert read(network, sound(kind)).dead_letters == []


def test_what_decides_nothing_reaches_no_rule_and_is_counted(network: Network) -> None:
    kinds = ["gap", "voltage", "position", "mode", "alarm"]
    batch = read(network, *map(sound, kinds), event("position", position="closed", origin="manual")).batch
    backlog = Backlog(Watermarks(10_000))
    backlog.add(batch)
    backlog.add(batch)  # a copy is not counted again
    ((device, position, quality, *_),) = backlog.devices[0]
    assert len(device) == 3
    assert [DEVICE_REPORTS[code] for code in position.tolist()] == ["open", "alarm", "closed"]
    assert [QUALITIES[code] for code in quality.tolist()] == ["good"] * 3
    assert backlog.undeciding == {"gap_begin": 1, "gap_end": 1, "voltage": 1, "mode": 1}
