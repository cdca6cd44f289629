"""A fed storm stands in the raw topics as its writers would have sent it, and readers that lag are waited for."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from adapters.files.play import Playback, Played
from adapters.files.topics import find_topic_files
from adapters.kafka.clients.consumer import Place
from adapters.kafka.clients.positions import Positions
from adapters.kafka.playing import feed as feeding
from adapters.kafka.playing.embedded import EMBEDDED_CONSUMER, RETAINED_BYTES, EmbeddedBroker
from adapters.kafka.playing.feed import EARLIEST, UNCHECKED_BYTES, Feed, FeedFailedError, Tempo
from adapters.kafka.playing.overrun import OverrunWatch
from adapters.kafka.playing.pace import LagPace, Produced, SettledPace
from adapters.kafka.records.marks import mark_header, mark_time
from adapters.network.load import load_network
from models.contracts.topics import METER_EVENTS, RAW_TOPICS
from models.evidence.batch import END_OF_LOG
from models.ingest.record_keys import RecordKey
from tests.peers.embedded import Record, read_back
from tests.peers.kafka import PATIENCE
from tests.worlds.storms import CKT5, faultline

PREFIX = "test."
PARTITIONS = 3


@pytest.fixture
def settings(broker: EmbeddedBroker) -> dict[str, object]:
    return {"bootstrap.servers": broker.bootstrap, "log_level": 0}


def feed_storm(broker: EmbeddedBroker, storm: Path, *options: object) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FAULTLINE_KAFKA", broker.bootstrap)
        environment.setenv("FAULTLINE_EMBEDDED", "true")
        ended = faultline("feed", "--network", CKT5, "--input", storm, "--prefix", PREFIX, "--json", *options)
    assert ended.returncode == 0, ended.stderr
    summary: dict[str, Any] = orjson.loads(ended.stdout)
    return summary


@pytest.fixture(scope="module")
def fed(spoiled_storm: Path) -> Iterator[tuple[dict[str, list[list[Record]]], dict[str, Any]]]:
    """The spoiled storm as it stands in the raw topics, by topic and partition, and what the feed said of it."""
    with EmbeddedBroker() as broker:
        for topic in RAW_TOPICS:
            broker.create(PREFIX + topic, PARTITIONS)
        summary = feed_storm(broker, spoiled_storm)
        settings = {"bootstrap.servers": broker.bootstrap}
        parts = range(PARTITIONS)
        yield (
            {topic: [read_back(settings, PREFIX + topic, part) for part in parts] for topic in RAW_TOPICS},
            summary,
        )


def read_mark(record: Record) -> int | None:
    header = mark_header(record.headers)
    return None if header is None else mark_time(header, record.at)


def expected(storm: Path, topic: str) -> list[Played]:
    """The lines of a topic's file, blank ones apart; none of a topic that the storm has nothing for."""
    if not (storm / f"{topic}.jsonl").exists():
        return []
    with Playback(find_topic_files(storm, [topic]), load_network(CKT5)) as playback:
        return [line for line in playback.lines() if line.value and line.value.strip()]


Fed = tuple[dict[str, list[list[Record]]], dict[str, Any]]


@pytest.mark.parametrize("topic", RAW_TOPICS)
def test_every_line_stands_once_with_its_log_time_and_in_its_keys_partition(
    fed: Fed, spoiled_storm: Path, topic: str
) -> None:
    lines = expected(spoiled_storm, topic)
    key = RecordKey(topic)
    records = [[record for record in part if not record.headers] for part in fed[0][topic]]
    together = [(max(line.log_time, EARLIEST), key.read(line.value or b""), line.value) for line in lines]
    assert sorted((record.at, record.key or b"", record.value) for part in records for record in part) == sorted(
        (at, name or b"", value) for at, name, value in together
    )
    for part in records:
        names = {record.key for record in part} - {None}
        in_file = [value for _, name, value in together if name in names]
        assert [record.value for record in part if record.key is not None] == in_file
    assert fed[1]["records"][topic] == len(lines)


