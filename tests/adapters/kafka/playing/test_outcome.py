"""The output topics written as files: as one partition would have them, however many there are."""

from pathlib import Path
from time import monotonic
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from adapters.kafka.clients.positions import Positions
from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.playing.outcome import OutcomeReader, kept_topics
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_RESTORATION
from tests.peers.kafka import PATIENCE

ZONES = ["north", "east", "south", "alone"]
"""In the network's order, which is not that of the alphabet."""
STEPS = [("T1", "north", "b"), ("T1", "east", "a"), ("T1", "south", "c"), ("T2", "east", "a"), ("T2", "south", "z")]
"""Instant, zone, outage, in the order in which one partition has them."""


def records(stem: str, zone_of: str | None = "zone_id") -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"{outage}{at}",
            "outage_id": outage,
            "command_id": f"{number:02}",
            "element_id": f"{99 - number}",
            "backfeed_id": f"{99 - number}",
            "sequence": number,
            "updated_at": at,
            "stem": stem,
        }
        | ({zone_of: zone} if zone_of else {})
        for number, (at, zone, outage) in enumerate(STEPS, start=1)
    ]


def line(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("partition_of", [{}, {"north": 1}, {"north": 2, "east": 1}, {"south": 1, "alone": 2}])
def test_the_files_are_those_of_one_partition(
    partition_of: dict[str, int], broker: EmbeddedBroker, tmp_path: Path
) -> None:
    """Each partition numbers its own records; a tombstone takes a number and is not in the file."""
    settings = {"bootstrap.servers": broker.bootstrap}
    for stem in kept_topics():
        broker.create(stem, 3)
    producer = Producer(settings)
    producer.produce(OUTAGE_LIFECYCLE, b"from before", partition=0)
    producer.flush()
    with Positions(settings, "readers") as bounds:
        reader = OutcomeReader(settings, "readers", bounds)
        written = {stem: records(stem, None if stem == OUTAGE_RESTORATION else "zone_id") for stem in kept_topics()}
        for stem, whole in written.items():
            numbers = dict.fromkeys(range(3), 0)
            producer.produce(stem, None, b"ended long ago", 0)
            numbers[0] += 1
            for record, (_, zone, _) in zip(whole, STEPS, strict=True):
                partition = partition_of.get(zone, 0)
                numbers[partition] += 1
                producer.produce(stem, line(record | {"sequence": numbers[partition]}), partition=partition)
        assert producer.flush(120) == 0
        told: list[bytes] = []
        deadline = monotonic() + PATIENCE
        while not reader.at_end():
            told += reader.poll(0.1)
            assert monotonic() < deadline
        reader.close()
    assert sorted(orjson.loads(value)["event_id"] for value in told) == sorted(
        record["event_id"] for record in written[OUTAGE_LIFECYCLE]
    )
    reader.write(tmp_path, ZONES)
    for stem, whole in written.items():
        assert (tmp_path / f"{stem}.jsonl").read_bytes().splitlines() == [line(record) for record in whole]
