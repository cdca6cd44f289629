"""Topics behind the outages as a Bytewax source: one consumer over a process's partitions, a moment an item.

Delivery: the snapshot holds for each partition the offsets from which nothing was given out yet, in the same epoch as
the flow's state: a resumed run goes on with the next moment, none twice and none left out. A record that is none of its
topic's contract stays where it is; it is counted, logged and passed over.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bytewax.inputs import StatefulSourcePartition
from typing_extensions import override

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.connectors.process_source import IDLE_SECONDS, ProcessSource
from adapters.kafka.records.followed_record import ForeignRecordError
from adapters.state.sealed import seal
from models.refusal import FaultsError
from models.timeline.moment import Placed, TimelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.kafka.clients.consumer import PartitionReader, Place, Polled, Run
    from adapters.kafka.connectors.merges import PartitionMerge
    from adapters.process.pulse import Pulse

RECORDS_AT_ONCE: Final = 1000
MOST_WAITING: Final = 50_000
"""Records of a partition that may wait for their clock; then the others are read first."""
log = logging.getLogger("faultline")


@dataclass(slots=True)
class RecordWatch:
    """What the source tells who watches."""

    polled: Callable[[Polled], None] = lambda _polled: None
    read: Callable[[str, str, int], None] = lambda *_: None
    """Topic, outcome (`used`, `refused`) and how many."""
    committed: Callable[[Mapping[Place, int]], None] = lambda _lags: None
    """Told the records that are still to be read, by partition."""


class Reading(NamedTuple):
    """A consumer, and what makes moments of each partition's messages."""

    reader: PartitionReader
    merges: Mapping[int, PartitionMerge]


class RecordSource(ProcessSource[tuple[str, Placed]]):
    """Reads all partitions of a process."""

    def __init__(
        self, name: str, begin: Callable[[Mapping[int, Any]], Reading], pulse: Pulse, watch: RecordWatch
    ) -> None:
        """Of a flow's sources each has a `name`; `begin` is given the snapshot's states by partition."""
        super().__init__(pulse, "the snapshot of the offsets of the topics")
        self._name, self._begin, self._watch = name, begin, watch
        pulse.unread.add(name)

    @override
    def open(self, saved: Any | None) -> MomentReader:
        return MomentReader(self._name, self._begin(saved or {}), self._pulse, self._watch)


class MomentReader(StatefulSourcePartition[tuple[str, Placed], bytes]):
    """The one partition of a `RecordSource`. Raises `RecordsGoneError`, and `FaultsError` where records are missing."""

    def __init__(self, name: str, reading: Reading, pulse: Pulse, watch: RecordWatch) -> None:
        self._name = name
        self._reader, self._merges = reading
        self._pulse = pulse
        self._watch = watch
        self._at_end: set[Place] = set()
        self._paused: set[Place] = set()
        self._to_commit: Mapping[Place, int] | None = None

    @override
    def next_batch(self) -> list[tuple[str, Placed]]:
        self._pulse.beat()
        if self._to_commit is not None:
            self._reader.commit(self._to_commit)
            self._watch.committed(self._reader.lags())
            self._to_commit = None
        if self._pulse.stopping:
            raise StopIteration
        polled = self._reader.poll(RECORDS_AT_ONCE, IDLE_SECONDS)
        self._watch.polled(polled)
        for run in polled.runs:
            self._add(run)
        for place, offset in polled.ends.items():
            self._merges[place[1]].reach(place, offset)
        self._at_end |= polled.ends.keys()
        if self._at_end >= self._reader.positions.keys():
            self._pulse.reached_end(self._name)
        items = [
            (f"{partition:05d}", Placed(partition, moment))
            for partition, merge in self._merges.items()
            for moment in merge.take()
        ]
        self._pause()
        return items

    @override
    def snapshot(self) -> bytes:
        self._to_commit = dict(self._reader.positions)
        return seal({partition: merge.state(self._reader.positions) for partition, merge in self._merges.items()})

    @override
    def close(self) -> None:
        self._reader.close()

    def _add(self, run: Run) -> None:
        merge, refused = self._merges[run.partition], 0
        for message in run.messages:
            where = f"{run.topic}/{run.partition}, offset {offset_of(message)}"
            try:
                merge.add(message)
            except ForeignRecordError as error:
                refused += 1
                log.warning("%s is passed over: %s", where, error)
            except TimelineError as error:
                remedy = "empty the state folder; where records are gone for good, begin with another prefix"
                raise FaultsError([f"{where}: {error}; {remedy}"]) from error
        merge.reach((run.topic, run.partition), offset_of(run.messages[-1]) + 1)
        for outcome, count in Counter(used=len(run.messages) - refused, refused=refused).items():
            self._watch.read(run.topic, outcome, count)

    def _pause(self) -> None:
        """Read what is waited for before what waits."""
        ahead = set().union(*(merge.ahead(MOST_WAITING) for merge in self._merges.values()))
        if ahead != self._paused:
            self._reader.pause(ahead)
            self._paused = ahead
