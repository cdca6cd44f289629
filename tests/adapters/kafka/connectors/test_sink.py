"""However often a run is cut off and repeated, a topic holds each of its records once, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.clients.consumer import Place
from adapters.kafka.clients.producer import CheckedProducer, Outgoing
from adapters.kafka.connectors.sink import ForeignTopicError, KafkaSink, KafkaWriter, find_last_numbers
from adapters.kafka.playing.embedded import EmbeddedBroker
from tests.peers.embedded import read_back

PLACES: dict[str, Place] = {f"{number:05d}": ("topic", number) for number in (0, 1, 11)}


@dataclass
class Topic:
    """Stands for a producer and its topic: what is sent is kept at the next flush, or lost with the process."""

    kept: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))
    in_flight: list[tuple[Place, int]] = field(default_factory=list)
    withheld: int = 0

    def send_all(self, topic: str, partition: int, records: Iterable[Outgoing]) -> None:
        self.in_flight += (((topic, partition), outgoing.number) for outgoing in records)

    def withhold(self, _topic: str, _outgoing: Outgoing) -> None:
        self.withheld += 1

    def poll(self) -> None: ...

    def flush(self) -> None:
        self.land(len(self.in_flight))

    def land(self, count: int) -> None:
        for place, number in self.in_flight[:count]:
            self.kept[place].append(number)
        self.in_flight.clear()

    def last_numbers(self) -> dict[Place, int]:
        return {place: max(numbers, default=0) for place, numbers in self.kept.items()}


def numbered(*numbers: int) -> list[Outgoing]:
    return [Outgoing(b"%d" % number, number=number) for number in numbers]


def writer(topic: Topic, state: int | None = None, *, dense: bool = True) -> KafkaWriter:
    sink = KafkaSink(topic, PLACES, topic.last_numbers(), dense=dense)  # type: ignore[arg-type]
    return sink.build_part("step", "00001", state)


@given(
    ends=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)), max_size=6),
    batch=st.integers(1, 7),
)
def test_kills_leave_no_gap_and_no_copy(ends: list[tuple[int, int, int]], batch: int) -> None:
    """A run of records 1 to 30 goes on from its last snapshot; it is killed with part of what is in flight landed."""
    topic, snapshot, state = Topic(), 0, None
    for records, due, landed in [*ends, (30, 30, 30)]:
        part = writer(topic, state)
        reached = min(snapshot + records, 30)
        for first in range(snapshot + 1, reached + 1, batch):
            numbers = range(first, min(first + batch, reached + 1))
            part.write_batch([numbered(*numbers)])
            if first <= due < first + batch:
                snapshot, state = numbers[-1], part.snapshot()
        topic.land(landed)
    assert topic.kept["topic", 1] == list(range(1, 31))


def test_partitions_are_counted_in_the_order_of_their_names() -> None:
    sink = KafkaSink(Topic(), dict(reversed(PLACES.items())))  # type: ignore[arg-type]
    assert sorted(sink.list_parts()) == sorted(PLACES)
    assert [sink.part_fn(name) for name in PLACES] == [0, 1, 2]


def test_a_gap_is_refused_where_numbers_are_dense_and_nowhere_else() -> None:
    topic = Topic()
    writer(topic, dense=False).write_batch([numbered(1, 5)])
    topic.flush()
    with pytest.raises(ForeignTopicError, match=r"topic/1 ends at number 5 and the run goes on at 7; give the state"):
        writer(topic).write_batch([numbered(5, 7)])
    assert topic.kept["topic", 1] == [1, 5]
    assert topic.in_flight == []
    assert topic.withheld == 1


def test_a_state_that_is_ahead_of_its_topic_is_refused() -> None:
    with pytest.raises(ForeignTopicError, match=r"topic/1 ends at number 0, but the state has written up to 3; give"):
        writer(Topic(), 3)


def test_records_without_a_number_are_all_written() -> None:
    topic = Topic()
    sink = KafkaSink(topic, PLACES)  # type: ignore[arg-type]
    part = sink.build_part("step", "00000", None)
    part.write_batch([[Outgoing(b"a"), Outgoing(b"b")], [Outgoing(b"a")]])
    assert part.snapshot() == 0
    assert topic.kept["topic", 0] == [-1, -1, -1]


def test_a_new_process_goes_on_where_the_topic_ends(broker: EmbeddedBroker) -> None:
    broker.create("topic", 12)
    settings = {"bootstrap.servers": broker.bootstrap, "log_level": 0}

    def number(message: Message) -> int:
        return int(message.value() or b"0")

    for numbers in ((1, 2, 3), (2, 3, 4, 5)):
        last = find_last_numbers(settings, list(PLACES.values()), number)
        part = KafkaSink(CheckedProducer(settings), PLACES, last, dense=True).build_part("step", "00011", None)
        part.write_batch([numbered(*numbers)])
        assert part.snapshot() == numbers[-1]
    assert [record.value for record in read_back(settings, "topic", 11)] == [b"1", b"2", b"3", b"4", b"5"]
    assert find_last_numbers(settings, list(PLACES.values()), number) == dict(
        zip(PLACES.values(), (0, 0, 5), strict=True)
    )
