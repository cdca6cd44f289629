"""From the evidence log to outages and restorations, on Kafka: the second of the two flows as it is deployed.

Share-nothing: process I of N owns the evidence partitions p with p % N == I, and writes the same partitions of all
output topics. `faultline run outages` runs it; `python -m bytewax.run 'dataflows.log_outages:flow()'` does so as an
ordinary Bytewax flow with settings from the environment, without health and metrics.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from typing_extensions import override

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.events import ClientEvents
from adapters.kafka.connectors.evidence_source import LogReading, LogSource, LogWatch
from adapters.kafka.connectors.sink import EXPIRED, KafkaSink, find_last_numbers
from adapters.kafka.records import checkpoints
from adapters.kafka.records.checkpoints import CHECKPOINT_MS, Checkpoint
from adapters.kafka.records.dead_letters import dead_letter
from adapters.kafka.records.output_record import last_states, sequence_of
from adapters.kafka.records.pulses import LEAST_MS, PartitionPulse, outgoing_pulse
from adapters.network.awaiting import AwaitedNetwork
from adapters.process.pulse import Pulse
from dataflows.outages.declaration import FLOW
from dataflows.outages.evidence_step import take_record
from dataflows.outages.first_places import write_first_places
from dataflows.outages.outputs import letters, writer_of
from dataflows.outages.preparation import Start, prepare_outages
from dataflows.outages.settings import OutagesSettings
from dataflows.service.given_settings import load_settings
from dataflows.service.keyed_state import KeyedState
from dataflows.service.writing import fence_of, output_producer, take_over
from models.contracts.registry import OUTAGES, outputs
from models.contracts.topics import (
    CANARY_LIFECYCLE,
    CANARY_RESTORATION,
    CREW_EVENTS,
    EVIDENCE_LOG,
    OUTAGE_CLOCK,
    OUTAGE_PULSE,
    OUTAGE_STATE,
    ZONE_CHECKPOINT,
    dead_letter_topic,
)
from models.outages.instant_clock import LATER
from models.outages.instant_clock import TOPICS as CLOCKED
from models.outages.rules_version import RULES
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bytewax.operators import KeyedStream
    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.clients.producer import Outgoing
    from adapters.kafka.connectors.evidence_source import EvidenceRecord, Resumed
    from dataflows.outages.preparation import PreparedOutages
    from dataflows.service.writing import OutputProducer
    from models.outages.engine import Engine
    from models.outages.publishing import Published


log: Final = logging.getLogger("faultline")


class Step(NamedTuple):
    """What some records of the evidence log led to."""

    published: list[Published]
    checkpoint: Checkpoint | None = None
    live: bool = False
    """All that stood in the log at the start had been read before."""
    pulse: PartitionPulse | None = None


@dataclass(slots=True)
class EngineWatch:
    """What the engine's step tells who watches, once a batch: the partition, the engine, what it published."""

    advanced: Callable[[int, Engine, list[Published], list[EvidenceRecord]], None] = lambda *_: None
    evaluated: Callable[[float], None] = lambda _seconds: None
    snapshot: Callable[[int, int, float], None] = lambda *_: None
    """The partition, the state's bytes, and the seconds that it took."""


