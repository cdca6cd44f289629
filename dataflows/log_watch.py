"""What a running flow tells its metrics: counted once a batch, never once a record."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from adapters.kafka.topics import TOPICS
from adapters.metrics import table
from adapters.metrics.registry import Metrics, wall_clock
from models.contracts.topics import EVIDENCE_LOG, RAW_TOPICS
from models.evidence_batch import END_OF_LOG
from models.times import parse_time

if TYPE_CHECKING:
    from adapters.kafka.consumer import Polled
    from adapters.kafka.log_source import Logged
    from adapters.kafka.producer import CheckedProducer, Tally
    from adapters.process import Pulse
    from dataflows.log_ingest import IngestRun
    from dataflows.log_outages import OutagesRun
    from dataflows.log_preparation import PreparedIngest, PreparedOutages
    from dataflows.log_settings import LogSettings
    from models.engine import Engine
    from models.evidence_batch import RefusedLine
    from models.ingest.intake import Intake
    from models.publishing import Published

STEMS: Final = frozenset(topic.stem for topic in TOPICS)
LATE_EPOCHS: Final = 6
"""Epochs without a durable one after which a process is not healthy."""


class FlowHealth:
    """What a flow answers on /healthz and /readyz."""

    def __init__(self, pulse: Pulse, settings: LogSettings) -> None:
        self._pulse = pulse
        self._limit = max(settings.stall_seconds, LATE_EPOCHS * settings.epoch_seconds)

    def healthy(self) -> list[str]:
        """Say why the process is to be restarted."""
        age = self.epoch_age()
        return [f"no epoch became durable for {age:.0f} s"] if age > self._limit else []

    def ready(self) -> list[str]:
        """Say why the process does not do its work yet."""
        return [] if self._pulse.caught_up else ["it has not come to the end of what it reads yet"]

    def epoch_age(self) -> float:
        """Give the seconds since an epoch became durable."""
        return self._pulse.epoch_age()


class IngestMetrics:
    """Watches an ingest flow."""

    def __init__(self, prepared: PreparedIngest, pulse: Pulse) -> None:
        origins = [f"{topic}/{part}" for topic in RAW_TOPICS for part in prepared.own_partitions(topic)]
        self.metrics = Metrics("ingest", topics=STEMS, partitions=1024, origins=origins)
        self.metrics.tell_build(prepared.version, prepared.network.version)
        self._stems = {prepared.cluster.name(topic): topic for topic in RAW_TOPICS}
        self._pulse = pulse
        self.metrics.age(table.EPOCH_AGE).since(pulse.started_at)

    def polled(self, polled: Polled) -> None:
        """Count what a poll brought."""
        for run in polled.runs:
            self.metrics.counter(table.BYTES_READ, self._stems[run.topic]).inc(run.size)
        if polled.errors:
            self.metrics.counter(table.BROKER_ERRORS, "other").inc(polled.errors)
        if polled.ends:
            self._pulse.caught_up = True

    def taken(self, topic: str, records: int, refused: list[RefusedLine], seconds: float) -> None:
        """Count what became of a batch of records."""
        self.metrics.counter(table.MESSAGES_READ, topic, "used").inc(records - len(refused))
        self.metrics.histogram(table.CONVERSION_TIME).observe(seconds)
        if refused:
            self.metrics.counter(table.MESSAGES_READ, topic, "refused").inc(len(refused))
            for disposition, count in Counter(line.disposition for line in refused).items():
                self.metrics.counter(table.DEAD_LETTERS, topic, disposition).inc(count)

    def flushed(self, intake: Intake) -> None:
        """Show how far the origins are."""
        for name, origin in intake.origins.items():
            at = origin.watermark
            self.metrics.age(table.WATERMARK_LAG, name).since(float("inf") if at == END_OF_LOG else at / 1000)

    def committed(self) -> None:
        """Note that an epoch is durable."""
        self._pulse.epoch()
        self.metrics.age(table.EPOCH_AGE).since(self._pulse.epoch_at or self._pulse.started_at)


def watch_ingest(run: IngestRun) -> IngestMetrics:
    """Watch an ingest flow from before it is laid."""
    watch = IngestMetrics(run.prepared, run.pulse)
    run.watch.polled, run.watch.taken = watch.polled, watch.taken
    run.watch.flushed, run.watch.committed = watch.flushed, watch.committed
    run.producer = _counted_producer(run.producer, watch.metrics, run.prepared.cluster.prefix)
    return watch


class OutagesMetrics:
    """Watches an outages flow."""

    def __init__(self, prepared: PreparedOutages, pulse: Pulse) -> None:
        cluster = prepared.cluster
        origins = [f"{topic}/{part}" for topic, count in cluster.raw_partitions.items() for part in range(count)]
        zones = list(prepared.network.zone_ids)
        self.metrics = Metrics("outages", topics=STEMS, partitions=1024, origins=origins, zones=zones)
        self.metrics.tell_build(prepared.version, prepared.network.version)
        self._pulse = pulse
        self._zones = zones
        self._shown: dict[int, set[int]] = {}
        self._left_out: dict[int, set[str]] = {}
        for origin in origins:
            self.metrics.gauge(table.ORIGIN_LEFT_OUT, origin).set(0)
        self._quarantined: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        self.metrics.age(table.EPOCH_AGE).since(pulse.started_at)

    def polled(self, polled: Polled) -> None:
        """Count what a poll brought."""
        for run in polled.runs:
            self.metrics.counter(table.BYTES_READ, EVIDENCE_LOG).inc(run.size)
            self.metrics.counter(table.MESSAGES_READ, EVIDENCE_LOG, "used").inc(len(run.messages))
        if polled.errors:
            self.metrics.counter(table.BROKER_ERRORS, "other").inc(polled.errors)

    def advanced(self, partition: int, engine: Engine, published: list[Published], items: list[Logged]) -> None:
        """Show what the engine knows after some records."""
        for item in items:
            for batch in item.record.batches:
                rows = sum(len(some.log_time) for some in (batch.points, batch.devices) if some is not None)
                self.metrics.counter(table.EVIDENCE_ROWS, batch.origin.rpartition("/")[0]).inc(rows)
        told = [record for some in published for record in some.lifecycle]
        now = wall_clock()
        for record in told:
            self.metrics.histogram(table.END_TO_END_DELAY).observe(
                max(now - parse_time(record["updated_at"]) / 1000, 0)
            )
        if told:
            self._show_zones(partition, engine)
        self._quarantined[partition] = len(engine.quarantined)
        self.metrics.gauge(table.QUARANTINED_ZONES).set(sum(self._quarantined.values()))
        self._show_left_out(partition, set(engine.left_out))

    def evaluated(self, seconds: float) -> None:
        """Count the time that the engine took for some records."""
        self.metrics.histogram(table.EVALUATION_TIME).observe(seconds)

    def snapshot(self, partition: int, size: int, seconds: float) -> None:
        """Show how large the partitions' snapshots are together, and what one took."""
        self._sizes[partition] = size
        self.metrics.gauge(table.SNAPSHOT_SIZE).set(sum(self._sizes.values()))
        self.metrics.histogram(table.SNAPSHOT_TIME).observe(seconds)

    def committed(self) -> None:
        """Note that an epoch is durable."""
        self._pulse.epoch()
        self.metrics.age(table.EPOCH_AGE).since(self._pulse.epoch_at or self._pulse.started_at)
        self.metrics.gauge(table.REBUILD_PROGRESS).set(self._pulse.caught_up)

    def _show_left_out(self, partition: int, left_out: set[str]) -> None:
        """An origin counts as left out while one of the engines leaves it out."""
        if self._left_out.get(partition, set()) == left_out:
            return
        before = set().union(*self._left_out.values())
        self._left_out[partition] = left_out
        after = set().union(*self._left_out.values())
        for origin in before ^ after:
            self.metrics.gauge(table.ORIGIN_LEFT_OUT, origin).set(origin in after)

    def _show_zones(self, partition: int, engine: Engine) -> None:
        open_now = engine.open_outages()
        for zone in self._shown.get(partition, set()) - open_now.keys():
            self._show_zone(zone, 0, 0)
        for zone, (count, customers) in open_now.items():
            self._show_zone(zone, count, customers)
        self._shown[partition] = set(open_now)

    def _show_zone(self, zone: int, count: int, customers: int) -> None:
        self.metrics.gauge(table.OPEN_OUTAGES, self._zones[zone]).set(count)
        self.metrics.gauge(table.CUSTOMERS_OUT, self._zones[zone]).set(customers)


