"""What a record may say to the clock: marks where files are played, nothing anywhere else, and never beyond bounds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from confluent_kafka import Message

from adapters.kafka.clients.consumer import Polled, Run
from adapters.kafka.connectors.raw_reading import RawReading
from adapters.kafka.connectors.raw_source import RawReader
from adapters.kafka.records.marks import MARK
from adapters.kafka.topics.ids import TopicCheck
from adapters.process.pulse import Pulse
from models.contracts.topics import CREW_EVENTS, METER_EVENTS, RAW_TOPICS
from models.evidence.batch import END_OF_LOG
from models.evidence.log_record import decode_record
from models.evidence.routing import Routing
from models.ingest.intake import Intake, Origin
from models.ingest.origin_reader import OriginReader
from tests.worlds.networks import Device, Point, network_of

if TYPE_CHECKING:
    from models.evidence.batch import EvidenceBatch

NETWORK = network_of([Device("d", "", "breaker", "sub")], [Point("p", "d")])
AT = 1_782_900_000_000
DAY = 86_400_000


def event(at: int = AT) -> bytes:
    fields = {"event_id": "e", "meter_id": NETWORK.meter_ids[0], "kind": "last_gasp", "source": "mesh"}
    return json.dumps(fields | {"observed_at": at, "received_at": at}).encode()


@dataclass
class Records:
    """Stands for a consumer: gives each poll the records that were handed in before."""

    topic: str
    waiting: list[Message] = field(default_factory=list)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    offset: int = 0

    def write(self, value: bytes = b"", mark: bytes | None = None, at: int = AT) -> None:
        headers: list[tuple[str, Any]] = [] if mark is None else [(MARK, mark)]
        place: dict[str, Any] = {"topic": self.topic, "partition": 0, "offset": self.offset}
        self.waiting.append(Message(**place, value=value, headers=headers, timestamp=(1, at)))
        self.offset += 1

    def poll(self, _most: int, _seconds: float) -> Polled:
        taken, self.waiting = self.waiting, []
        return Polled([Run.of((self.topic, 0), taken)] if taken else [])


class Ends:
    """Looks at nobody's ends."""

    def request(self) -> None: ...

    def reached(self, _positions: object) -> list[Any]:
        return []


@dataclass
class Source:
    """A source over one raw partition, and what it handed on."""

    records: Records
    reader: RawReader
    pulse: Pulse
    batches: list[EvidenceBatch] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)

    def read(self) -> None:
        for written in self.reader.next_batch():
            for _, some in written.evidence:
                self.batches += [batch for one in some for batch in decode_record(one.value or b"").batches]
            for _, some in written.dead_letters:
                self.letters += [dict(one.headers or [])["_dlq.errors.message"] or b"" for one in some]

    @property
    def watermark(self) -> int:
        return self.batches[-1].watermark


def source(topic: str = METER_EVENTS, *, played: bool) -> Source:
    routing = Routing.of(NETWORK, np.zeros(1, np.int32), 1)
    origin = Origin(OriginReader(NETWORK, topic), partitions=1, position=0, log_time=0, covered={0: 0})
    records = Records(topic)
    reading: Any = RawReading(
        records,  # type: ignore[arg-type]
        Intake(NETWORK, routing, {f"{topic}/0": origin}),
        Ends(),  # type: ignore[arg-type]
        {topic: topic},
        frozenset(RAW_TOPICS) if played else frozenset(),
        "1",
        TopicCheck({}, {}),
        {},
    )
    pulse = Pulse()
    return Source(records, RawReader(reading, pulse), pulse)


def test_marks_are_dead_letters_where_nobody_plays_files() -> None:
    read = source(played=False)
    for mark in (b"end", str(AT).encode(), b"x"):
        read.records.write(mark=mark)
    read.records.write(event())
    read.read()
    assert len(read.letters) == 3
    assert all(b"is a mark (faultline-mark) in a topic that is not for playing" in letter for letter in read.letters)
    assert (read.watermark, read.batches[-1].offsets, read.batches[-1].rows()) == (AT, (0, 4), 1)


def test_marks_of_crews_wait_as_dead_letters_too() -> None:
    read = source(CREW_EVENTS, played=False)
    read.records.write(mark=b"end")
    read.read()
    assert ["is a mark" in letter.message for batch in read.batches for letter in batch.deferred] == [True]


def test_broken_and_far_marks_are_dead_letters() -> None:
    read = source(played=True)
    read.records.write(event())
    for mark in (b"9" * 23, b"253402300800000", b"-1", b"", b"7", str(AT + 32 * DAY).encode()):
        read.records.write(mark=mark)
    read.records.write(mark=str(AT + 30 * DAY).encode())
    read.read()
    assert len(read.letters) == 6
    assert all(b"is a broken mark" in letter for letter in read.letters)
    assert read.watermark == AT + 30 * DAY


def test_a_record_after_the_end_takes_it_back() -> None:
    read = source(played=True)
    read.records.write(event())
    read.records.write(mark=b"end")
    read.read()
    assert read.watermark == END_OF_LOG
    read.records.write(event(AT + 5), at=AT + 5)
    read.read()
    assert (read.watermark, read.batches[-1].rows()) == (AT + 5, 1)
    read.records.write(mark=b"end")
    read.read()
    read.pulse.stop()  # the last flush goes everywhere
    read.read()
    assert read.watermark == END_OF_LOG


def test_records_without_a_time_are_refused_and_move_nothing() -> None:
    read = source(played=True)
    for at in (-1, 0, 17, 1 << 60):
        read.records.write(event(), at=at)
    read.read()
    assert len(read.letters) == 4
    assert all(b"write records with their times" in letter for letter in read.letters)
    read.records.write(event())
    read.records.write(event(), at=-1)
    read.records.write(event(AT + 2 * DAY))
    read.read()
    assert (read.watermark, read.batches[-1].rows(), len(read.letters)) == (AT, 2, 5)
