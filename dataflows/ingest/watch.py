"""What a running ingest flow tells its metrics: counted once a batch, never once a record."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, get_args

from adapters.metrics.registry import Metrics
from adapters.metrics.tables import evidence, ingest, service
from adapters.traces.spans import find_spans
from dataflows.service.watch import (
    count_read,
    count_troubles,
    count_written,
    show_progress,
    show_watermark,
    topic_names,
)
from dataflows.traces.ingest import IngestSpans
from models.contracts.outputs.dead_letter import Disposition
from models.contracts.topics import RAW_TOPICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.kafka.clients.consumer import Place, Polled
    from adapters.process.pulse import Pulse
    from dataflows.ingest.kafka import IngestRun
    from dataflows.ingest.preparation import PreparedIngest
    from models.ingest.intake import Intake
    from models.ingest.origin_reader import Ingested


class IngestMetrics:
    """Watches an ingest flow."""

    def __init__(self, prepared: PreparedIngest, pulse: Pulse) -> None:
        self.metrics = Metrics("ingest", topics=topic_names(), partitions=1024)
        self._version, self._network_version = prepared.version, prepared.network.version
        self.metrics.set_build(self._version, self._network_version)
        self._prefix = prepared.cluster.prefix
        self._pulse = pulse
        cluster = prepared.cluster
        self._unread = {(cluster.name(topic), part) for topic in RAW_TOPICS for part in prepared.own_partitions(topic)}
        """Partitions that have not been read to their ends yet."""
        self.metrics.age(service.EPOCH_AGE).since(pulse.started_at)
        # Shown from the start: to a rate, a first rise from nothing is no rise.
        for topic in RAW_TOPICS:
            for outcome in ("used", "unused", "refused"):
                self.metrics.counter(service.MESSAGES_READ, topic, outcome)
            for disposition in get_args(Disposition):
                self.metrics.counter(evidence.DEAD_LETTERS, topic, disposition)

    def polled(self, polled: Polled) -> None:
        """Count what a poll brought."""
        count_read(self.metrics, polled, self._prefix)
        self._unread -= polled.ends.keys()
        self._pulse.caught_up = not self._unread

    def taken(self, topic: str, ingested: Ingested, seconds: float) -> None:
        """Count what became of a batch of records."""
        batch = ingested.batch
        outcomes = {"used": batch.read - batch.refused - batch.unused, "unused": batch.unused, "refused": batch.refused}
        for outcome, count in outcomes.items():
            if count:
                self.metrics.counter(service.MESSAGES_READ, topic, outcome).inc(count)
        self.metrics.counter(evidence.EVIDENCE_ROWS, topic).inc(batch.rows() + len(batch.crew))
        self.metrics.histogram(ingest.CONVERSION_TIME).observe(seconds)
        for mounting in ingested.mounted:
            kind = "installed" if mounting.usage_point_id else "removed"
            self.metrics.counter(ingest.MOUNTINGS, kind).inc()
        for disposition, count in Counter(line.disposition for line in ingested.dead_letters).items():
            self.metrics.counter(evidence.DEAD_LETTERS, topic, disposition).inc(count)

    def marked(self, topic: str) -> None:
        """Count a control record."""
        self.metrics.counter(service.MESSAGES_READ, topic, "control").inc()

    def flushed(self, intake: Intake) -> None:
        """Show how far the origins are, and which version of the network has been released to them."""
        if intake.network_version != self._network_version:
            self._network_version = intake.network_version
            self.metrics.set_build(self._version, self._network_version)
        for standing, count in intake.exchanged().items():
            self.metrics.gauge(ingest.EXCHANGED_METERS, standing).set(count)
        for name, origin in intake.origins.items():
            show_watermark(self.metrics, name, origin.watermark)

    def committed(self, lags: Mapping[Place, int]) -> None:
        """Note that an epoch is durable."""
        show_progress(self.metrics, self._pulse, lags, self._prefix)


def watch_ingest(run: IngestRun) -> IngestMetrics:
    """Watch an ingest flow from before it is laid."""
    watch = IngestMetrics(run.prepared, run.pulse)
    run.watch.polled, run.watch.taken, run.watch.marked = watch.polled, watch.taken, watch.marked
    run.networks.waiting = watch.metrics.gauge(evidence.NETWORK_AWAITED).set
    run.watch.flushed, run.watch.committed = watch.flushed, watch.committed
    count_written(run.producer, watch.metrics, run.prepared.cluster.prefix, run.pulse)
    count_troubles(run.events, watch.metrics)
    settings = run.prepared.settings
    if (spans := find_spans(settings.traces, "ingest", settings.process, run.prepared.version)) is not None:
        trace_ingest(run, watch, IngestSpans(spans))
    return watch


def trace_ingest(run: IngestRun, watch: IngestMetrics, traces: IngestSpans) -> None:
    """Tell spans besides."""

    def taken(topic: str, ingested: Ingested, seconds: float) -> None:
        watch.taken(topic, ingested, seconds)
        traces.taken(seconds)

    run.watch.taken, run.watch.written = taken, traces.written
