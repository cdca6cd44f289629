"""The raw topics as a Bytewax source: one consumer over a process's partitions, decoded where they are read.

Delivery: records are read at least once. The snapshot holds what is *settled*, which is what the evidence log and the
dead letters have acknowledged; what stands in the log beyond is not written again (`models.ingest.intake`), and the
engine drops offsets that it has seen. An epoch's commit is therefore never ahead of its output.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bytewax.inputs import StatefulSourcePartition
from typing_extensions import override

from adapters.kafka.connectors.log_writing import LogWriting
from adapters.kafka.connectors.process_source import IDLE_SECONDS, ProcessSource
from adapters.kafka.connectors.refused_records import RefusedRecords
from adapters.kafka.connectors.run_intake import RunIntake
from adapters.kafka.topics.ids import more_partitions
from adapters.state.sealed import seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.kafka.clients.consumer import Place, Polled
    from adapters.kafka.clients.producer import Outgoing
    from adapters.kafka.connectors.log_writing import Written
    from adapters.kafka.connectors.raw_reading import RawReading
    from adapters.process.pulse import Pulse

Settled = dict[str, tuple[int, int]]
"""By origin, the next offset and the log time before it."""
Resumed = tuple[Settled, dict[str, str]]
"""What a snapshot holds: what is settled, and by raw topic the id of the one that it was read from."""

RECORDS_AT_ONCE: Final = 2000
"""Small enough to stay in the processor's cache from the fetch to the columns."""
BUSY_SECONDS: Final = 0.002
"""How long to wait for more records where some wait to be written."""


class IngestOutput(NamedTuple):
    """What goes on from a poll: evidence by evidence partition, dead letters by raw partition, mountings of meters."""

    evidence: list[tuple[str, list[Outgoing]]]
    dead_letters: list[tuple[str, list[Outgoing]]]
    mountings: list[tuple[str, list[Outgoing]]]


class RawSource(ProcessSource[IngestOutput]):
    """Reads all raw partitions of a process."""

    def __init__(self, begin: Callable[[Resumed], RawReading], pulse: Pulse) -> None:
        """`begin` is given what the snapshot holds, and opens the reading."""
        super().__init__(pulse, "the snapshot of what is settled")
        self._begin = begin

    @override
    def open(self, saved: Any | None) -> RawReader:
        settled, topic_ids = saved or ({}, {})
        return RawReader(
            self._begin(({origin: (at, time) for origin, (at, time) in settled.items()}, topic_ids)), self._pulse
        )


class RawReader(StatefulSourcePartition[IngestOutput, bytes]):
    """The one partition of a `RawSource`: polls, and hands on what is due.

    Raises `RecordsGoneError` where retention has overrun the position, `OtherTopicError` for a topic made anew.
    """

    def __init__(self, reading: RawReading, pulse: Pulse) -> None:
        self._reading, self._intake = reading, reading.intake
        self._pulse = pulse
        self._refused = RefusedRecords(reading.version)
        self._runs = RunIntake(reading, self._refused)
        self._log = LogWriting(reading)
        self._over = False
        self._to_commit: Settled | None = None

    @override
    def next_batch(self) -> list[IngestOutput]:
        self._pulse.beat()
        self._commit()
        if self._over:
            raise StopIteration
        self._check_topics()
        has_networks = self._reading.releases is None or self._reading.releases.poll()
        if self._reading.mountings is not None:
            self._reading.mountings.poll()
        if self._pulse.stopping:
            self._over = True
            return [self._output(self._log.write(everywhere=True))]
        if not has_networks:
            time.sleep(IDLE_SECONDS)
            return []
        # After an empty batch Bytewax sleeps for a millisecond: under load none is handed on before there is something.
        while True:
            wait = BUSY_SECONDS if self._intake.rows_waiting else IDLE_SECONDS
            polled = self._reading.reader.poll(RECORDS_AT_ONCE, wait)
            for run in polled.runs:
                self._runs.take(run)
            self._reach(polled)
            self._reading.watch.polled(polled)
            caught_up = sum(len(run.messages) for run in polled.runs) < RECORDS_AT_ONCE
            evidence = self._log.write_if_due(caught_up=caught_up)
            if evidence or (self._refused and (caught_up or self._refused.many)):
                return [self._output(evidence)]
            if caught_up:
                return []

    def _output(self, evidence: Written) -> IngestOutput:
        mountings = self._reading.mountings
        return IngestOutput(evidence, self._refused.take(), [] if mountings is None else mountings.take())

    @override
    def snapshot(self) -> bytes:
        self._to_commit = dict(self._intake.settle())
        return seal((self._to_commit, dict(self._reading.topic_ids)))

    @override
    def close(self) -> None:
        self._reading.reader.close()
        if self._reading.releases is not None:
            self._reading.releases.close()
        if self._reading.mountings is not None:
            self._reading.mountings.close()

    def _check_topics(self) -> None:
        """End the flow where a topic has more partitions, and let the log wait for them until they are read."""
        grown = self._reading.topics.poll()
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

    def _reach(self, polled: Polled) -> None:
        reading = self._reading
        for place, end in polled.ends.items():  # control records of transactions are passed over unseen
            reading.reader.positions[place] = max(reading.reader.positions[place], end)
        reading.ends.request()
        for place, until in reading.ends.reached(reading.reader.positions):
            self._intake.reach(reading.origin_of(place)[1], until)
