"""Partitions are read once each, from where they are told, and never on past what is gone."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import pytest
from confluent_kafka import Message, Producer
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.clients.consumer import PartitionReader, Place, Polled, RecordsGoneError, Run, _runs, offset_of
from adapters.kafka.clients.positions import Positions
from adapters.kafka.playing.embedded import EMBEDDED_CONSUMER, EmbeddedBroker
from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.table import layout
from tests.peers.kafka import eventually

PLACES = [("one", 0), ("one", 1), ("two", 0)]


def settings(broker: EmbeddedBroker) -> dict[str, object]:
    return {"bootstrap.servers": broker.bootstrap, "log_level": 0, **EMBEDDED_CONSUMER}


def write(broker: EmbeddedBroker, records: int) -> None:
    broker.create("one", 2)
    broker.create("two", 1)
    producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    for number in range(records):
        for topic, partition in PLACES:
            producer.produce(topic, b"%d" % number if number % 5 else b"", partition=partition)
    assert producer.flush(120) == 0


def read_to_the_end(reader: PartitionReader, most: int = 7) -> dict[Place, list[int]]:
    found: dict[Place, list[int]] = defaultdict(list)
    ends: dict[Place, int] = {}

    def all_ends_reached() -> bool:
        polled = reader.poll(most, 0.05)
        for run in polled.runs:
            found[run.topic, run.partition] += map(offset_of, run.messages)
        ends.update(polled.ends)
        return ends.keys() >= reader.positions.keys()

    eventually(all_ends_reached)
    assert ends == reader.positions
    return found


def test_partitions_are_read_from_their_offsets_to_their_ends(broker: EmbeddedBroker) -> None:
    write(broker, 100)
    reader = PartitionReader(settings(broker), "group", dict(zip(PLACES, (0, 40, 100), strict=True)))
    try:
        found = read_to_the_end(reader)
        assert found == {PLACES[0]: list(range(100)), PLACES[1]: list(range(40, 100))}
        assert reader.positions == dict.fromkeys(PLACES, 100)
        assert reader.lags() == dict.fromkeys(PLACES, 0)
    finally:
        reader.close()


def test_what_is_committed_is_told_to_lag_tools_only(broker: EmbeddedBroker) -> None:
    write(broker, 10)
    for _ in range(2):
        reader = PartitionReader(settings(broker), "group", {PLACES[0]: 0})
        assert read_to_the_end(reader) == {PLACES[0]: list(range(10))}
        reader.commit({PLACES[0]: 10})
        with Positions(settings(broker), "group") as positions:
            eventually(lambda positions=positions: positions.committed([PLACES[0]])[PLACES[0]] == 10)  # type: ignore[misc]
        reader.close()


def test_an_offset_that_the_topic_does_not_have_is_refused(broker: EmbeddedBroker) -> None:
    write(broker, 3)
    reader = PartitionReader(settings(broker), "group", {PLACES[0]: 17})
    with pytest.raises(RecordsGoneError, match=r"one/0: the record at offset 17 is gone \(the topic ends before it\)"):
        eventually(lambda: bool(reader.poll(10, 0.05).ends))
    reader.close()


def test_a_broker_that_is_away_is_waited_for(broker: EmbeddedBroker) -> None:
    write(broker, 20)
    broker.set_down()
    lost: list[str] = []
    client = {**settings(broker), "error_cb": lambda error: lost.append(error.name())}
    reader = PartitionReader(client, "group", {PLACES[2]: 0})
    eventually(lambda: not reader.poll(10, 0.05).runs and "_ALL_BROKERS_DOWN" in lost)
    assert reader.positions == {PLACES[2]: 0}
    broker.set_up()
    assert read_to_the_end(reader) == {PLACES[2]: list(range(20))}
    reader.close()


@given(places=st.lists(st.sampled_from(PLACES), max_size=30), empty=st.sets(st.integers(0, 29)))
def test_records_are_divided_where_the_partition_changes(places: list[Place], empty: set[int]) -> None:
    messages = [
        Message(topic=topic, partition=partition, offset=number, value=b"" if number in empty else b"v" * number)
        for number, (topic, partition) in enumerate(places)
    ]
    runs: list[Run] = list(_runs(messages))
    assert [(run.topic, run.partition) for run in runs for _ in run.messages] == places
    assert [message for run in runs for message in run.messages] == messages
    assert all((a.topic, a.partition) != (b.topic, b.partition) for a, b in pairwise(runs))
    assert sum(run.size for run in runs) == sum(len(message.value() or b"") for message in messages)
    for run in runs:
        numbers = [offset_of(message) for message in run.messages]
        assert [numbers[place] for place in run.empty()] == [n for n in numbers if n in empty or n == 0]
        assert run.part(1, 3).messages == run.messages[1:3]


def test_behind_a_transaction_the_end_is_reached_though_its_mark_is_no_record(kafka: str, prefix: str) -> None:
    client = {"bootstrap.servers": kafka, "log_level": 0}
    place = (f"{prefix}fenced", 0)
    create_topics(client, [replace(layout(1, 1)[0], stem=place[0])], 1)
    producer = Producer({**client, "transactional.id": prefix})
    producer.init_transactions(120)
    producer.begin_transaction()
    producer.produce(place[0], b"one", partition=0)
    producer.commit_transaction(120)
    reader, told = PartitionReader(client, f"{prefix}reader", {place: 0}), list[Polled]()

    def end_is_reached() -> bool:
        told.append(reader.poll(10, 0.1))
        return reader.positions[place] == looker.bounds([place])[place][1] == 2

    with closing(reader), Positions(client, f"{prefix}looker") as looker:
        eventually(end_is_reached)
        assert [len(run.messages) for polled in told for run in polled.runs] == [1]
