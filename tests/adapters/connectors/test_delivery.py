"""Delivery: in order, heartbeats beside it, and a checkpoint only of what Kafka has."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.connectors.checkpoint import Checkpoint
from adapters.connectors.delivery import Delivery, Pace
from adapters.connectors.heartbeat import DEVICES_MS, Heartbeat
from adapters.connectors.report_queue import ReportQueue
from adapters.kafka.clients.producer import DeliveryError, Outgoing, Tally
from models.contracts.outputs.connector_health import MOST_DEVICES, ConnectorHealthRecord, LinkHealth
from models.contracts.topics import CONNECTOR_HEALTH, CONNECTOR_STATE, SCADA_EVENTS
from models.refusal import FaultsError
from models.telemetry.reports import Report
from tests.peers.kafka import PATIENCE

NOW = 1_782_900_000_000


class Source:
    """A source that says what it is told to."""

    def __init__(self, devices: int = 2) -> None:
        self.counts: Counter[str] = Counter(value=3)
        self.devices: Sequence[str] = [f"device-{number:05}" for number in range(devices)]
        self.mark = 0
        self.kept_marks: dict[str, int] = {}

    async def run(self, stop: Any) -> None:
        raise NotImplementedError

    def links(self) -> list[LinkHealth]:
        values: dict[str, Any] = dict.fromkeys(LinkHealth.model_fields)
        counted = {"points": 2, "points_followed": 2, "alarms": 0, "troubles": []}
        return [
            LinkHealth(**values | {"name": "ems", "state": "connected", "since": "2026-07-01T10:00:00.000Z"} | counted)
        ]

    def marks(self) -> dict[str, int]:
        return {"ems": self.mark}

    def kept(self, marks: Mapping[str, int]) -> None:
        self.kept_marks = dict(marks)

    def certificates(self) -> list[Any]:
        return []


class Producer:
    """Takes records; says that it has them at a flush, or fails."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Outgoing]] = []
        self.kept = 0
        self.fails = False
        self.on_tally: Callable[[str, Tally], None] = lambda _topic, _tally: None
        self.on_full: Callable[[float], None] = lambda _seconds: None

    def send(self, topic: str, _partition: int, outgoing: Outgoing) -> None:
        self.sent.append((topic, outgoing))

    def withhold(self, topic: str, outgoing: Outgoing) -> None:
        raise NotImplementedError

    def poll(self) -> None:
        if self.fails:
            raise DeliveryError("scada.device.events.v1: a record was not kept; see that the broker is up")

    def flush(self) -> None:
        self.poll()
        self.kept = len(self.sent)

    def of(self, topic: str) -> list[dict[str, Any]]:
        return [orjson.loads(outgoing.value or b"") for name, outgoing in self.sent if name == topic]


def wait(until: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it does not come to pass"
        time.sleep(0.005)


def start(folder: Path, source: Source, producer: Producer, queue: ReportQueue) -> Delivery:
    heartbeat = Heartbeat("north", source, 0.05, NOW)
    delivery = Delivery(queue, source, producer, heartbeat, Checkpoint(folder, "north"), Pace(0.05, 0.01), "test.")
    delivery.start()
    return delivery


def test_all_that_was_heard_before_a_checkpoint_stands_on_kafka(tmp_path: Path) -> None:
    source, producer, queue = Source(), Producer(), ReportQueue(1000)
    delivery = start(tmp_path, source, producer, queue)
    for number in range(1, 201):
        queue.put("ems", "p", Report("device-00000", b'{"n":%d}' % number), number)
        source.mark = number
        if number % 50 == 0:
            wait(lambda: Checkpoint(tmp_path, "north").read().get("ems", 0) >= source.mark)
            assert producer.kept >= number
    delivery.close()
    delivery.join()
    assert [one["n"] for one in producer.of("test." + SCADA_EVENTS)] == list(range(1, 201))
    assert Checkpoint(tmp_path, "north").read() == source.kept_marks == {"ems": 200}
    assert delivery.failure is None
    states = [ConnectorHealthRecord(**one) for one in producer.of("test." + CONNECTOR_STATE)]
    assert states[-1].state == "stopped"
    assert states[0].state == "connected"
    told = producer.of("test." + CONNECTOR_HEALTH)
    assert [one["number"] for one in told] == list(range(1, len(told) + 1))
    assert told[0]["device_ids"] == source.devices


def test_what_kafka_does_not_keep_ends_it_and_moves_no_checkpoint(tmp_path: Path) -> None:
    source, producer, queue = Source(), Producer(), ReportQueue(10)
    producer.fails, source.mark = True, 7
    ended: list[bool] = []
    delivery = Delivery(
        queue, source, producer, Heartbeat("n", source, 1, NOW), Checkpoint(tmp_path, "n"), Pace(0.01, 0.01)
    )
    delivery.on_end = lambda: ended.append(True)
    delivery.start()
    delivery.join(PATIENCE)
    assert ended == [True]
    assert delivery.failure is not None
    assert "see that the broker is up" in delivery.failure
    assert Checkpoint(tmp_path, "n").read() == {}


def test_the_devices_are_told_in_parts_and_again_after_an_hour() -> None:
    source = Source(MOST_DEVICES * 2 + 1)
    heartbeat = Heartbeat("north", source, 5, NOW)
    first = heartbeat.records(NOW, 0)
    assert [(one.kind, one.part, one.parts) for one in first[:3]] == [("devices", n, 3) for n in (1, 2, 3)]
    assert [name for one in first for name in one.device_ids or []] == source.devices
    assert [one.kind for one in heartbeat.records(NOW + 5000, 0)] == ["heartbeat"]
    again = heartbeat.records(NOW + DEVICES_MS, 0)
    assert [one.kind for one in again] == ["devices"] * 3 + ["heartbeat"]
    assert [ConnectorHealthRecord.model_validate(one.model_dump()).number for one in (*first, *again)] == [
        1,
        2,
        3,
        4,
        6,
        7,
        8,
        9,
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is damaged; remove it"),
        (b'{"connector":"south","format":1,"marks":{}}', "is of connector 'south'"),
        (b'{"connector":"north","format":2,"marks":{}}', "format 2"),
        (b'{"connector":"north","format":1,"marks":{"ems":"x"}}', "is damaged"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "checkpoint.json").write_bytes(content)
    with pytest.raises(FaultsError, match=words):
        Checkpoint(tmp_path, "north").read()
