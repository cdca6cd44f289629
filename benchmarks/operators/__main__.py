"""50,000 operators' commands and crew reports in a minute, garbage among them, through Kafka and both flows.

`python -m benchmarks.operators --network DIR`, with FAULTLINE_KAFKA naming a broker with live topics and both flows
running on them. Outages are opened by hand; then orders about them and crews' reports are written at an even pace, and
every order has to be answered once: what is missing, and how long answers took by the brokers' clock, is printed.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from adapters.network.load import load_network
from cli.broker import Broker, find_broker
from models.contracts.topics import CREW_EVENTS, OPERATOR_ANSWERS, OPERATOR_COMMANDS, dead_letter_topic
from models.ingest.record_keys import RecordKey, partition_for

OUTAGES: Final = 200
PATIENCE: Final = 120.0
KINDS: Final = ("acknowledge", "note", "set_cause", "assign_crew", "confirm", "hold_publication", "release_publication")
STATUSES: Final = ("assigned", "en_route", "on_site", "repairing")
GARBAGE: Final = 0.04
UNKNOWN: Final = 0.02
TWICE: Final = 0.02
Record = dict[str, Any]


def now() -> str:
    """The time of day, as commands have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class Tail:
    """What comes into a topic from now on."""

    broker: Broker
    topic: str
    values: list[tuple[int, bytes]] = field(default_factory=list)
    """Append times (ms) and values."""

    def __post_init__(self) -> None:
        self._consumer = Consumer({**self.broker.client, "group.id": str(uuid4()), "enable.auto.commit": False})
        name = self.broker.name(self.topic)
        parts = self._consumer.list_topics(name, timeout=30).topics[name].partitions
        ends = [self._consumer.get_watermark_offsets(TopicPartition(name, part), timeout=30)[1] for part in parts]
        self._consumer.assign([TopicPartition(name, part, end) for part, end in zip(parts, ends, strict=True)])

    def poll(self, seconds: float) -> None:
        """Read on for so long."""
        for message in self._consumer.consume(5000, seconds):
            if not message.error():
                self.values.append((message.timestamp()[1], message.value() or b""))


class Room:
    """Writes commands and reports."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.sent_at: dict[str, int] = {}
        """By command, when the broker had it first (ms)."""
        self.written = 0
        self._producer = Producer({**broker.client, "linger.ms": 5, "acks": "all"})
        consumer = Consumer({**broker.client, "group.id": str(uuid4())})
        topics = consumer.list_topics(timeout=30).topics
        self._parts = {stem: len(topics[broker.name(stem)].partitions) for stem in (OPERATOR_COMMANDS, CREW_EVENTS)}
        self._keys = {stem: RecordKey(stem) for stem in self._parts}

    def write(self, topic: str, value: bytes, command_id: str | None = None) -> None:
        """Write a record to the partition of its key."""
        key = self._keys[topic].read(value)

        def delivered(error: Any, message: Any) -> None:  # noqa: ANN401 (as the library calls it)
            if error is not None:
                raise RuntimeError(str(error))
            self.written += 1
            if command_id is not None:
                self.sent_at.setdefault(command_id, message.timestamp()[1])

        place = partition_for(key, value, self._parts[topic])
        self._producer.produce(self._broker.name(topic), value, key, place, on_delivery=delivered)
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait for all that was written."""
        if self._producer.flush(60):
            raise RuntimeError("the broker did not take all records")


def command(kind: str, **fields: object) -> Record:
    """A command of now."""
    given = {"command_id": str(uuid4()), "user": "bench", "reason": "benchmark", "at": now(), "received_at": now()}
    return {**given, "kind": kind, **fields}


def await_answers(tail: Tail, wanted: set[str]) -> dict[str, list[tuple[int, Record]]]:
    """Read on until all are answered, or for two minutes; gives the answers by command."""
    deadline, found, read = time.monotonic() + PATIENCE, dict[str, list[tuple[int, Record]]](), 0
    while time.monotonic() < deadline and not wanted <= found.keys():
        tail.poll(0.5)
        for at, value in tail.values[read:]:
            answer = orjson.loads(value)
            found.setdefault(answer["command_id"], []).append((at, answer))
        read = len(tail.values)
    tail.poll(2)
    for at, value in tail.values[read:]:
        answer = orjson.loads(value)
        found.setdefault(answer["command_id"], []).append((at, answer))
    return found


