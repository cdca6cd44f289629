"""Records dropped unread are told, with topic, partition and number; those that were read are not missed."""

import os

import pytest
from confluent_kafka import Producer, TopicPartition

from adapters.kafka.clients.positions import Positions
from adapters.kafka.playing.embedded import RETAINED_BYTES, EmbeddedBroker
from adapters.kafka.playing.overrun import OverrunWatch, RetentionOverrunError

VALUE = os.urandom(RETAINED_BYTES // 8)


def test_what_is_dropped_unread_is_told(broker: EmbeddedBroker) -> None:
    broker.create("topic", 2)
    settings = {"bootstrap.servers": broker.bootstrap}
    producer = Producer({**settings, "linger.ms": 0, "batch.num.messages": 1})

    def write(number: int) -> None:
        for _ in range(number):
            producer.produce("topic", VALUE, partition=1)
        assert producer.flush(120) == 0

    with Positions(settings, "readers") as readers:
        watch = OverrunWatch("readers", readers, [("topic", 0), ("topic", 1)])
        write(6)
        assert watch.check() == 6
        readers._consumer.commit(offsets=[TopicPartition("topic", 1, 3)], asynchronous=False)  # noqa: SLF001
        write(4)
        watch.check()
        write(4)
        gone = readers.bounds([("topic", 1)])["topic", 1][0] - 3
        assert gone > 0
        with pytest.raises(RetentionOverrunError, match=rf"topic topic, partition 1: .* dropped {gone} records"):
            watch.check()
        readers._consumer.commit(offsets=[TopicPartition("topic", 1, 14)], asynchronous=False)  # noqa: SLF001
        watch.check()
