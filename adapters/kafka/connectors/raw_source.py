"""The raw topics as a Bytewax source: one consumer over a process's partitions, decoded where they are read.

Delivery: records are read at least once. The snapshot holds what is *settled*, which is what the evidence log and the
dead letters have acknowledged; what stands in the log beyond is not written again (`models.ingest.intake`), and the
engine drops offsets that it has seen. An epoch's commit is therefore never ahead of its output.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from adapters.kafka.clients.consumer import Run, offset_of
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.dead_letters import dead_letter
from adapters.kafka.records.marks import BROKEN, NOT_PLAYED, mark_time
from adapters.kafka.records.raw import MOST_BYTES, bounded, marks_of, record_columns, time_of
from adapters.kafka.topics.ids import more_partitions
from adapters.state.sealed import seal, unseal
from models.evidence.log_record import encode_record
from models.ingest.intake import ENOUGH_ROWS, waits_for_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message
    from numpy.typing import NDArray

    from adapters.kafka.clients.consumer import PartitionReader, Place, Polled
    from adapters.kafka.clients.ends import Ends
    from adapters.kafka.topics.ids import TopicCheck
    from adapters.process.pulse import Pulse
    from models.decoding.validation import Reason
    from models.evidence.batch import RefusedLine
    from models.ingest.intake import Intake, OffsetReceipt
    from models.ingest.origin_reader import Ingested

Settled = dict[str, tuple[int, int]]
"""By origin, the next offset and the log time before it."""
Resumed = tuple[Settled, dict[str, str]]
"""What a snapshot holds: what is settled, and by raw topic the id of the one that it was read from."""

PARTITION: Final = "00000"
RECORDS_AT_ONCE: Final = 2000
"""Small enough to stay in the processor's cache from the fetch to the columns."""
IDLE_SECONDS: Final = 0.02
BUSY_SECONDS: Final = 0.002
"""How long to wait for records, and for more where some wait to be written."""
HEARTBEAT_SECONDS: Final = 1.0
"""Each evidence partition hears of each origin at least so often."""
SOONEST_SECONDS: Final = 0.05
"""Not more often than this do all partitions hear that a second of log time is complete."""


class IngestOutput(NamedTuple):
    """What goes on from a poll: evidence by evidence partition, dead letters by raw partition."""

    evidence: list[tuple[str, list[Outgoing]]]
    dead_letters: list[tuple[str, list[Outgoing]]]


RefusedRecord = tuple["RefusedLine", "Message", "OffsetReceipt"]
"""A record that becomes a dead letter, and the receipt that waits for it."""


@dataclass(slots=True)
class RawWatch:
    """What the source tells who watches: called once a poll or less often."""

    polled: Callable[[Polled], None] = lambda _polled: None
    taken: Callable[[str, Ingested, float], None] = lambda *_: None
    """Topic, what a batch of records became, and the seconds it took."""
    marked: Callable[[str], None] = lambda _topic: None
    """A control record of a topic was read."""
    flushed: Callable[[Intake], None] = lambda _intake: None
    committed: Callable[[Mapping[Place, int]], None] = lambda _lags: None
    """Told the records that are still to be read, by partition."""


@dataclass(slots=True)
class Reading:
    """What a process reads with."""

    reader: PartitionReader
    intake: Intake
    ends: Ends
    stems: dict[str, str]
    """By name in Kafka, the topic's name without prefix."""
    played: frozenset[str]
    """Raw topics, without prefix, whose marks are obeyed."""
    version: str
    topics: TopicCheck
    """Of the raw topics, by their names in Kafka."""
    topic_ids: Mapping[str, str]
    """Of the raw topics, by their names without prefix."""
    watch: RawWatch = field(default_factory=RawWatch)


class RawSource(FixedPartitionedSource[IngestOutput, bytes]):
    """Reads all raw partitions of a process; one Bytewax partition holds them, so they may become more."""

    def __init__(self, begin: Callable[[Resumed], Reading], pulse: Pulse) -> None:
        """`begin` is given what the snapshot holds, and opens the reading."""
        self._begin = begin
        self._pulse = pulse

    @override
    def list_parts(self) -> list[str]:
        return [PARTITION]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: bytes | None) -> RawReader:
        state = ({}, {}) if resume_state is None else unseal(resume_state, "the snapshot of what is settled")
        settled = {origin: (at, time) for origin, (at, time) in state[0].items()}
        return RawReader(self._begin((settled, state[1])), self._pulse)