def watch_outages(run: OutagesRun) -> OutagesMetrics:
    """Watch an outages flow from before it is laid."""
    watch = OutagesMetrics(run.prepared, run.pulse)
    run.log_watch.polled, run.log_watch.committed = watch.polled, watch.committed
    run.engine_watch.advanced, run.engine_watch.snapshot = watch.advanced, watch.snapshot
    run.engine_watch.evaluated = watch.evaluated
    run.producer = _counted_producer(run.producer, watch.metrics, run.prepared.cluster.prefix)
    return watch


def _counted_producer(producer: CheckedProducer, metrics: Metrics, prefix: str) -> CheckedProducer:
    """Let a producer count what it writes."""

    def count(topic: str, tally: Tally) -> None:
        stem = topic.removeprefix(prefix)
        metrics.counter(table.MESSAGES_WRITTEN, stem, "written").inc(tally.written)
        metrics.counter(table.MESSAGES_WRITTEN, stem, "withheld").inc(tally.withheld)
        metrics.counter(table.BYTES_WRITTEN, stem).inc(tally.size)
        metrics.counter(table.DELIVERY_FAILURES, stem).inc(tally.failures)

    def wait(seconds: float) -> None:
        metrics.counter(table.QUEUE_FULL_WAITS).inc()
        metrics.counter(table.QUEUE_FULL_TIME).inc(seconds)

    producer.on_tally, producer.on_full = count, wait
    return producer
