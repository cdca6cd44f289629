"""The evidence log as a Bytewax source: one consumer over a process's partitions, a record an item.

Delivery: the snapshot holds the next offset of each partition, in the same epoch as the engine's state, so a resumed
run goes on with the next record, none twice and none left out. A record that cannot be followed is handed on as passed
over. Where evidence is missing the partition stands: it is read on only for a control record that says to do without,
and then again from there.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bytewax.inputs import StatefulSourcePartition
from typing_extensions import override

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.connectors.process_source import IDLE_SECONDS, ProcessSource
from adapters.state.sealed import seal
from models.evidence.log_following import NOTHING, Followed, OtherNetworkError
from models.evidence.log_record import LogRecord, LogRecordError, decode_record
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import PartitionReader, Place, Polled
    from adapters.kafka.topics.ids import TopicCheck
    from adapters.process.pulse import Pulse
    from models.evidence.log_following import LogFollower
    from models.network.network import Network

Positions = dict[int, tuple[int, dict[str, int], list[str]]]
"""By evidence partition, the next offset, by origin the offset that is expected there, and the network's versions."""
Resumed = tuple[Positions, str]
"""What a snapshot holds: positions, and the id of the topic that they are of; empty if the broker gives none."""
RECORDS_AT_ONCE: Final = 64
log: Final = logging.getLogger("faultline")


class ForeignEvidenceError(FaultsError):
    """A record of the evidence log that this process cannot follow."""


class EvidenceRecord(NamedTuple):
    """A record of the evidence log with its place."""

    partition: int
    offset: int
    appended_at: int
    """When the broker took it, milliseconds: tells whether an origin stands still while the log goes on."""
    size: int
    record: LogRecord
    foreign: str | None = None
    """Why it is passed over; `record` is then empty."""
    skipped_gap: str | None = None
    """What is missing before it, and is done without."""
    live: bool = False
    """All that stood in its partition at the start has been read before."""
    end: bool = False
    """It is no record: it stands after the last of those that stood there at the start."""


Item = tuple[str, EvidenceRecord]
"""A record by the name of its evidence partition."""


@dataclass(slots=True)
class LogWatch:
    """What the source tells who watches."""

    polled: Callable[[Polled], None] = lambda _polled: None
    committed: Callable[[Mapping[Place, int]], None] = lambda _lags: None
    """Told the records that are still to be read, by partition."""
    stands: Callable[[int], None] = lambda _partition: None
    """Told an evidence partition that is not read on, for evidence is missing there."""
    goes_on: Callable[[int], None] = lambda _partition: None
    """Told that it is."""


@dataclass(slots=True)
class LogReading:
    """What the log is read with."""

    reader: PartitionReader
    followers: dict[int, LogFollower]
    """By evidence partition."""
    topics: TopicCheck
    topic_id: str
    """Of the log; empty if the broker gives none."""
    find_network: Callable[[str], Network | None] = lambda _version: None
    """Looks for a version of the network that a partition waits for."""
    watch: LogWatch = field(default_factory=LogWatch)


class LogSource(ProcessSource[Item]):
    """Reads all evidence partitions of a process."""

    def __init__(self, begin: Callable[[Resumed], LogReading], pulse: Pulse) -> None:
        """`begin` is given what the snapshot holds, nothing at the first start, and opens the reading."""
        super().__init__(pulse, "the snapshot of the evidence log's offsets")
        self._begin = begin

    @override
    def open(self, saved: Any | None) -> LogReader:
        positions, topic_id = saved or ({}, "")
        known = {partition: (at, expected, list(versions)) for partition, (at, expected, versions) in positions.items()}
        return LogReader(self._begin((known, topic_id)), self._pulse)