class RawReader(StatefulSourcePartition[IngestOutput, bytes]):
    """The one partition of a `RawSource`.

    Raises `RecordsGoneError` where retention has overrun the position, `OtherTopicError` for a topic made anew.
    """

    def __init__(self, reading: Reading, pulse: Pulse) -> None:
        self._reading = reading
        self._intake = reading.intake
        self._pulse = pulse
        self._refused: dict[str, list[RefusedRecord]] = {}
        """What waits to be handed on with evidence, by partition."""
        self._refused_bytes = 0
        self._flushed_everywhere_at = 0.0
        self._flushed_second = 0
        self._over = False
        self._to_commit: Settled | None = None

    @override
    def next_batch(self) -> list[IngestOutput]:
        self._pulse.beat()
        self._commit()
        if self._over:
            raise StopIteration
        self._check_topics()
        if self._pulse.stopping:
            self._over = True
            return [self._hand_over(self._flush(everywhere=True))]
        # After an empty batch Bytewax sleeps for a millisecond: under load none is handed on before there is something.
        while True:
            wait = BUSY_SECONDS if self._intake.rows_waiting else IDLE_SECONDS
            polled = self._reading.reader.poll(RECORDS_AT_ONCE, wait)
            for run in polled.runs:
                self._take(run)
            self._reach(polled)
            self._reading.watch.polled(polled)
            caught_up = sum(len(run.messages) for run in polled.runs) < RECORDS_AT_ONCE
            evidence = self._flush_if_due(caught_up=caught_up)
            if evidence or (self._refused and (caught_up or self._refused_bytes > MOST_BYTES)):
                return [self._hand_over(evidence)]
            if caught_up:
                return []

    @override
    def snapshot(self) -> bytes:
        self._to_commit = dict(self._intake.settle())
        return seal((self._to_commit, dict(self._reading.topic_ids)))

    @override
    def close(self) -> None:
        self._reading.reader.close()

    def _check_topics(self) -> None:
        """End the flow where a topic has more partitions, and let the log wait for them until they are read."""
        grown = self._reading.topics.look()
        if grown and not self._pulse.stopping:
            for name, count in grown.items():
                self._intake.grow(self._reading.stems[name], count)
            self._pulse.start_again(str(more_partitions(grown, self._reading.topics.partitions)))

    def _commit(self) -> None:
        """The epoch of the last snapshot is durable now: let lag tools know."""
        if self._to_commit is None:
            return
        topics = {stem: name for name, stem in self._reading.stems.items()}
        offsets: dict[Place, int] = {}
        for origin, (offset, _) in self._to_commit.items():
            stem, _, partition = origin.rpartition("/")
            offsets[topics[stem], int(partition)] = offset
        self._reading.reader.commit(offsets)
        self._reading.watch.committed(self._reading.reader.lags())
        self._to_commit = None

    def _hand_over(self, evidence: list[tuple[str, list[Outgoing]]]) -> IngestOutput:
        version = self._reading.version
        letters = [
            (
                partition,
                [
                    dead_letter.outgoing(line, dead_letter.envelope_of(message), version, line.offset + 1, receipt)
                    for line, message, receipt in refused
                ],
            )
            for partition, refused in self._refused.items()
        ]
        self._refused, self._refused_bytes = {}, 0
        return IngestOutput(evidence, letters)

    def _take(self, run: Run) -> None:
        stem = self._reading.stems[run.topic]
        for some in bounded(run):
            marks = marks_of(some)
            if marks and stem not in self._reading.played:
                self._take_some(stem, some, dict.fromkeys(marks, NOT_PLAYED))
                continue
            start = 0
            for place, header in marks.items():
                self._take_some(stem, some.part(start, place))
                self._mark(stem, some.part(place, place + 1), header)
                start = place + 1
            self._take_some(stem, some.part(start, len(some.messages)) if start else some)

    def _mark(self, stem: str, run: Run, header: bytes) -> None:
        """Obey a mark of a played topic, unless it is broken."""
        origin = f"{stem}/{run.partition}"
        message = run.messages[0]
        before = mark_time(header, time_of(message, self._intake.origins[origin].log_time))
        if before is None:
            self._take_some(stem, run, {0: BROKEN})
        else:
            self._intake.mark(origin, offset_of(message), before)
            self._reading.watch.marked(stem)

    def _take_some(self, stem: str, run: Run, reasons: Mapping[int, Reason] | None = None) -> None:
        """Take records that follow each other in a partition; `reasons` say what is against some, by place."""
        if not (messages := run.messages):
            return
        origin = f"{stem}/{run.partition}"
        values, records = record_columns(run, self._intake.origins[origin].log_time)
        if reasons:
            records = replace(records, reasons=reasons)
        if waits_for_instant(stem):
            records = replace(records, envelopes=[dead_letter.pack(dead_letter.envelope_of(some)) for some in messages])
        begun = time.monotonic()
        ingested = self._intake.take(origin, values, records)
        self._reading.watch.taken(stem, ingested, time.monotonic() - begun)
        if ingested.dead_letters:
            self._keep_refused(stem, run, records.offsets, ingested.dead_letters)

    def _keep_refused(self, stem: str, run: Run, offsets: NDArray[np.int64], lines: list[RefusedLine]) -> None:
        receipt = self._intake.receipt
        receipt.outstanding += len(lines)
        places = np.searchsorted(offsets, [line.offset for line in lines]).tolist()
        self._refused.setdefault(f"{stem}/{run.partition:05d}", []).extend(
            (line, run.messages[place], receipt) for line, place in zip(lines, places, strict=True)
        )
        self._refused_bytes += sum([len(line.value) for line in lines])

    def _reach(self, polled: Polled) -> None:
        reading = self._reading
        for place, end in polled.ends.items():  # control records of transactions are passed over unseen
            reading.reader.positions[place] = max(reading.reader.positions[place], end)
        reading.ends.request()
        for (topic, partition), until in reading.ends.reached(reading.reader.positions):
            self._intake.reach(f"{reading.stems[topic]}/{partition}", until)

    def _flush_if_due(self, *, caught_up: bool) -> list[tuple[str, list[Outgoing]]]:
        since = time.monotonic() - self._flushed_everywhere_at
        second = self._intake.watermark() // 1000
        if since > HEARTBEAT_SECONDS or (second > self._flushed_second and since > SOONEST_SECONDS):
            return self._flush(everywhere=True)
        waiting = self._intake.rows_waiting
        return self._flush(everywhere=False) if waiting >= ENOUGH_ROWS or (waiting and caught_up) else []

    def _flush(self, *, everywhere: bool) -> list[tuple[str, list[Outgoing]]]:
        receipt = self._intake.receipt
        records = self._intake.flush(everywhere=everywhere)
        if everywhere:
            self._flushed_everywhere_at, self._flushed_second = time.monotonic(), self._intake.watermark() // 1000
            self._reading.watch.flushed(self._intake)
        return [
            (f"{partition:05d}", [Outgoing(encode_record(record), b"%d" % partition, receipt=receipt)])
            for partition, record in records
        ]