def order(draw: random.Random, outages: list[str]) -> Record:
    """One order about one of the outages, at times about none."""
    outage_id = draw.choice(outages)
    if draw.random() < UNKNOWN:
        outage_id = outage_id[:6] + "a" * 20
    fields = {"text": "x", "cause_code": "weather", "crew_id": f"crew-{draw.randrange(500)}"}
    return command(draw.choice(KINDS), outage_id=outage_id, seen_revision=1_000_000, **fields)


def storm(room: Room, count: int, seconds: float, outages: list[str], devices: list[str]) -> Counter[str]:
    """Write so many records in so many seconds, half of them orders; gives what they were."""
    draw, made, begun = random.Random(1), Counter[str](), time.monotonic()
    for number in range(count):
        due = begun + seconds * number / count
        if (wait := due - time.monotonic()) > 0:
            time.sleep(wait)
        topic = OPERATOR_COMMANDS if number % 2 else CREW_EVENTS
        if draw.random() < GARBAGE:
            room.write(topic, draw.randbytes(200))
            made[f"garbage {topic}"] += 1
        elif topic == OPERATOR_COMMANDS:
            event = order(draw, outages)
            value = orjson.dumps(event)
            for _ in range(2 if draw.random() < TWICE else 1):
                room.write(topic, value, event["command_id"])
                made["commands"] += 1
        else:
            where = {"crew_id": f"crew-{draw.randrange(500)}", "device_id": draw.choice(devices)}
            event = {
                "event_id": str(number),
                "status": draw.choice(STATUSES),
                "observed_at": now(),
                "received_at": now(),
            }
            room.write(topic, orjson.dumps(event | where))
            made["crew reports"] += 1
    room.flush()
    made["milliseconds"] = round(1000 * (time.monotonic() - begun))
    return made


def main() -> None:
    """Run it and print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--network", required=True, type=Path)
    options.add_argument("--records", type=int, default=50_000)
    options.add_argument("--seconds", type=float, default=60.0)
    given = options.parse_args()
    network, broker = load_network(given.network), find_broker()
    devices = [network.device_ids[d] for d in range(len(network.device_ids)) if network.parent[d] >= 0]
    room, answers = Room(broker), Tail(broker, OPERATOR_ANSWERS)
    letters = [Tail(broker, dead_letter_topic(topic)) for topic in (OPERATOR_COMMANDS, CREW_EVENTS)]
    transformers = [
        network.device_ids[d]
        for d in range(len(network.device_ids))
        if network.direct_end[d] > network.point_start[d] and network.class_of[d] == d
    ]
    opened = [command("open", device_id=device) for device in transformers[:OUTAGES]]
    for event in opened:
        room.write(OPERATOR_COMMANDS, orjson.dumps(event), event["command_id"])
    room.flush()
    found = await_answers(answers, {event["command_id"] for event in opened})
    outages = sorted({one["outage_id"] for some in found.values() for _, one in some if one["result"] == "done"})
    room.sent_at.clear()
    made = storm(room, given.records, given.seconds, outages, devices)
    found = await_answers(answers, set(room.sent_at))
    for tail in letters:
        tail.poll(5)
    waits = sorted(found[name][0][0] - at for name, at in room.sent_at.items() if name in found)
    results = Counter(
        f"{one['result']} {one['reason'] or ''}".strip() for n in room.sent_at for _, one in found.get(n, [])
    )
    print(f"Python {platform.python_version()}, numpy {version('numpy')}, load {os.getloadavg()[0]:.1f}")
    print(f"{len(outages)} outages open; written in {made.pop('milliseconds') / 1000:.1f} s: {dict(made)}")
    print(
        f"different commands {len(room.sent_at):,}, answered {len(waits):,}, missing {len(room.sent_at) - len(waits)}"
    )
    print(f"answered twice {sum(len(found.get(name, [])) > 1 for name in room.sent_at)}; {dict(results)}")
    print(f"dead letters: commands {len(letters[0].values)}, crews {len(letters[1].values)}")
    if waits:
        shares = {f"p{share}": waits[min(len(waits) - 1, len(waits) * share // 100)] / 1000 for share in (50, 99, 100)}
        print("seconds from the broker's stamp of a command to that of its answer:", shares)


if __name__ == "__main__":
    main()