class LogReader(StatefulSourcePartition[Item, bytes]):
    """The one partition of a `LogSource`. Raises `RecordsGoneError`, `ForeignEvidenceError`, `OtherTopicError`."""

    def __init__(self, reading: LogReading, pulse: Pulse) -> None:
        self._reader, self._followers, self._watch = reading.reader, reading.followers, reading.watch
        self._topics, self._topic_id, self._find_network = reading.topics, reading.topic_id, reading.find_network
        self._pulse = pulse
        self._offsets = dict(self._reader.positions)
        self._at_end: set[Place] = set()
        self._gone_back: set[Place] = set()
        """Partitions that are read again from a gap: what this poll has of them beyond it comes again."""
        self._to_commit: Mapping[Place, int] | None = None

    @override
    def next_batch(self) -> list[Item]:
        self._pulse.beat()
        if self._to_commit is not None:
            self._reader.commit(self._to_commit)
            self._watch.committed(self._reader.lags())
            self._to_commit = None
        self._topics.poll()
        if self._pulse.stopping:
            raise StopIteration
        if not self._has_networks():
            time.sleep(IDLE_SECONDS)
            return []
        live = frozenset(self._at_end)
        polled = self._reader.poll(RECORDS_AT_ONCE, IDLE_SECONDS)
        self._watch.polled(polled)
        self._gone_back.clear()
        items = [item for run in polled.runs for item in self._follow((run.topic, run.partition), run.messages, live)]
        reached = [place for place, end in sorted(polled.ends.items()) if self._has_reached(place, end)]
        items += [_end_of(place, self._reader.positions[place]) for place in reached if place not in live]
        self._at_end.update(reached)
        if self._at_end >= self._offsets.keys():
            self._pulse.caught_up = True
        self._offsets |= self._reader.positions
        return items

    @override
    def snapshot(self) -> bytes:
        self._to_commit = dict(self._offsets)
        positions = {}
        for (_, part), at in self._offsets.items():
            follower = self._followers[part]
            positions[part] = at, follower.expected, [*follower.versions, follower.network.version]
        return seal((positions, self._topic_id))

    @override
    def close(self) -> None:
        self._reader.close()

    def _follow(self, place: Place, messages: list[Message], live: frozenset[Place]) -> Iterator[Item]:
        follower = self._followers[place[1]]
        if place in self._gone_back:
            return
        for message in messages:
            value, offset = message.value() or b"", offset_of(message)
            if follower.gap is not None:
                at = follower.gap.at
                if follower.decides(value):
                    self._go_on(place, at, offset)
                    return
                continue
            try:
                followed = follower.follow(offset, value)
            except OtherNetworkError as error:
                raise ForeignEvidenceError([f"{place[0]}/{place[1]}, offset {offset}: it {error}"]) from error
            if followed is None and follower.awaited:
                self._reader.seek(place, offset)
                self._gone_back.add(place)
                return
            if followed is None:
                self._stand(place, follower)
            else:
                if followed.foreign:
                    log.warning("%s/%d, offset %d: passed over: %s", *place, offset, followed.foreign)
                yield f"{place[1]:05d}", at_place(message, followed)._replace(live=place in live)
        if follower.gap is not None:
            self._reader.positions[place] = follower.gap.at  # all of it is still to be read

    def _has_networks(self) -> bool:
        """Whether all versions of the network are there that the partitions wait for; else nothing is read."""
        for follower in self._followers.values():
            if follower.awaited and self._find_network(follower.awaited) is None:
                return False
            follower.awaited = None
        return True

    def _has_reached(self, place: Place, end: int) -> bool:
        """Whether all before an end has been followed: a partition may stand before it, or have gone back."""
        gap = self._followers[place[1]].gap
        if gap is not None:
            self._reader.positions[place] = gap.at
        return self._reader.positions[place] >= end

    def _stand(self, place: Place, follower: LogFollower) -> None:
        gap = follower.gap
        assert gap is not None  # noqa: S101  it has just been found
        command = f"faultline evidence skip --partition {place[1]} --offset {gap.at}"
        remedy = f"look for them, or do without them: {command}"
        self._pulse.hindrances[_name(place)] = f"{place[0]}/{place[1]} stands: {gap}; {remedy}"
        log.error("%s", self._pulse.hindrances[_name(place)])
        self._watch.stands(place[1])

    def _go_on(self, place: Place, at: int, decided: int) -> None:
        self._reader.seek(place, at)
        self._gone_back.add(place)
        self._pulse.hindrances.pop(_name(place), None)
        self._watch.goes_on(place[1])
        log.warning("%s/%d: goes on at offset %d, as the record at offset %d decides", *place, at, decided)


def _end_of(place: Place, end: int) -> Item:
    """Say that a partition has been read to its end."""
    return f"{place[1]:05d}", EvidenceRecord(place[1], end - 1, 0, 0, NOTHING, live=True, end=True)


def _name(place: Place) -> str:
    return f"gap {place[0]}/{place[1]}"


def at_place(message: Message, followed: Followed) -> EvidenceRecord:
    """Give a record that was followed with its place."""
    size = len(message.value() or b"")
    partition, offset, appended_at = message.partition() or 0, offset_of(message), message.timestamp()[1]
    return EvidenceRecord(partition, offset, appended_at, size, followed.record, followed.foreign, followed.skipped_gap)


def read_message(message: Message) -> EvidenceRecord:
    """Read a record of any network, to be looked at. Raises `ForeignEvidenceError`."""
    try:
        record = decode_record(message.value() or b"")
    except LogRecordError as error:
        where = f"{message.topic()}/{message.partition()}, offset {message.offset()}"
        raise ForeignEvidenceError([f"{where}: {error}"]) from error
    return at_place(message, Followed(record))
