"""Every record is acknowledged, or the next call says which was not; what was written is counted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from adapters.kafka.clients.producer import CheckedProducer, DeliveryError, Outgoing, Tally
from adapters.kafka.playing.embedded import EmbeddedBroker
from tests.peers.embedded import read_back
from tests.peers.kafka import eventually

SHORT_PATIENCE = 5.0


@dataclass
class Waiting:
    """Counts what is kept of what it waits for."""

    kept: int = 0

    def delivered(self) -> None:
        self.kept += 1


@dataclass
class Written:
    """A producer on a topic of two partitions, and what it told."""

    broker: EmbeddedBroker
    patience: float = 240.0

    def __post_init__(self) -> None:
        self.broker.create("topic", 2)
        self.settings = {"bootstrap.servers": self.broker.bootstrap, "log_level": 0}
        self.full: list[float] = []
        self.tally = Tally()
        self.producer = CheckedProducer(self.settings, self.full.append, self.patience)
        self.producer.on_tally = self.add

    def add(self, topic: str, tally: Tally) -> None:
        assert topic == "topic"
        self.tally.written += tally.written
        self.tally.size += tally.size
        self.tally.withheld += tally.withheld


@pytest.fixture
def written(broker: EmbeddedBroker) -> Written:
    return Written(broker)


def test_what_is_flushed_stands_in_its_partition_in_order(written: Written) -> None:
    first, second = Waiting(), Waiting()
    for number in range(2000):
        receipt = (first, second)[number % 2]
        value = None if number == 7 else b"%d" % number
        written.producer.send("topic", number % 2, Outgoing(value, b"key", [("n", b"%d" % number)], receipt=receipt))
    written.producer.flush()
    assert (first.kept, second.kept) == (1000, 1000)
    for partition in (0, 1):
        records = read_back(written.settings, "topic", partition)
        numbers = [int(dict(record.headers)["n"]) for record in records]
        assert numbers == list(range(partition, 2000, 2))
        assert all(record.value == (None if n == 7 else b"%d" % n) for n, record in zip(numbers, records, strict=True))
    assert written.tally == Tally(2000, sum(len(b"%d" % n) for n in range(2000) if n != 7))


def test_what_is_withheld_counts_as_kept_and_is_not_written(written: Written) -> None:
    receipt = Waiting()
    written.producer.withhold("topic", Outgoing(b"there already", receipt=receipt))
    written.producer.flush()
    assert receipt.kept == written.tally.withheld == 1
    assert read_back(written.settings, "topic", 0) == []


@pytest.mark.parametrize(("partition", "value"), [(0, bytes(9 << 20)), (5, b"there is no such partition")])
def test_a_record_that_no_topic_takes_is_refused_at_once(written: Written, partition: int, value: bytes) -> None:
    written.producer.send("topic", 0, Outgoing(b"a good one"))
    written.producer.flush()
    with pytest.raises(DeliveryError, match=r"topic: cannot be written: .*; see that the broker"):
        written.producer.send("topic", partition, Outgoing(value))


def test_a_broker_that_goes_away_is_waited_for_and_then_told_at_every_call(broker: EmbeddedBroker) -> None:
    written = Written(broker, SHORT_PATIENCE)
    written.producer.send("topic", 0, Outgoing(b"before"))
    written.producer.flush()
    written.broker.set_down()
    receipt = Waiting()
    written.producer.send("topic", 0, Outgoing(b"while it is away", receipt=receipt))
    reason = r"topic/0: a record was not kept: .*; see that the broker"
    with pytest.raises(DeliveryError, match=reason):
        eventually(lambda: bool(written.producer.poll()))  # type: ignore[func-returns-value]
    with pytest.raises(DeliveryError, match=reason):
        written.producer.flush()
    with pytest.raises(DeliveryError, match=reason):
        written.producer.send("topic", 1, Outgoing(b"another"))
    assert (receipt.kept, written.tally.written) == (0, 1)
    written.broker.set_up()
    assert [record.value for record in read_back(written.settings, "topic", 0)] == [b"before"]
