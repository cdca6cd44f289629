"""The broker inside the process: what its description says of it."""

import os
import subprocess
import sys
from ctypes import c_void_p

import pytest
from confluent_kafka import Producer, TopicPartition

from adapters.kafka.clients.positions import Positions
from adapters.kafka.playing import embedded
from adapters.kafka.playing.embedded import EmbeddedBroker
from models.refusal import FaultsError
from tests.peers.embedded import Record, read_back
from tests.worlds.storms import HOME

NOTHING_DURABLE = "nothing is durable, all topics end with this process"


def write(broker: EmbeddedBroker, topic: str, *values: bytes | None) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "acks": "all", "enable.idempotence": True})
    for number, value in enumerate(values):
        producer.produce(topic, value, b"k", 0, timestamp=1000 + number, headers=[("number", str(number))])
    assert producer.flush(120) == 0


def test_records_come_back_as_they_were_written(broker: EmbeddedBroker) -> None:
    broker.create("topic", 3)
    write(broker, "topic", b"value", b"", None)
    settings = {"bootstrap.servers": broker.bootstrap}
    assert read_back(settings, "topic", 0) == [
        Record(0, 1000, b"k", b"value", [("number", b"0")]),
        Record(1, 1001, b"k", b"", [("number", b"1")]),
        Record(2, 1002, b"k", None, [("number", b"2")]),
    ]
    with Positions(settings, "group") as positions:
        assert positions.partitions(["topic"]) == {"topic": 3}
        assert positions.bounds([("topic", 0), ("topic", 1)]) == {("topic", 0): (0, 3), ("topic", 1): (0, 0)}


def test_offsets_are_committed_without_joining_a_group(broker: EmbeddedBroker) -> None:
    broker.create("topic", 2)
    write(broker, "topic", b"1", b"2")
    settings = {"bootstrap.servers": broker.bootstrap}
    with Positions(settings, "group") as positions:
        positions._consumer.commit(offsets=[TopicPartition("topic", 0, 2)], asynchronous=False)  # noqa: SLF001
    with Positions(settings, "group") as positions:
        assert positions.committed([("topic", 0), ("topic", 1)]) == {("topic", 0): 2, ("topic", 1): -1}


def test_another_process_connects(broker: EmbeddedBroker) -> None:
    broker.create("topic", 1)
    write(broker, "topic", b"1", b"2")
    code = (
        "import sys; from tests.peers.embedded import read_back;"
        "print([record.value for record in read_back({'bootstrap.servers': sys.argv[1]}, 'topic', 0)])"
    )
    command = [sys.executable, "-c", code, broker.bootstrap]
    read = subprocess.run(command, cwd=HOME, env=os.environ, capture_output=True, text=True, check=True)
    assert read.stdout == "[b'1', b'2']\n"


def test_it_goes_down_and_comes_back_with_what_it_held(broker: EmbeddedBroker) -> None:
    broker.create("topic", 1)
    write(broker, "topic", b"1")
    broker.set_down()
    producer = Producer({"bootstrap.servers": broker.bootstrap, "acks": "all", "enable.idempotence": True})
    producer.produce("topic", b"2", partition=0)
    assert producer.flush(0.2) == 1
    broker.set_up()
    assert producer.flush(120) == 0
    assert [record.value for record in read_back({"bootstrap.servers": broker.bootstrap}, "topic", 0)] == [b"1", b"2"]


def test_it_says_that_nothing_is_durable(caplog: pytest.LogCaptureFixture) -> None:
    with EmbeddedBroker() as broker:
        assert caplog.messages == [f"embedded broker at {broker.bootstrap}: {NOTHING_DURABLE}"]
    broker.close()  # again


def test_what_cannot_be_made_or_found_is_refused(broker: EmbeddedBroker) -> None:
    broker.create("topic", 1)
    with pytest.raises(FaultsError, match="topic topic cannot be made with 2 partitions"):
        broker.create("topic", 2)
    with Positions({"bootstrap.servers": broker.bootstrap}, "group") as positions:
        with pytest.raises(FaultsError) as refusal:
            positions.partitions(["topic", "here", "there"])
        assert [fault.split()[1] for fault in refusal.value.faults] == ["here", "there"]


def test_a_library_without_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded._FUNCTIONS, "rd_kafka_mock_nothing", ([], c_void_p))  # noqa: SLF001
    with pytest.raises(FaultsError, match="has no embedded broker, rd_kafka_mock_nothing is missing: install"):
        EmbeddedBroker()
