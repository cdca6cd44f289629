"""What `faultline cap feed` does: the warnings of the topic as files with a feed, once or again and again."""

from __future__ import annotations

import signal
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from adapters.cap.feed import standing, write_feed
from adapters.cap.policy_file import read_policy
from adapters.files.whole import write_whole
from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.tail import last_records
from adapters.kafka.records.output_record import sequence_of
from models.alerts.issuing.output import ALERTS
from models.contracts.topics import OUTAGE_CLOCK
from models.refusal import FaultsError
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.broker import Broker

Record = dict[str, Any]


class Fed(NamedTuple):
    """What a feed holds."""

    messages: int
    at: str
    """By the outages' clock."""


def feed_again(broker: Broker, policy: Path, output: Path, every: float | None, tell: Callable[[Fed], None]) -> None:
    """Write the feed, and again every so many seconds until a signal comes. Raises `FaultsError`."""
    stop = Event()
    if every is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        tell(feed_once(broker, policy, output))
        if every is None:
            return
        stop.wait(every)


def feed_once(broker: Broker, policy: Path, output: Path) -> Fed:
    """Write each message that stands, and then the feed that names them. Raises `FaultsError`."""
    warning = read_policy(policy)
    now = _now(broker)
    told = standing(_records(broker), now // 1000)
    output.mkdir(parents=True, exist_ok=True)
    for record in told:
        write_whole(output / f"{record['identifier']}.xml", record["xml"].encode())
    write_whole(output / "feed.atom", write_feed(told, warning.sender, warning.sender_name, format_time(now)))
    return Fed(len(told), format_time(now))


def _records(broker: Broker) -> Iterator[Record]:
    """All messages, those of an area in order; what is foreign is left out."""
    topic = broker.name(ALERTS.topic)
    with RangeReader(broker.client) as reader:
        for partition in range(reader.partitions(topic)):
            for message in reader.records(reader.locate(topic, partition)):
                if sequence_of(message) is not None and message.value():
                    yield orjson.loads(message.value() or b"")


def _now(broker: Broker) -> int:
    """The outages' clock (ms): the latest instant that a partition has lived through."""
    topic = broker.name(OUTAGE_CLOCK)
    with RangeReader(broker.client) as reader:
        places = [(topic, partition) for partition in range(reader.partitions(topic))]
    last = last_records(broker.client, places, lambda _, some: bool(some), 1)
    values = [message.value() for some in last.values() for message in some[-1:]]
    times = [parse_time(orjson.loads(value)["updated_at"]) for value in values if value]
    if not times:
        raise FaultsError([f"topic {topic} has no record: the outages flow has not run; start it first"])
    return max(times)
