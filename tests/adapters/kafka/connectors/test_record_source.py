"""Messages of followed topics into moments: tolerant of newer writers; what is foreign is passed over and counted."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import orjson
import pytest
from confluent_kafka import Message

from adapters.kafka.clients.consumer import PartitionReader, Place, Polled, Run
from adapters.kafka.connectors.merges import ClockedPartition, LogPartition
from adapters.kafka.connectors.record_source import MomentReader, Reading, RecordSource, RecordWatch
from adapters.kafka.records.followed_record import ForeignRecordError, RecordReader
from adapters.kafka.records.origin_log import encode_entry
from adapters.process.pulse import Pulse
from adapters.state.sealed import unseal
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, ZONE_HEALTH
from models.refusal import FaultsError
from models.timeline.clock_merge import CLOCK, ClockMerge
from models.timeline.origin_merge import OriginMerge
from models.times.iso8601 import format_time

START = 1_782_900_000_000
CLOCK_PLACE, HEALTH_PLACE = ("x." + OUTAGE_CLOCK, 2), ("x." + ZONE_HEALTH, 2)


class Told:
    """A message without a broker."""

    def __init__(self, place: Place, offset: int, value: bytes | None, key: str = "k", sequence: int = 0) -> None:
        self._place, self._offset, self._value, self._key = place, offset, value, key.encode()
        self._headers = [("ce_sequence", b"%019d" % sequence)] if sequence else []

    def topic(self) -> str:
        return self._place[0]

    def partition(self) -> int:
        return self._place[1]

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def timestamp(self) -> tuple[int, int]:
        return 1, START

    def headers(self) -> list[tuple[str, bytes]]:
        return self._headers

    def __len__(self) -> int:
        return len(self._value or b"")


def health(number: int, **more: Any) -> bytes:
    record = {
        "event_id": f"zone{number}:1",
        "schema_version": 1,
        "organisation": "city",
        "sequence": number,
        "zone_id": f"zone{number}",
        "revision": 1,
        "status": "healthy",
        "since": format_time(START),
        "updated_at": format_time(START),
        "evidence_partition": 2,
        "evidence_offset": 0,
        "error": None,
        "outage_ids": [],
    }
    return orjson.dumps(record | more)


def tick(number: int, last: int) -> bytes:
    at = format_time(START + 1000 * number)
    return orjson.dumps(
        {
            "event_id": f"2:{at}",
            "schema_version": 1,
            "organisation": "city",
            "sequence": number,
            "evidence_partition": 2,
            "updated_at": at,
            "sequences": {ZONE_HEALTH: last},
        }
    )


class Polls:
    """A reader that gives what it was given, poll by poll."""

    def __init__(self, *polls: list[Told]) -> None:
        self.polls, self.positions, self.paused = list(polls), {CLOCK_PLACE: 0, HEALTH_PLACE: 0}, set[Place]()

    def poll(self, _most: int, _seconds: float) -> Polled:
        runs = []
        for told in self.polls.pop(0) if self.polls else []:
            place = (told.topic(), told.partition())
            self.positions[place] = told.offset() + 1
            runs.append(Run.of(place, [cast("Message", told)]))
        return Polled(runs, {})

    def pause(self, places: set[Place]) -> None:
        self.paused = places


def reader(polls: Polls, watch: RecordWatch) -> MomentReader:
    names = {ZONE_HEALTH: HEALTH_PLACE, OUTAGE_CLOCK: CLOCK_PLACE}
    merge = ClockedPartition(names, ClockMerge([ZONE_HEALTH]), dict.fromkeys(names.values(), 0))
    return MomentReader("records", Reading(cast("PartitionReader", polls), {2: merge}), Pulse(), watch)


def test_moments_come_when_the_clock_and_its_records_are_there_and_what_is_foreign_is_passed_over() -> None:
    counted: Counter[str] = Counter()
    watch = RecordWatch(read=lambda _topic, outcome, count: counted.update({outcome: count}))
    polls = Polls(
        [
            Told(HEALTH_PLACE, 0, health(1, new_field="of a newer writer"), "zone1", 1),
            Told(CLOCK_PLACE, 0, tick(1, 2), "2", 1),
        ],
        [Told(HEALTH_PLACE, 1, b"{}", "zone", 7), Told(HEALTH_PLACE, 2, b"no headers")],
        [Told(HEALTH_PLACE, 3, None, "zone1", 2), Told(HEALTH_PLACE, 4, health(3), "zone3", 3)],
    )
    source = reader(polls, watch)
    assert source.next_batch() == []
    assert source.next_batch() == []
    ((name, placed),) = source.next_batch()
    assert (name, placed.partition, placed.moment.instant) == ("00002", 2, START + 1000)
    assert [(one.key, one.record and one.record.zone_id) for one in placed.moment.records] == [
        ("zone1", "zone1"),
        ("zone1", None),
    ]
    assert counted == {"used": 4, "refused": 2}
    state = unseal(source.snapshot(), "")
    assert {name: tuple(some) for name, some in state[2].items()} == {ZONE_HEALTH: (4, 2), CLOCK: (1, 1)}


def test_a_flow_that_reads_two_things_has_caught_up_when_both_are_read() -> None:
    pulse = Pulse()
    for name in ("records", "log"):
        RecordSource(name, lambda _: Reading(cast("PartitionReader", Polls()), {}), pulse, RecordWatch())
    for name, all_read in (("records", False), ("records", False), ("log", True), ("records", True)):
        pulse.reached_end(name)
        assert pulse.caught_up == all_read


def test_a_record_that_is_missing_ends_the_flow_with_what_to_do() -> None:
    polls = Polls([Told(HEALTH_PLACE, 0, health(1), "zone1", 1), Told(HEALTH_PLACE, 1, health(3), "zone3", 3)])
    with pytest.raises(FaultsError, match=r"offset 1: .*3 follows 1.*empty the state folder"):
        reader(polls, RecordWatch()).next_batch()


def test_an_entry_of_a_log_is_read_as_it_was_written_and_no_other() -> None:
    place = ("x.log", 0)
    merge = LogPartition("log", {place: ["clock/00000"]}, OriginMerge(["clock/00000"]))
    written = encode_entry("clock/00000", 3, START, [("north", [1, "two"])])
    merge.add(cast("Message", Told(place, 5, written.value, "clock/00000")))
    (moment,) = merge.take()
    assert [tuple(one) for one in moment.records] == [("log", 3, "north", [1, "two"])]
    assert merge.state({place: 6}) == ([6], (1, {"clock/00000": (3, START)}))
    for value in (b"", b"[]", b"{}", b"{", b'{"number": 1, "instant": 2, "records": [3]}'):
        with pytest.raises(ForeignRecordError):
            merge.add(cast("Message", Told(place, 6, value)))


def test_what_a_replay_has_at_hand_is_read_as_from_the_topic() -> None:
    read = RecordReader(output_of(ZONE_HEALTH))
    record = orjson.loads(health(1))
    assert read.take(record) == read.read(cast("Message", Told(HEALTH_PLACE, 0, health(1), "zone1", 1)))
    gone = {"zone_id": "zone1", "sequence": 2, "tombstone": True}
    assert read.take(gone) == read.read(cast("Message", Told(HEALTH_PLACE, 0, None, "zone1", 2)))
