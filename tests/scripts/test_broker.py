"""The real Kafka of the tests: it keeps what it took, over a stop and a kill, and is on this machine only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from scripts.kafka.broker import KafkaBroker
from scripts.kafka.jars import missing_parts
from tests.peers.kafka import GIVEN, is_loopback
from tests.worlds.storms import HOME


def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    refused: list[object] = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "log_level": 0})
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: refused.append(error) if error else None)
    assert producer.flush(60) == 0
    assert not refused


def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "nobody", "log_level": 0})
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages: list[Message] = consumer.consume(count, 60)
    consumer.close()
    assert not [message.error() for message in messages if message.error()]
    return [value for message in messages if (value := message.value()) is not None]


def make_topic(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    for made in admin.create_topics([NewTopic(topic, 1, 1)]).values():
        made.result(120)


def test_what_is_produced_is_consumed(kafka: str, prefix: str) -> None:
    topic = f"{prefix}round"
    make_topic(kafka, topic)
    values = [b"%d" % number for number in range(1000)]
    produce(kafka, topic, values)
    assert consume(kafka, topic, len(values)) == values


def test_a_broker_keeps_its_data_over_a_stop_and_a_kill(own_broker: KafkaBroker) -> None:
    address = own_broker.bootstrap
    make_topic(address, "kept")
    values = []
    for end in (own_broker.stop, own_broker.kill):
        values.append(b"before " + end.__name__.encode())
        produce(address, "kept", values[-1:])
        end()
        assert own_broker.process is not None
        assert own_broker.process.poll() is not None
        own_broker.start()
        assert own_broker.bootstrap == address
        assert consume(address, "kept", len(values)) == values


@pytest.mark.parametrize(
    ("servers", "here"),
    [
        ("127.0.0.1:9092", True),
        ("localhost:9092, [::1]:9092,127.8.8.8:1", True),
        ("127.0.0.1:9092,192.0.2.1:9092", False),
        ("kafka.example:9092", False),
        ("localhost.example:9092", False),
        ("0.0.0.0:9092", False),
        ("", False),
    ],
)
def test_only_loopback_is_loopback(servers: str, here: bool) -> None:
    assert is_loopback(servers) is here


def test_a_kafka_elsewhere_is_refused(tmp_path: Path) -> None:
    test = f"{Path(__file__).relative_to(HOME)}::{test_what_is_produced_is_consumed.__name__}"
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", tmp_path / "run", test],
        cwd=HOME,
        env=alone | {GIVEN: "192.0.2.1:9092"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert f"{GIVEN} is 192.0.2.1:9092, which is not all on this machine; give loopback addresses" in run.stdout


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert missing_parts() == ["java is missing", "mvn is missing"]
