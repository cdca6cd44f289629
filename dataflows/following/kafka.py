"""A flow behind the outages on Kafka.

Share-nothing: process I of N owns the partitions p with p % N == I of the topics that it follows, of its log and of its
outputs, which nobody else can write meanwhile. What is keyed otherwise goes through the log: each process writes to all
of its partitions and reads its own. The log needs no fence: an entry counts once, whoever appended it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.events import ClientEvents
from adapters.kafka.clients.producer import CheckedProducer
from adapters.kafka.clients.tail import find_bounds, last_records
from adapters.kafka.connectors.merges import ClockedPartition, LogPartition
from adapters.kafka.connectors.pulse_reader import PulseReader
from adapters.kafka.connectors.record_source import Reading, RecordSource, RecordWatch
from adapters.kafka.connectors.sink import KafkaSink, find_last_numbers
from adapters.kafka.connectors.table_import import TableImport
from adapters.kafka.records.checkpoints import chunks
from adapters.kafka.records.origin_log import encode_entry, find_last_entries, origin_of, partition_of
from adapters.kafka.records.output_record import outgoing, sequence_of
from adapters.kafka.records.output_rows import outgoing_rows
from dataflows.service.keyed_state import CHECKPOINT, LifeState, OnSnapshot
from dataflows.service.writing import fence_of, output_producer, take_over
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_PULSE
from models.timeline.clock_merge import CLOCK, ClockMerge
from models.timeline.origin_merge import OriginMerge
from models.timeline.rows import NumberedRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bytewax.operators import KeyedStream

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.clients.producer import Outgoing
    from adapters.process.pulse import Pulse
    from dataflows.following.preparation import PreparedFollowing
    from dataflows.service.writing import OutputProducer
    from models.contracts.registry import Log, Output
    from models.timeline.life import Written
    from models.timeline.moment import Placed


GONE_AFTER_MS: Final = 86_400_000
"""What the clock named less than so long ago is there, or is coming: tombstones are kept for a week."""


@dataclass(slots=True)
class FollowingRun:
    """The flow with what is at hand for who watches it."""

    prepared: PreparedFollowing
    pulse: Pulse
    record_watch: RecordWatch = field(default_factory=RecordWatch)
    on_snapshot: OnSnapshot = lambda *_: None
    events: ClientEvents = field(default_factory=ClientEvents)
    producer: OutputProducer = field(init=False)
    log_producer: CheckedProducer = field(init=False)
    table_producer: OutputProducer | None = field(init=False, default=None)
    """Of the process that takes tables from outside into the log."""

    def __post_init__(self) -> None:
        prepared = self.prepared
        cluster, settings = prepared.cluster, prepared.settings
        self.producer = output_producer(prepared.group, prepared.own_partitions, cluster, settings, self.events)
        client = self.events.with_callbacks(cluster.client)
        self.log_producer = CheckedProducer(client, patience=settings.delivery_seconds)
        if prepared.imports_tables:
            partitions = range(cluster.evidence_partitions)
            group = f"{prepared.group}-tables"
            self.table_producer = output_producer(group, partitions, cluster, settings, self.events)

    def lay(self) -> Dataflow:
        """Make the flow, once nobody else can write to its outputs: only then it is known where they end."""
        take_over(self.producer)
        flow = Dataflow(self.prepared.following.name)
        moments = op.input("records", flow, RecordSource("records", self._begin, self.pulse, self.record_watch))
        if (log := self.prepared.following.log) is not None:
            self._write_log(log, moments)
            if self.table_producer is not None:
                self._import_tables(flow, self.table_producer)
            source = RecordSource("log_entries", self._begin_log, self.pulse, self.record_watch)
            moments = op.input("log_entries", flow, source)
        open_life, on_snapshot = self.prepared.open_life, self.on_snapshot
        checkpoint = self.prepared.starts.checkpoint if self.prepared.following.imported else None
        lived = op.stateful_batch("life", moments, lambda state: LifeState(open_life, state, on_snapshot, checkpoint))
        for output in self.prepared.following.outputs:
            self._write(output, lived)
        if self.prepared.following.imported is not None:
            self._write_checkpoints(self.prepared.following.imported.checkpoints, lived)
        return flow

    def _write(self, output: Output, lived: KeyedStream[list[Written]]) -> None:
        cluster, organisation = self.prepared.cluster, self.prepared.settings.organisation
        places = {f"{part:05d}": (cluster.name(output.topic), part) for part in self.prepared.own_partitions}
        last = find_last_numbers(cluster.client, list(places.values()), sequence_of)

        def encode(some: Any) -> Iterable[Outgoing]:  # noqa: ANN401 (a record, or rows)
            if isinstance(some, NumberedRows):
                return outgoing_rows(output, some, organisation)
            return (outgoing(output, some, organisation),)

        def pick(keyed: tuple[str, list[Written]]) -> list[tuple[str, Iterable[Outgoing]]]:
            mine = [some for name, some in keyed[1] if name == output.name]
            return [(keyed[0], chain.from_iterable(map(encode, mine)))] if mine else []

        records = op.flat_map(f"{output.name}_records", lived, pick)
        op.output(output.name, records, KafkaSink(self.producer, places, last, dense=True))

    def _write_checkpoints(self, stem: str, lived: KeyedStream[list[Written]]) -> None:
        """Write checkpoints, after all that they are of."""
        cluster = self.prepared.cluster
        places = {f"{part:05d}": (cluster.name(stem), part) for part in self.prepared.own_partitions}

        def pick(keyed: tuple[str, list[Written]]) -> list[tuple[str, Iterable[Outgoing]]]:
            return [(keyed[0], chunks(some)) for name, some in keyed[1] if name == CHECKPOINT]

        op.output("checkpoints", op.flat_map("hourly", lived, pick), KafkaSink(self.producer, places))

    def _write_log(self, log: Log, moments: KeyedStream[Placed]) -> None:
        cluster = self.prepared.cluster
        places = [(cluster.name(log.topic), part) for part in range(cluster.evidence_partitions)]
        origins = frozenset(map(origin_of, self.prepared.own_partitions))
        last = find_last_entries(cluster.client, places, origins)
        entries = op.flat_map("routed", moments, self._router(places, last))
        to = {f"{part:05d}": (topic, part) for topic, part in places}
        op.output("log", entries, KafkaSink(self.log_producer, to))

    def _import_tables(self, flow: Dataflow, producer: OutputProducer) -> None:
        """Take tables from outside into the log, of which only who may write it knows where it ends."""
        take_over(producer)
        setup = self.prepared.table_setup(self.events.with_callbacks(self.prepared.cluster.client), fence_of(producer))
        entries = op.input("tables", flow, TableImport(setup, self.pulse, self.record_watch))
        op.output("imported", entries, KafkaSink(producer, setup.places()))

    def _router(
        self, places: Sequence[Place], last: Mapping[tuple[Place, str], int]
    ) -> Callable[[tuple[str, Placed]], Iterator[tuple[str, Sequence[Outgoing]]]]:
        """Give what makes a moment into an entry for each partition of the log, but for those that stand there."""
        route, everywhere = self.prepared.following.route, self.prepared.following.everywhere

        def entries(keyed: tuple[str, Placed]) -> Iterator[tuple[str, Sequence[Outgoing]]]:
            partition, moment = keyed[1]
            routed = [one for followed in moment.records if (one := route(followed)) is not None]
            origin = origin_of(partition)
            for place in places:
                if moment.number > last.get((place, origin), 0):
                    mine = [one for one in routed if everywhere or partition_of(one[0], len(places)) == place[1]]
                    yield f"{place[1]:05d}", [encode_entry(origin, moment.number, moment.instant, mine)]

        return entries

    def _begin(self, states: Mapping[int, Any]) -> Reading:
        """Open what is followed where the snapshot says, else at its heads."""
        cluster = self.prepared.cluster
        own = {part: self.prepared.places(part) for part in self.prepared.own_partitions}
        bounds = find_bounds(cluster.client, [place for names in own.values() for place in names.values()])
        offsets, merges = {}, {}
        for part, names in own.items():
            state = states.get(part)
            for stem, place in names.items():
                offsets[place] = state[_name(stem)][0] if state else bounds[place][0]
            lacking = [stem for stem, place in names.items() if output_of(stem).compacted or bounds[place][0] > 0]
            merge = ClockMerge(self.prepared.following.reads, lacking, state)
            ends = {place: bounds[place][1] for place in names.values()}
            old_before = self._newest(names[OUTAGE_CLOCK]) - GONE_AFTER_MS
            merges[part] = ClockedPartition(names, merge, ends, old_before, self.prepared.following.keep)
        return Reading(self._reader(offsets), merges)

    def _newest(self, clock: Place) -> int:
        """Give the time of the clock's last record."""
        last = last_records(self.prepared.cluster.client, [clock], lambda _, some: bool(some), 1)[clock]
        return last[-1].timestamp()[1] if last else 0

    def _begin_log(self, states: Mapping[int, Any]) -> Reading:
        """Open the log where the snapshot says, else at its head."""
        log, cluster = self.prepared.following.log, self.prepared.cluster
        assert log is not None  # noqa: S101  laid for a log
        writers: dict[str, list[str]] = {log.topic: [origin_of(part) for part in range(cluster.evidence_partitions)]}
        if log.imported is not None:
            writers[log.imported.topic] = [log.imported.origin]
        client = self.events.with_callbacks(cluster.client)
        group = f"{self.prepared.group}-pulses{cluster.group_suffix}"
        pulses = PulseReader(client, group, cluster.name(OUTAGE_PULSE), cluster.evidence_partitions)
        offsets: dict[Place, int] = {}
        merges = {}
        for part in self.prepared.own_partitions:
            places = {(cluster.name(stem), part): origins for stem, origins in writers.items()}
            heads = {place: begin for place, (begin, _) in find_bounds(cluster.client, places).items()}
            merge, begins = self._merge(part, list(places.values()), list(heads.values()), states.get(part))
            offsets |= dict(zip(places, begins, strict=True))
            merges[part] = LogPartition(log.topic, places, merge, pulses.newest)
        return Reading(self._reader(offsets), merges)

    def _merge(
        self,
        partition: int,
        writers: Sequence[Sequence[str]],
        heads: Sequence[int],
        state: Any | None,  # noqa: ANN401 (what `LogPartition.state` gave)
    ) -> tuple[OriginMerge, Sequence[int]]:
        """Go on from the snapshot, else from a checkpoint, else from the heads; returns from where on to read."""
        origins = [*chain.from_iterable(writers)]
        if state is not None:
            (first, *further), merged = state
            # What is from outside is kept for less than a day: what is gone is told again as a whole, or has no matter.
            lacking = [one for one, head, at in zip(writers[1:], heads[1:], further, strict=True) if at < head]
            begins = [first, *map(max, heads[1:], further)]
            return OriginMerge(origins, merged, [*chain.from_iterable(lacking)]), begins
        found = self.prepared.starts.find_checkpoint(partition)
        merge = OriginMerge.after(origins, found["number"], found["instant"]) if found else OriginMerge(origins)
        return merge, heads

    def _reader(self, offsets: Mapping[Place, int]) -> PartitionReader:
        cluster = self.prepared.cluster
        group = f"{self.prepared.group}{cluster.group_suffix}"
        return PartitionReader(self.events.with_callbacks(cluster.client), group, offsets, fence_of(self.producer))


def _name(stem: str) -> str:
    return CLOCK if stem == OUTAGE_CLOCK else stem
