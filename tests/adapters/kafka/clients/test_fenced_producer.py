"""Who takes a partition over ends who had it, and sees all that stays of what that one wrote."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from adapters.kafka.clients import fenced_producer
from adapters.kafka.clients.fenced_producer import FencedError, FencedProducer
from adapters.kafka.clients.producer import Outgoing, Tally
from adapters.kafka.clients.tail import last_records
from adapters.kafka.connectors.sink import find_last_numbers
from tests.peers.kafka import PATIENCE, eventually

if TYPE_CHECKING:
    from confluent_kafka import Message

TOPICS = ("one", "two")


@pytest.fixture
def client(kafka: str, prefix: str) -> dict[str, Any]:
    """Two topics of two partitions."""
    client: dict[str, Any] = {"bootstrap.servers": kafka}
    admin = AdminClient(client)
    for answer in admin.create_topics([NewTopic(prefix + name, 2, 1) for name in TOPICS]).values():
        answer.result(120)
    eventually(lambda: all(prefix + name in admin.list_topics(timeout=120).topics for name in TOPICS))
    return client


def producer(client: dict[str, Any], prefix: str) -> FencedProducer:
    made = FencedProducer(lambda: client, {part: f"{prefix}{part}" for part in (0, 1)}, 120)
    made.fence()
    return made


def number_of(message: Message) -> int:
    return int(message.value() or b"0")


def written(client: dict[str, Any], topic: str, partition: int) -> list[int]:
    records = last_records(client, [(topic, partition)], lambda _, _some: False)
    return [number_of(message) for message in records[topic, partition]]


def test_all_is_there_once_and_in_order_whatever_is_committed_when(client: dict[str, Any], prefix: str) -> None:
    some = producer(client, prefix)
    counted: list[Tally] = []
    some.on_tally = lambda _topic, tally: counted.append(tally)
    for number in range(1, 3001):
        for name in TOPICS:
            some.send(prefix + name, number % 2, Outgoing(b"%d" % number))
        if number % 700 == 0:
            some.flush()
        if number % 10 == 0:
            some.changed.acquire()
            some.changed.wait(0.002)  # a commit may begin here, as it does while the flow works
            some.changed.release()
        some.poll()
    some.flush()
    some.send_all(prefix + TOPICS[0], 0, (Outgoing(b"%d" % number) for number in range(3002, 9001, 2)))
    some.send(prefix + TOPICS[0], 0, Outgoing(b"9002"))
    some.flush()
    assert written(client, prefix + TOPICS[0], 0) == list(range(2, 9003, 2))
    for name in TOPICS[1:]:
        assert written(client, prefix + name, 0) == list(range(2, 3001, 2))
    for name in TOPICS:
        assert written(client, prefix + name, 1) == list(range(1, 3001, 2))
    assert sum(tally.written for tally in counted) == 9001
    some.flush()  # nothing is left to wait for


def test_who_comes_later_ends_who_was_there(
    client: dict[str, Any], prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = prefix + TOPICS[0]
    first = producer(client, prefix)
    first.send(topic, 0, Outgoing(b"1"))
    first.flush()
    monkeypatch.setattr(fenced_producer, "LINGER_SECONDS", 3600.0)
    first.send(topic, 0, Outgoing(b"2"))  # never committed
    second = producer(client, prefix)
    assert find_last_numbers(client, [(topic, 0), (topic, 1)], number_of) == {(topic, 0): 1, (topic, 1): 0}
    second.send(topic, 0, Outgoing(b"2"))
    second.flush()
    with pytest.raises(FencedError, match="partition 0 was taken over by another process"):
        first.flush()
    with pytest.raises(FencedError, match="partition 0 was taken over"):
        first.send(topic, 1, Outgoing(b"9"))
    third = producer(client, prefix)
    with pytest.raises(FencedError, match="partition 0 was taken over"):  # told by writing, before any commit
        write_until_it_fails(second, topic)
    second = third
    second.send(topic, 0, Outgoing(b"3"))
    second.flush()
    assert written(client, topic, 0) == [1, 2, 3]
    assert written(client, topic, 1) == []


def write_until_it_fails(some: FencedProducer, topic: str) -> None:
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        some.send(topic, 0, Outgoing(b"9"))
        sleep(0.001)  # a record in flight is what finds out