class LogLogic(KeyedState["EvidenceRecord", Step]):
    """The engine of one evidence partition as a Bytewax state, with the next offset of the log."""

    _engine: Engine

    def __init__(self, run: OutagesRun, state: bytes | None) -> None:
        self._run = run
        self._offset, self._turn, self._pulsed = 0, 0, 0
        self._reconciling = False
        """Nothing is said until the end of the log: the outputs were written by other rules."""
        super().__init__(state, run.engine_watch.snapshot)

    @override
    def begin(self, saved: Any | None) -> None:
        prepared = self._run.prepared
        # Beside a state stand the rules that its outputs were written by, 0 where those are not of now.
        *place, rules = saved or (None, RULES)
        start = Start(*place) if saved else prepared.start(self.partition)
        self._reconciling = start.reconciling or rules == 0 or (rules != RULES and prepared.reconciling)
        self._offset = start.offset
        self._run.check_resumed(self.partition, self._offset)
        self._engine = prepared.build_engine(self.partition, start.state)
        self._turn = self._engine.clock // CHECKPOINT_MS

    @override
    def take(self, values: list[EvidenceRecord]) -> Iterable[Step]:
        begun = time.monotonic()
        published: list[Published] = []
        checkpoint = None
        for item in values:
            if self._reconciling and item.live:
                self._reconciling = False
                published.append(self._run.reconcile(self.partition, self._engine))
                checkpoint = self._checkpoint(self._turn + 1)
            step = list(take_record(self._engine, item))
            self._offset = item.offset + 1
            if self._reconciling:
                continue
            published += step
            if self._engine.clock // CHECKPOINT_MS > self._turn:
                checkpoint = self._checkpoint(self._engine.clock // CHECKPOINT_MS)
        self._run.engine_watch.evaluated(time.monotonic() - begun)
        self._run.engine_watch.advanced(self.partition, self._engine, published, values)
        # Until all is live the topics may have what a run before this one wrote.
        live = all(item.live for item in values)
        return [Step(published, checkpoint, live, self._pulse() if live else None)]

    @override
    def save(self) -> Any:
        return self._offset, self._engine.snapshot(), 0 if self._reconciling else RULES

    def _pulse(self) -> PartitionPulse | None:
        """Say how far all has been said, once a second; nothing before the clock has begun."""
        clock, instant = self._engine.completed
        if not clock or instant < self._pulsed + LEAST_MS:
            return None
        self._pulsed = instant
        return PartitionPulse(clock, instant)

    def _checkpoint(self, turn: int) -> Checkpoint:
        self._turn = turn
        prepared = self._run.prepared
        return Checkpoint(turn, self._offset, prepared.identity_bytes, self._engine.snapshot(), prepared.log_id)


@dataclass(slots=True)
class OutagesRun:
    """The flow with what is at hand for who watches it."""

    prepared: PreparedOutages
    pulse: Pulse
    log_watch: LogWatch = field(default_factory=LogWatch)
    engine_watch: EngineWatch = field(default_factory=EngineWatch)
    events: ClientEvents = field(default_factory=ClientEvents)
    producer: OutputProducer = field(init=False)
    networks: AwaitedNetwork = field(init=False)
    _resumed: dict[int, int] = field(default_factory=dict)
    _last_numbers: dict[Place, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        prepared = self.prepared
        self.networks = AwaitedNetwork(prepared.shelf, self.pulse, prepared.settings.network_wait_seconds)
        self.producer = output_producer(
            FLOW.group, prepared.own_partitions, prepared.cluster, prepared.settings, self.events
        )

    def lay(self) -> Dataflow:
        """Make the flow, once nobody else can write to its partitions: only then it is known where they end."""
        take_over(self.producer)
        write_first_places(self.prepared)
        flow = Dataflow("outages")
        source = LogSource(self._begin, self.pulse)
        records = op.input("evidence_log", flow, source)
        steps = op.stateful_batch("outages", records, lambda state: LogLogic(self, state))
        for output in outputs(OUTAGES):
            write = writer_of(output, self.prepared.settings.organisation)
            self._write(output.name, steps, output.topic, write, sequence_of)
        version = self.prepared.version
        refused = dead_letter_topic(CREW_EVENTS)
        self._write("dead_letters", steps, refused, lambda some: letters(some, version), dead_letter.number_of)
        hourly = op.flat_map("hourly", steps, _chunks)
        op.output("checkpoints", hourly, self._sink(ZONE_CHECKPOINT, checkpoints.number_of, dense=False))
        topic = self.prepared.cluster.name(OUTAGE_PULSE)
        places = {f"{part:05d}": (topic, part) for part in self.prepared.own_partitions}
        op.output("pulses", op.flat_map("each_second", steps, _pulses), KafkaSink(self.producer, places))
        return flow

    def _write(
        self,
        name: str,
        steps: KeyedStream[Step],
        stem: str,
        records: Callable[[Published], list[Outgoing]],
        number: Callable[[Message], int | None],
    ) -> None:
        def pick(keyed: tuple[str, Step]) -> list[tuple[str, Sequence[Outgoing]]]:
            written = [record for published in keyed[1].published for record in records(published)]
            if keyed[1].live:
                written = [record._replace(live=True) for record in written]
            return [(keyed[0], written)] if written else []

        op.output(name, op.flat_map(f"{name}_records", steps, pick), self._sink(stem, number, dense=True))

    def _sink(self, stem: str, number: Callable[[Message], int | None], *, dense: bool) -> KafkaSink:
        cluster = self.prepared.cluster
        places = {f"{part:05d}": (cluster.name(stem), part) for part in self.prepared.own_partitions}
        last = find_last_numbers(cluster.client, list(places.values()), number)
        self._last_numbers |= last
        return KafkaSink(self.producer, places, last, dense=dense)

    def _begin(self, resumed: Resumed) -> LogReading:
        """Open the log at the snapshot's offsets, else where the checkpoint or the head of the log begins."""
        prepared, cluster = self.prepared, self.prepared.cluster
        positions, topic_id = resumed
        prepared.check_log(topic_id)
        self._resumed.update({part: offset for part, (offset, *_) in positions.items()})
        begin, followers = {}, {}
        for part in prepared.own_partitions:
            offset, expected, versions = positions[part] if part in positions else prepared.start(part).begin
            begin[cluster.evidence_log, part] = offset
            versions = versions or [prepared.first_version(part)]
            followers[part] = prepared.follower(expected, versions, self.networks.find)
        client = self.events.with_callbacks(cluster.client)
        return LogReading(
            reader=PartitionReader(client, f"{FLOW.group}{cluster.group_suffix}", begin, fence_of(self.producer)),
            followers=followers,
            topics=cluster.check_of([EVIDENCE_LOG]),
            topic_id=prepared.log_id,
            find_network=self.networks.find,
            watch=self.log_watch,
        )

    def reconcile(self, partition: int, engine: Engine) -> Published:
        """Let an engine go on where the topics end, and say what is open once more."""
        cluster = self.prepared.cluster
        topics = {**CLOCKED, **LATER, "clock": OUTAGE_CLOCK, "dead_letters": dead_letter_topic(CREW_EVENTS)}
        topics |= {"canary_lifecycle": CANARY_LIFECYCLE, "canary_restorations": CANARY_RESTORATION}
        ends = {name: self._last_numbers[cluster.name(topic), partition] for name, topic in topics.items()}
        last = {name: number for name, number in ends.items() if number != EXPIRED}
        open_now = last_states(cluster.client, (cluster.name(OUTAGE_STATE), partition))
        log.warning("evidence partition %d: other rules go on after record %s", partition, last)
        return engine.reconcile(last, open_now)

    def check_resumed(self, partition: int, offset: int) -> None:
        """Make sure that the log is read on from where the engine's state stands."""
        if self._resumed.get(partition, offset) != offset:
            fault = f"the snapshot of evidence partition {partition} stands at offset {offset}, but the log is read on"
            reason = "empty the state folder: the flow goes on from a checkpoint or the log"
            raise FaultsError([f"{fault} from {self._resumed[partition]}; {reason}"])


def _chunks(keyed: tuple[str, Step]) -> Iterable[tuple[str, Sequence[Outgoing]]]:
    checkpoint = keyed[1].checkpoint
    return [(keyed[0], checkpoints.chunks(checkpoint))] if checkpoint is not None else []


def _pulses(keyed: tuple[str, Step]) -> Iterable[tuple[str, Sequence[Outgoing]]]:
    pulse = keyed[1].pulse
    return [(keyed[0], [outgoing_pulse(int(keyed[0]), pulse)])] if pulse is not None else []


def flow() -> Dataflow:
    """Make the flow from settings of the environment."""
    return OutagesRun(prepare_outages(load_settings(OutagesSettings)), Pulse()).lay()
