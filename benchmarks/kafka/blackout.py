"""The blackout: last gasps of all meters of a network, three copies each, as JSON into the raw topic.

`python -m benchmarks.kafka.blackout ARTEFACT BOOTSTRAP TOPIC EVENTS RATE [poison]`: as fast as it goes with rate 0,
else so many a second. Prints a JSON line: records and seconds.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from adapters.network.compiled_file import load_artefact
from benchmarks.kafka.poison import poisoned
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

COPIES = 3
SETTINGS = {
    "enable.idempotence": True,
    "acks": "all",
    "compression.type": "lz4",
    "linger.ms": 5,
    "message.max.bytes": 2 << 20,
    "queue.buffering.max.messages": 1_000_000,
    "queue.buffering.max.kbytes": 1 << 20,
}
SLICE = 0.01
"""Seconds between two looks at the clock."""


def gasps(meters: list[str], events: int, seed: int = 1) -> Iterator[str]:
    """Give the meter of each event: every meter `COPIES` times, the copies among all others."""
    order = list(range(len(meters))) * COPIES
    random.Random(seed).shuffle(order)
    return (meters[place] for place in order[:events])


def line(number: int, meter: str, observed: bytes, received: bytes) -> bytes:
    """One event of about 210 bytes."""
    return (
        b'{"event_id":"mesh-%09d","kind":"last_gasp","meter_id":"%s","observed_at":"%s","received_at":"%s",'
        b'"source":"mesh","voltage":118.5,"code":"3.26.9.185"}' % (number, meter.encode(), observed, received)
    )


def main() -> None:
    artefact, bootstrap, topic, events, rate, *poison = sys.argv[1:]
    meters = [meter for meter in load_artefact(Path(artefact)).meter_ids if meter]
    producer = Producer({"bootstrap.servers": bootstrap, **SETTINGS})
    started, sent = time.monotonic(), 0
    observed = format_time(int(time.time() * 1000)).encode()
    received = observed
    for sent, meter in enumerate(gasps(meters, int(events)), 1):
        if sent % 500 == 0:
            producer.poll(0)
            received = format_time(int(time.time() * 1000)).encode()
            while int(rate) and sent > int(rate) * (time.monotonic() - started):
                producer.poll(SLICE)
        value = line(sent, meter, observed, received)
        producer.produce(topic, poisoned(sent, value) if poison else value, meter.encode())
    left = producer.flush(120)
    print(json.dumps({"records": sent - left, "seconds": time.monotonic() - started}))


if __name__ == "__main__":
    main()
