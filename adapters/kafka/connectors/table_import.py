"""Topics from outside into a flow's log, as an origin of it: what others write gets its place among the instants.

Instants are those of the outages' clock, so that what is played years back has its tables as well. A compacted topic is
read as a whole at each start, between two marks: what does not come is gone. What cannot be read becomes a dead letter
without bytes. Delivery: each entry says up to where its partition has all, and nobody else can write meanwhile.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from bytewax.inputs import StatefulSourcePartition
from typing_extensions import override

from adapters.kafka.clients.consumer import PartitionReader, offset_of
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.clients.tail import find_bounds
from adapters.kafka.connectors.process_source import IDLE_SECONDS, ProcessSource
from adapters.kafka.records.dead_letters.dead_letter import Envelope
from adapters.kafka.records.dead_letters.dead_letter import outgoing as dead_letter
from adapters.kafka.records.origin_log import Reached, encode_table_entry, find_reached, partition_of, place_name
from adapters.state.sealed import seal
from models.contracts.topics import dead_letter_topic
from models.evidence.batch import RefusedLine
from models.timeline.tables import BEGIN, END, RefusedRecordError
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Fence, Place, Polled, Run
    from adapters.kafka.connectors.record_source import RecordWatch
    from adapters.kafka.records.origin_log import Routed
    from adapters.process.pulse import Pulse
    from models.timeline.tables import ReadTable, Taken

RECORDS_AT_ONCE: Final = 1000
CLOCK_TAIL: Final = 8
"""Offsets that are read of the clock's end: where records come in transactions the last ones are marks of these."""
MOST_BYTES: Final = 1 << 20
"""Of the records of one entry, besides the last one."""
log: Final = logging.getLogger("faultline")


@dataclass(frozen=True, slots=True)
class TableSetup:
    """What is imported, and where to."""

    origin: str
    client: Mapping[str, Any]
    group: str
    log: str
    """Topic of the entries, by its full name as all others here."""
    partitions: int
    """Of the log, and of the clock."""
    clock: str
    readers: Mapping[str, ReadTable]
    """By topic."""
    topic_partitions: Mapping[str, int]
    """Of all topics that are read or that records are passed on to."""
    sends: Mapping[str, str]
    """Topics that records are passed on to: names by stem."""
    whole: frozenset[str]
    """Topics of which the last record of each key counts."""
    version: str
    fence: Fence | None

    def places(self) -> dict[str, Place]:
        """Give by the sink's names where this writes: entries by partition, letters by topic and partition."""
        entries = {f"{part:05d}": (self.log, part) for part in range(self.partitions)}
        letters = {
            f"{topic}/{part:05d}": (dead_letter_topic(topic), part)
            for topic in self.readers
            for part in range(self.partitions)
        }
        passed = {
            f"{name}/{part:05d}": (name, part % self.topic_partitions[name])  # it may have fewer than the log
            for name in self.sends.values()
            for part in range(self.partitions)
        }
        return entries | letters | passed


class TableImport(ProcessSource[tuple[str, "Sequence[Outgoing]"]]):
    """Reads all topics from outside; items are for a `KafkaSink` of `TableSetup.places`."""

    def __init__(self, setup: TableSetup, pulse: Pulse, watch: RecordWatch) -> None:
        super().__init__(pulse, "the snapshot of tables")
        self._setup, self._watch = setup, watch
        pulse.unread.add("tables")

    @override
    def open(self, saved: Any | None) -> TableReader:
        return TableReader(self._setup, self._pulse, self._watch)


@dataclass(slots=True)
class _Lane:
    """A partition of the log."""

    reached: Reached
    before: Mapping[str, int]
    """The offsets that it had when reading began."""
    waiting: list[Routed] = field(default_factory=list)
    passed: bool = False
    """Whether records were passed on of which no entry tells yet that they were."""


class _Sent(NamedTuple):
    """What goes to another place of the sink than the log."""

    key: str
    outgoing: Outgoing


