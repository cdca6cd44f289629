"""What a running outages flow tells its metrics: counted once a batch, never once a record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from adapters.metrics.registry import Metrics, wall_clock
from adapters.metrics.tables import evidence, outages, service
from adapters.metrics.tables.labels import DELIVERED
from adapters.traces.spans import find_spans
from dataflows.outages.clock_watch import ClockWatch
from dataflows.outages.silence_watch import SilenceWatch
from dataflows.service.watch import (
    StateWatch,
    count_read,
    count_troubles,
    count_written,
    origin_labels,
    show_watermark,
    topic_names,
)
from dataflows.traces.outages import OutagesSpans
from models.contracts.topics import EVIDENCE_LOG, ZONE_CHECKPOINT
from models.evidence.batch import END_OF_LOG
from models.evidence.watermarks import origin_topic
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adapters.kafka.clients.consumer import Polled
    from adapters.kafka.connectors.evidence_source import EvidenceRecord
    from adapters.process.pulse import Pulse
    from dataflows.outages.kafka import OutagesRun
    from dataflows.outages.preparation import PreparedOutages
    from models.outages.engine import Engine
    from models.outages.publishing import Published

SECONDS_BETWEEN: Final = 1.0
"""An engine's watermarks are looked at no more often: origins are dozens, and so are batches in a second."""


