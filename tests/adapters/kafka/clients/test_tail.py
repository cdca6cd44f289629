"""Tails of several partitions are read at once, each as far back as is wanted of it."""

from confluent_kafka import Message

from adapters.kafka.clients.consumer import Place, offset_of
from adapters.kafka.clients.producer import CheckedProducer, Outgoing
from adapters.kafka.clients.tail import find_bounds, last_records
from adapters.kafka.playing.embedded import EmbeddedBroker

LENGTHS = (0, 1, 7, 8, 9, 300)


def test_each_partition_is_read_as_far_back_as_it_is_wanted(broker: EmbeddedBroker) -> None:
    broker.create("tails", len(LENGTHS))
    client = {"bootstrap.servers": broker.bootstrap, "log_level": 0}
    producer = CheckedProducer(client)
    for partition, length in enumerate(LENGTHS):
        for number in range(length):
            producer.send("tails", partition, Outgoing(b"%d" % number))
    producer.flush()
    places = [("tails", partition) for partition in range(len(LENGTHS))]
    assert find_bounds(client, places) == {place: (0, LENGTHS[place[1]]) for place in places}
    for wanted in (1, 3, 40, 1000):
        asked: dict[Place, list[int]] = {place: [] for place in places}

        def enough(place: Place, records: list[Message], wanted: int = wanted, asked: object = asked) -> bool:
            assert isinstance(asked, dict)
            asked[place].append(len(records))
            return len(records) >= wanted

        found = last_records(client, places, enough, 2)
        for (_, partition), records in found.items():
            length = LENGTHS[partition]
            assert [offset_of(message) for message in records] == list(range(length - len(records), length))
            assert len(records) >= min(wanted, length)
            assert [record.value() for record in records] == [b"%d" % offset_of(record) for record in records]
        assert all(rising == sorted(set(rising)) for rising in asked.values())
