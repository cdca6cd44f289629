"""Mountings as they stand in their topic: read whole, heard of as they come, and taken away."""

from __future__ import annotations

from confluent_kafka import Producer

from adapters.kafka.playing.embedded import EMBEDDED_CONSUMER, EmbeddedBroker
from adapters.kafka.records.networks.mountings import MountingReader, outgoing, read_mountings, tombstone
from models.contracts.topics import NETWORK_METERS
from models.ingest.mounting.mountings import Mounting
from tests.peers.kafka import PATIENCE, eventually

ONE = Mounting("new", "p1", 1000, 2000, 0, 7)
OTHER = Mounting("Zähler", "", 1500, 2500, 1, 7)


def test_mountings_are_read_whole_and_heard_of(broker: EmbeddedBroker) -> None:
    broker.create(NETWORK_METERS, 1)
    client = {"bootstrap.servers": broker.bootstrap, "log_level": 0, **EMBEDDED_CONSUMER}
    producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    for record in (outgoing(ONE), outgoing(OTHER), outgoing(ONE), tombstone(OTHER)):
        producer.produce(NETWORK_METERS, record.value, record.key, 0)
    producer.produce(NETWORK_METERS, b"strange", b"0/1", 0)
    assert producer.flush(60) == 0
    found, end = read_mountings(client, "")
    assert found == [ONE]  # written twice it is one; what is no mounting is passed over
    reader = MountingReader(client, "", "test", end)
    heard: list[Mounting] = []
    producer.produce(NETWORK_METERS, outgoing(OTHER).value, outgoing(OTHER).key, 0)
    assert producer.flush(60) == 0

    def comes() -> bool:
        heard.extend(reader.poll())
        return bool(heard)

    eventually(comes, PATIENCE)
    assert heard == [OTHER]
    reader.close()