class OutagesMetrics:
    """Watches an outages flow."""

    def __init__(self, prepared: PreparedOutages, pulse: Pulse) -> None:
        cluster = prepared.cluster
        origins = [f"{topic}/{part}" for topic, count in cluster.raw_partitions.items() for part in range(count)]
        zones = list(prepared.network.zone_ids)
        self.metrics = Metrics("outages", topics=topic_names(), partitions=1024, zones=zones)
        self._version, self._network_version = prepared.version, prepared.network.version
        self.metrics.set_build(self._version, self._network_version)
        self._pulse = pulse
        self._zones = zones
        self._shown: dict[int, set[int]] = {}
        self._left_out: dict[int, set[str]] = {}
        for origin in origins:
            self.metrics.gauge(outages.ORIGIN_LEFT_OUT, *origin_labels(origin)).set(0)
        # Shown from the start: a first rise from nothing is no rise to an alert.
        self.metrics.counter(service.MESSAGES_READ, EVIDENCE_LOG, "foreign")
        self._quarantined: dict[int, int] = {}
        self._marks: dict[int, dict[str, int]] = {}
        self._watermarks_at: dict[int, float] = {}
        self._copies: dict[tuple[int, str, str], int] = {}
        self._clocks = ClockWatch()
        self._silence = SilenceWatch(prepared.own_partitions, pulse.started_at)
        self._has_heartbeat = bool(cluster.append_time)
        """Whether ingest appends to the log also while nothing happens."""
        for part in prepared.own_partitions:
            self.metrics.age(outages.EVIDENCE_SILENCE, str(part)).since(pulse.started_at)
        self._silence_at = 0.0
        self._prefix = cluster.prefix
        self.state = StateWatch(self.metrics, pulse, cluster.prefix)
        self.metrics.age(service.EPOCH_AGE).since(pulse.started_at)

    def polled(self, polled: Polled) -> None:
        """Count what a poll brought, or that it brought nothing."""
        count_read(self.metrics, polled, self._prefix)
        now = time.monotonic()
        for run in polled.runs:
            self._silence.take(run.partition, now)
            self.metrics.age(outages.EVIDENCE_SILENCE, str(run.partition)).since(now)
        self.metrics.gauge(outages.CLOCK_STANDING).set(self._clocks.standing(now))
        if self._has_heartbeat and self._pulse.caught_up and now > self._silence_at + SECONDS_BETWEEN:
            self._silence_at = now
            for name, fault in self._silence.hindrances(now).items():
                self._hinder(name, fault)

    def stands(self, partition: int) -> None:
        """A partition waits for evidence that is missing."""
        self._clocks.stands(partition, time.monotonic())

    def goes_on(self, partition: int) -> None:
        """It does no longer."""
        self._clocks.goes_on(partition)

    def _hinder(self, name: str, fault: str | None) -> None:
        """Let the process be not ready for as long as there is a fault."""
        if fault is None:
            self._pulse.hindrances.pop(name, None)
        else:
            self._pulse.hindrances[name] = fault

    def advanced(self, partition: int, engine: Engine, published: list[Published], items: list[EvidenceRecord]) -> None:
        """Show what the engine knows after some records."""
        items = [item for item in items if not item.end]
        foreign = sum(item.foreign is not None for item in items)
        for outcome, count in (("used", len(items) - foreign), ("foreign", foreign)):
            if count:
                self.metrics.counter(service.MESSAGES_READ, EVIDENCE_LOG, outcome).inc(count)
        for item in items:
            for batch in item.record.batches:
                rows = batch.rows() + (len(batch.crew) if partition == 0 else 0)  # crews' reports stand in all of them
                self.metrics.counter(evidence.EVIDENCE_ROWS, origin_topic(batch.origin)).inc(rows)
        for line in (line for some in published for line in some.dead_letters):
            self.metrics.counter(evidence.DEAD_LETTERS, line.topic, line.disposition).inc()
        revisions = [record for some in published for record in some.lifecycle]
        if self._pulse.caught_up:
            self._observe_delays(revisions)
        self._show_network(engine)
        if revisions or partition not in self._shown:
            self._show_zones(partition, engine)
        self._quarantined[partition] = len(engine.quarantined)
        self.metrics.gauge(outages.QUARANTINED_ZONES).set(sum(self._quarantined.values()))
        self._show_left_out(partition, set(engine.left_out))
        self._count_copies(partition, engine)
        self._count_clocks(partition, engine)
        self._count_undeciding(partition, engine)
        self._watch_clock(partition, engine, sum(batch.rows() for item in items for batch in item.record.batches))
        if time.monotonic() > self._watermarks_at.get(partition, 0.0) + SECONDS_BETWEEN:
            self._show_watermarks(partition, engine.state.watermarks.marks)

    def _observe_delays(self, revisions: Iterable[Mapping[str, Any]]) -> None:
        """A process that has not caught up says again what was said in time before it was started."""
        now = wall_clock()
        for record in revisions:
            delay = max(now - parse_time(record["updated_at"]) / 1000, 0)
            self.metrics.histogram(outages.END_TO_END_DELAY).observe(delay)

    def _watch_clock(self, partition: int, engine: Engine, rows: int) -> None:
        """Not ready is a process whose picture stands still while evidence comes."""
        now = time.monotonic()
        self._clocks.take(partition, engine.clock, rows, now)
        self._hinder(f"clock {partition}", self._clocks.hindrance(partition, engine.state.watermarks.marks, now))

    def evaluated(self, seconds: float) -> None:
        """Count the time that the engine took for some records."""
        self.metrics.histogram(outages.EVALUATION_TIME).observe(seconds)

    def _count_copies(self, partition: int, engine: Engine) -> None:
        for reason, rows in (("no_change", engine.state.unchanged), ("repeat", engine.repeats.rows)):
            for origin, count in rows.items():
                place = partition, origin, reason
                if more := count - self._copies.get(place, 0):
                    self.metrics.counter(outages.COPIES_DROPPED, origin_topic(origin), reason).inc(more)
                    self._copies[place] = count

    def _count_clocks(self, partition: int, engine: Engine) -> None:
        for (origin, reason), count in engine.state.clock_doubts.items():
            place = partition, origin, reason
            if more := count - self._copies.get(place, 0):
                self.metrics.counter(outages.CLOCKS_CORRECTED, origin_topic(origin), reason).inc(more)
                self._copies[place] = count

    def _count_undeciding(self, partition: int, engine: Engine) -> None:
        for report, count in engine.state.backlog.undeciding.items():
            place = partition, "", report
            if more := count - self._copies.get(place, 0):
                self.metrics.counter(outages.UNDECIDING_REPORTS, report).inc(more)
                self._copies[place] = count

    def _show_watermarks(self, partition: int, marks: Mapping[str, int]) -> None:
        """An origin is as far as the engine that has heard least of it."""
        self._watermarks_at[partition] = time.monotonic()
        self._marks[partition] = dict(marks)
        for origin in marks:
            complete = min(known.get(origin, END_OF_LOG) for known in self._marks.values())
            show_watermark(self.metrics, origin, complete)

    def _show_left_out(self, partition: int, left_out: set[str]) -> None:
        """An origin counts as left out while one of the engines leaves it out."""
        if self._left_out.get(partition, set()) == left_out:
            return
        before = set().union(*self._left_out.values())
        self._left_out[partition] = left_out
        after = set().union(*self._left_out.values())
        for origin in before ^ after:
            self.metrics.gauge(outages.ORIGIN_LEFT_OUT, *origin_labels(origin)).set(origin in after)

    def _show_network(self, engine: Engine) -> None:
        """Say which version of the network an engine has, and know its zones."""
        network = engine.state.partition.network
        if network.version != self._network_version:
            self._network_version, self._zones = network.version, list(network.zone_ids)
            self.metrics.set_build(self._version, network.version)

    def _show_zones(self, partition: int, engine: Engine) -> None:
        """A series for each zone of the partition from its first record on, after a restart too, 0 included."""
        open_now = engine.open_outages()
        if partition not in self._shown:
            for zone in engine.own_zones:
                self._show_zone(zone, *open_now.get(zone, (0, 0)))
        for zone in self._shown.get(partition, set()) - open_now.keys():
            self._show_zone(zone, 0, 0)
        for zone, (count, customers) in open_now.items():
            self._show_zone(zone, count, customers)
        begun = partition in self._shown
        for zone in self._shown[partition] | open_now.keys() if begun else engine.own_zones:
            self._show_delivery(zone, engine.shares_of_zone(zone))
        self._shown[partition] = set(open_now)

    def _show_delivery(self, zone: int, shares: Iterable[float | None]) -> None:
        """A series for each zone that has learned something."""
        for kind, share in zip(DELIVERED.values or (), shares, strict=True):
            if share is not None:
                self.metrics.gauge(outages.LEARNED_DELIVERY, self._zones[zone], kind).set(share)

    def _show_zone(self, zone: int, count: int, customers: int) -> None:
        self.metrics.gauge(outages.OPEN_OUTAGES, self._zones[zone]).set(count)
        self.metrics.gauge(outages.CUSTOMERS_OUT, self._zones[zone]).set(customers)