class TableReader(StatefulSourcePartition[tuple[str, "Sequence[Outgoing]"], bytes]):
    """The one partition of a `TableImport`: it has no state, its log says how far it has come."""

    def __init__(self, setup: TableSetup, pulse: Pulse, watch: RecordWatch) -> None:
        self._setup, self._pulse, self._watch = setup, pulse, watch
        logs = [(setup.log, part) for part in range(setup.partitions)]
        reached = find_reached(setup.client, logs, setup.origin)
        self._lanes = [_Lane(reached[place], reached[place].offsets) for place in logs]
        offsets = self._begins()
        self._offsets = {place_name(place): offset for place, offset in offsets.items() if place[0] != setup.clock}
        self._unread = set(offsets) - {place for place in offsets if place[0] == setup.clock}
        self._reader = PartitionReader(setup.client, setup.group, offsets, setup.fence)
        self._now: int | None = None
        """The newest instant of the outages (ms): before there is one, what is read waits."""
        if setup.whole:
            self._mark(BEGIN)

    @override
    def next_batch(self) -> list[tuple[str, Sequence[Outgoing]]]:
        self._pulse.beat()
        if self._pulse.stopping:
            raise StopIteration
        polled = self._reader.poll(RECORDS_AT_ONCE, IDLE_SECONDS)
        self._watch.polled(polled)
        sent = [one for run in polled.runs for one in self._take(run)]
        self._reach(polled)
        entries = [] if self._now is None else self._entries(self._now)
        return [*((one.key, (one.outgoing,)) for one in sent), *entries]

    @override
    def snapshot(self) -> bytes:
        return seal(None)

    @override
    def close(self) -> None:
        self._reader.close()

    def _begins(self) -> dict[Place, int]:
        """Where to read on: of the clock its end, of what is read as a whole its head."""
        setup = self._setup
        tables = [(topic, part) for topic in setup.readers for part in range(setup.topic_partitions[topic])]
        clocks = [(setup.clock, part) for part in range(setup.partitions)]
        bounds = find_bounds(setup.client, [*tables, *clocks])
        begins = {place: max(bounds[place][0], bounds[place][1] - CLOCK_TAIL) for place in clocks}
        for place in tables:
            known = min(lane.before.get(place_name(place), 0) for lane in self._lanes)
            begins[place] = bounds[place][0] if place[0] in setup.whole else max(known, bounds[place][0])
        return begins

    def _take(self, run: Run) -> Iterator[_Sent]:
        if run.topic == self._setup.clock:
            instants = [instant for message in run.messages if (instant := _instant_of(message)) is not None]
            self._now = max([*instants, self._now or 0]) or None
            return
        outcomes: Counter[str] = Counter()
        for message in run.messages:
            taken, refusal = self._read(run.topic, message)
            outcomes["used" if refusal is None else "refused"] += 1
            if refusal is not None and self._is_new(message, self._lanes[0]):
                yield self._letter(message, refusal)
            if taken is not None:
                yield from self._place(taken, message)
        for outcome, count in outcomes.items():
            self._watch.read(run.topic, outcome, count)

    def _read(self, topic: str, message: Message) -> tuple[Taken | None, RefusedRecordError | None]:
        self._offsets[place_name(_place(message))] = offset_of(message) + 1
        key = (message.key() or b"").decode("utf-8", "replace")
        try:
            return self._setup.readers[topic](key, message.value()), None
        except RefusedRecordError as error:
            return error.instead, error

    def _place(self, taken: Taken, message: Message) -> Iterator[_Sent]:
        """Put what was taken into its partition of the log, and pass on what is to be passed on before that."""
        own = partition_of(taken.key, len(self._lanes))
        for part, lane in enumerate(self._lanes) if taken.everywhere else ((own, self._lanes[own]),):
            if (message.topic() or "") not in self._setup.whole and not self._is_new(message, lane):
                continue
            for one in taken.passed:
                outgoing = Outgoing(one.value, one.key.encode(), at=one.at)
                yield _Sent(f"{self._setup.sends[one.topic]}/{part:05d}", outgoing)
                lane.passed = True
            if taken.said is not None:
                lane.waiting.append((taken.key, taken.said))

    def _letter(self, message: Message, refusal: RefusedRecordError) -> _Sent:
        (topic, part), offset = _place(message), offset_of(message)
        line = RefusedLine(0, topic, part, offset, refusal.disposition, str(refusal), b"")
        envelope = Envelope(None, [], message.timestamp()[1], null=True)
        return _Sent(f"{topic}/00000", dead_letter(line, envelope, self._setup.version, offset + 1))

    def _is_new(self, message: Message, lane: _Lane) -> bool:
        """Whether a partition of the log did not have a record when reading began."""
        return offset_of(message) >= lane.before.get(place_name(_place(message)), 0)

    def _mark(self, mark: str) -> None:
        """Say to all that a table which is read as a whole begins, or ends."""
        for lane in self._lanes:
            lane.waiting.append(("", [mark]))

    def _reach(self, polled: Polled) -> None:
        """Tell that all has been read that there was, once."""
        ended = polled.ends.keys() & self._unread
        if not ended:
            return
        whole = {place for place in self._unread if place[0] in self._setup.whole}
        self._unread -= ended
        if whole and not whole & self._unread:
            self._mark(END)
        if not self._unread:
            self._pulse.reached_end("tables")

    def _entries(self, now: int) -> Iterator[tuple[str, Sequence[Outgoing]]]:
        """Write what waits, and that time has gone on."""
        for part, lane in enumerate(self._lanes):
            if lane.waiting or lane.passed or lane.reached.instant < now:
                yield f"{part:05d}", list(self._entries_of(lane, now))

    def _entries_of(self, lane: _Lane, now: int) -> Iterator[Outgoing]:
        """Only the last entry says that the partition has all, else a kill amid them would lose the rest."""
        parts, lane.waiting, lane.passed = _cut(lane.waiting), [], False
        for number, some in enumerate(parts, start=1):
            offsets = dict(self._offsets) if number == len(parts) else lane.reached.offsets
            lane.reached = Reached(lane.reached.number + 1, max(now, lane.reached.instant + 1), offsets)
            yield encode_table_entry(self._setup.origin, lane.reached, some)


def _place(message: Message) -> Place:
    return message.topic() or "", message.partition() or 0


def _instant_of(message: Message) -> int | None:
    """Read an instant of the clock; None of a foreign record, which the flow's other source tells of."""
    try:
        return parse_time(orjson.loads(message.value() or b"")["updated_at"])
    except (ValueError, TypeError, KeyError):
        return None


def _cut(routed: Iterable[Routed]) -> list[list[Routed]]:
    """Divide records so that an entry does not grow too large; there is one entry at least."""
    parts: list[list[Routed]] = [[]]
    size = 0
    for one in routed:
        size += len(orjson.dumps(one))
        if size > MOST_BYTES and parts[-1]:
            parts.append([])
            size = 0
        parts[-1].append(one)
    return parts
