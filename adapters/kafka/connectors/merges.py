"""Messages into moments: partitions of topics by their clock, those of logs by their origins; offsets to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.records.followed_record import ForeignRecordError, RecordReader
from adapters.kafka.records.origin_log import decode_entry, origin_of
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK
from models.timeline.clock_merge import CLOCK, ClockMerge
from models.timeline.tables import BEGIN
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.records.pulses import PartitionPulse
    from models.timeline.moment import Followed, Moment
    from models.timeline.origin_merge import OriginMerge


class PartitionMerge(Protocol):
    """What makes moments of one partition's messages."""

    def add(self, message: Message) -> None:
        """Take a message. Raises `ForeignRecordError` for one that is none of the topic's."""

    def reach(self, place: Place, offset: int) -> None:
        """Everything before an offset has been read."""

    def take(self) -> Iterator[Moment]:
        """Give the moments that are complete."""

    def ahead(self, most: int) -> set[Place]:
        """Name the places of which more than so much waits, and nothing is gained by reading on."""

    def state(self, positions: Mapping[Place, int]) -> Any:  # noqa: ANN401 (of built-in types)
        """Say where to go on, given where reading has come to."""


class ClockedPartition:
    """One partition of some outputs and of their clock."""

    def __init__(
        self,
        names: Mapping[str, Place],
        merge: ClockMerge,
        ends: Mapping[Place, int],
        old_before: int = 0,
        keep: Callable[[Followed], Any] = lambda followed: followed.record,
    ) -> None:
        """`names` says where each topic stands, `ends` where it ended when reading began.

        What the clock said before `old_before` (ms, the record's own time) may name records that are gone. Of a record
        waits what `keep` gives.
        """
        self._stems = {place: stem for stem, place in names.items()}
        self._names = names
        self._readers = {stem: RecordReader(output_of(stem)) for stem in names}
        self._merge = merge
        self._ends = ends
        self._keep = keep
        self._old_before = old_before

    def add(self, message: Message) -> None:
        """Take a message."""
        place = (message.topic() or "", message.partition() or 0)
        stem, offset = self._stems[place], offset_of(message)
        followed = self._readers[stem].read(message)
        if stem != OUTAGE_CLOCK:
            self._merge.add(followed._replace(record=self._keep(followed)), offset)
            return
        record, old = followed.record, message.timestamp()[1] < self._old_before
        self._merge.tick(record.sequence, parse_time(record.updated_at), record.sequences, offset, old=old)

    def reach(self, place: Place, offset: int) -> None:
        """Everything before an offset has been read."""
        if self._stems[place] != OUTAGE_CLOCK and offset >= self._ends[place]:
            self._merge.read_history(self._stems[place])

    def take(self) -> Iterator[Moment]:
        """Give the moments that are complete."""
        return self._merge.take()

    def ahead(self, most: int) -> set[Place]:
        """Name the places that are ahead."""
        return {self._names[OUTAGE_CLOCK if name == CLOCK else name] for name in self._merge.ahead(most)}

    def state(self, positions: Mapping[Place, int]) -> Any:  # noqa: ANN401 (of built-in types)
        """Say where to go on."""
        return {
            name: (positions[self._names[name or OUTAGE_CLOCK]] if offset is None else offset, taken)
            for name, (offset, taken) in self._merge.state().items()
        }


class LogPartition:
    """One partition of a log that several origins write, those from outside in a topic of their own."""

    def __init__(
        self,
        topic: str,
        places: Mapping[Place, Collection[str]],
        merge: OriginMerge,
        pulses: Callable[[], Mapping[int, PartitionPulse]] = dict,
    ) -> None:
        """`places` says which origins write where, of `topic`; `pulses` how far those are that are partitions."""
        self._topic, self._places, self._pulses = topic, places, pulses
        every = {origin for origins in places.values() for origin in origins}
        self._elsewhere = {place: every.difference(origins) for place, origins in places.items()}
        self._merge = merge

    def add(self, message: Message) -> None:
        """Take a message."""
        try:
            entry = decode_entry(self._topic, message)
        except ValueError as error:
            raise ForeignRecordError(str(error)) from error
        if entry.origin in self._elsewhere[message.topic() or "", message.partition() or 0]:
            return  # as it was before it had a topic of its own
        begins = any(one.record == [BEGIN] for one in entry.records)
        self._merge.add(*entry, offset=offset_of(message), begins=begins)

    def reach(self, place: Place, offset: int) -> None:
        """Everything before an offset has been read."""

    def take(self) -> Iterator[Moment]:
        """Give the moments that are complete."""
        for part, pulse in self._pulses().items():
            self._merge.pass_to(origin_of(part), pulse.clock, pulse.instant)
        return self._merge.take()

    def ahead(self, most: int) -> set[Place]:
        """Name the places that are ahead."""
        return {place for place, origins in self._places.items() if self._merge.ahead(origins, most)}

    def state(self, positions: Mapping[Place, int]) -> Any:  # noqa: ANN401 (of built-in types)
        """Say where to go on."""
        waiting = {place: self._merge.first_waiting(origins) for place, origins in self._places.items()}
        offsets = [positions[place] if offset is None else offset for place, offset in waiting.items()]
        return offsets, self._merge.state()