@pytest.mark.parametrize("topic", RAW_TOPICS)
def test_marks_keep_their_word(fed: Fed, topic: str) -> None:
    for part in fed[0][topic]:
        assert [record.at for record in part] == sorted(record.at for record in part)
        marks = [(place, mark) for place, record in enumerate(part) if (mark := read_mark(record)) is not None]
        assert [mark for _, mark in marks] == sorted({mark for _, mark in marks})
        assert marks[-1] == (len(part) - 1, END_OF_LOG)
        for place, mark in marks[:-1]:
            assert part[place].key is None
            assert part[place].value == b""
            assert part[place].at == mark
            assert all(record.at < mark for record in part[:place])
            assert part[place + 1].at >= mark


def test_quiet_topics_are_marked_while_others_speak(fed: Fed) -> None:
    """Between two marks of any partition no other partition has events of more than a second."""
    seconds = {record.at // 1000 for part in fed[0][METER_EVENTS] for record in part if record.at > EARLIEST}
    for topic in RAW_TOPICS:
        for part in fed[0][topic]:
            marked = {mark // 1000 for record in part if (mark := read_mark(record)) is not None}
            last = part[-1].at // 1000
            assert {second for second in seconds if second < last} <= marked


def test_with_end_marks_alone_offsets_are_the_lines_numbers(storm: Path, broker: EmbeddedBroker) -> None:
    for topic in RAW_TOPICS:
        broker.create(PREFIX + topic, 1)
    summary = feed_storm(broker, storm, "--mark-seconds", 0, "--speed", 1e9)
    assert summary["marks"] == len(RAW_TOPICS)
    for topic in RAW_TOPICS:
        records = read_back({"bootstrap.servers": broker.bootstrap}, PREFIX + topic, 0)
        lines = [(line.number, line.value) for line in expected(storm, topic)]
        assert [(record.offset, record.value) for record in records[:-1]] == lines


def test_topics_that_are_not_there_are_all_named(
    storm: Path, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTLINE_KAFKA", broker.bootstrap)
    refused = faultline("feed", "--network", CKT5, "--input", storm, "--prefix", PREFIX)
    assert refused.returncode == 2
    assert [line.split()[2] for line in refused.stderr.splitlines()] == [PREFIX + topic for topic in RAW_TOPICS]


@dataclass
class Readers:
    """Both flows in their simplest form: a record of evidence for each record, and offsets committed now and then."""

    settings: dict[str, object]
    over: Event = field(default_factory=Event)

    def run(self) -> None:
        producer = Producer(self.settings)
        ingest, outages = self._consumer("ingest", METER_EVENTS), self._consumer("outages", "evidence")
        while not self.over.is_set():
            for message in ingest.consume(50, timeout=0.01):
                producer.produce("evidence", message.value(), partition=0)
            assert producer.flush(120) == 0
            self._commit(ingest)
            outages.consume(20, timeout=0.01)
            self._commit(outages)
        ingest.close()
        outages.close()

    def _consumer(self, group: str, topic: str) -> Consumer:
        own = {"group.id": group, "auto.offset.reset": "error", "enable.auto.commit": False}
        consumer = Consumer({**self.settings, **EMBEDDED_CONSUMER, **own})
        consumer.assign([TopicPartition(topic, 0, 0)])
        return consumer

    def _commit(self, consumer: Consumer) -> None:
        reached = [place for place in consumer.position(consumer.assignment()) if place.offset > 0]
        if reached:
            consumer.commit(offsets=reached, asynchronous=False)


def large_lines(number: int, size: int) -> Iterator[Played]:
    """Lines that no compression makes smaller."""
    for place in range(number):
        yield Played(1_000_000 + place, 0, place, os.urandom(size))


@pytest.fixture
def readers(settings: dict[str, object], broker: EmbeddedBroker) -> Iterator[Readers]:
    broker.create(METER_EVENTS, 1)
    broker.create("evidence", 1)
    readers = Readers(settings)
    thread = Thread(target=readers.run)
    thread.start()
    yield readers
    readers.over.set()
    thread.join()


@pytest.mark.usefixtures("readers")
def test_nothing_is_overrun_while_the_feed_waits_for_both_flows(settings: dict[str, object]) -> None:
    """Three times what the broker keeps goes through one partition of each topic."""
    most, size = RETAINED_BYTES // 2, 20_000
    raw: list[Place] = [(METER_EVENTS, 0)]
    evidence: list[Place] = [("evidence", 0)]
    feed = Feed(settings, {METER_EVENTS: 1}, "", Tempo(), Event())
    with Positions(settings, "ingest") as ingest, Positions(settings, "outages") as outages:
        watches = [OverrunWatch("ingest", ingest, raw), OverrunWatch("outages", outages, evidence)]
        pace = SettledPace(ingest, outages, raw, evidence, most)
        furthest = 0

        class Watched:
            def behind(self, written: Produced) -> bool:
                nonlocal furthest
                furthest = max(furthest, written.bytes.total() - pace._settled.total())  # noqa: SLF001
                for watch in watches:
                    watch.check()
                return pace.behind(written)

        assert feed.play([METER_EVENTS], large_lines(3 * RETAINED_BYTES // size, size), Watched())
        assert most < furthest < most + 2 * UNCHECKED_BYTES
        deadline = monotonic() + PATIENCE
        while not pace.settled(feed.written):
            assert monotonic() < deadline
        assert [watch.check() for watch in watches] == [0, 0]
    assert feed.delivered == sum(feed.written.records.values()) == feed.records.total() + feed.marks


@pytest.mark.usefixtures("readers")
def test_a_feed_waits_for_a_group_that_lags(settings: dict[str, object]) -> None:
    raw: list[Place] = [(METER_EVENTS, 0)]
    feed = Feed(settings, {METER_EVENTS: 1}, "", Tempo(), Event())
    with Positions(settings, "ingest") as ingest:
        pace = LagPace(ingest, raw, 100)
        waited = 0

        class Watched:
            def behind(self, written: Produced) -> bool:
                nonlocal waited
                waited += pace.behind(written)
                return pace.behind(written)

        assert feed.play([METER_EVENTS], large_lines(1000, 5000), Watched())
        assert waited


def test_a_record_that_is_not_taken_fails_the_feed(
    settings: dict[str, object], broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.create(METER_EVENTS, 1)
    monkeypatch.setattr(
        feeding, "PRODUCER", {**feeding.PRODUCER, "delivery.timeout.ms": 500, "message.max.bytes": 2000}
    )
    with pytest.raises(FeedFailedError, match=f"topic {METER_EVENTS}, partition 0: .*message size too large"):
        Feed(settings, {METER_EVENTS: 1}, "", Tempo(), Event()).play([METER_EVENTS], large_lines(1, 3000))
    broker.set_down()
    with pytest.raises(FeedFailedError, match=f"topic {METER_EVENTS}, partition 0: .*timed out"):
        Feed(settings, {METER_EVENTS: 1}, "", Tempo(), Event()).play([METER_EVENTS], large_lines(1, 300))


def test_a_feed_that_is_stopped_writes_no_end(settings: dict[str, object], broker: EmbeddedBroker) -> None:
    broker.create(METER_EVENTS, 1)
    stop = Event()

    def lines() -> Iterator[Played]:
        yield from large_lines(2, 100)
        stop.set()
        yield Played(2_000_000, 0, 2, None)

    assert not Feed(settings, {METER_EVENTS: 1}, "", Tempo(), stop).play([METER_EVENTS], lines())
    marks = [read_mark(record) for record in read_back(settings, METER_EVENTS, 0)]
    assert END_OF_LOG not in marks