def watch_outages(run: OutagesRun) -> OutagesMetrics:
    """Watch an outages flow from before it is laid."""
    watch = OutagesMetrics(run.prepared, run.pulse)
    run.log_watch.polled, run.log_watch.committed = watch.polled, watch.state.committed
    run.log_watch.stands, run.log_watch.goes_on = watch.stands, watch.goes_on
    run.engine_watch.advanced, run.engine_watch.snapshot = watch.advanced, watch.state.snapshot
    run.engine_watch.evaluated = watch.evaluated
    run.networks.waiting = watch.metrics.gauge(evidence.NETWORK_AWAITED).set
    run.prepared.foreign_checkpoint = watch.metrics.counter(service.MESSAGES_READ, ZONE_CHECKPOINT, "foreign").inc
    count_written(run.producer, watch.metrics, run.prepared.cluster.prefix, run.pulse)
    count_troubles(run.events, watch.metrics)
    settings = run.prepared.settings
    if (spans := find_spans(settings.traces, "outages", settings.process, run.prepared.version)) is not None:
        trace_outages(run, watch, OutagesSpans(spans))
    return watch


def trace_outages(run: OutagesRun, watch: OutagesMetrics, traces: OutagesSpans) -> None:
    """Tell spans besides."""

    def evaluated(seconds: float) -> None:
        watch.evaluated(seconds)
        traces.evaluated(seconds)

    def advanced(partition: int, engine: Engine, published: list[Published], items: list[EvidenceRecord]) -> None:
        watch.advanced(partition, engine, published, items)
        traces.advanced(partition, published, items)

    run.engine_watch.evaluated, run.engine_watch.advanced = evaluated, advanced
