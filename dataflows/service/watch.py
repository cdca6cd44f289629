"""What both flows on Kafka tell of themselves: health, records written, the client's troubles, how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.kafka.topics.table import all_topics
from adapters.metrics.tables import evidence, service, state
from models.evidence.batch import END_OF_LOG
from models.evidence.watermarks import origin_partition, origin_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.kafka.clients.consumer import Place, Polled
    from adapters.kafka.clients.events import ClientEvents
    from adapters.kafka.clients.producer import RecordProducer, Tally
    from adapters.metrics.registry import Metrics
    from adapters.process.pulse import Pulse
    from dataflows.service.settings import ServiceSettings

LATE_EPOCHS: Final = 6
"""Epochs without a durable one after which a process is not healthy."""


def topic_names() -> frozenset[str]:
    """Give the names, without prefix, that a metric's topic label may have."""
    return frozenset(topic.stem for topic in all_topics())


class FlowHealth:
    """What a flow answers on /healthz and /readyz."""

    def __init__(self, pulse: Pulse, settings: ServiceSettings) -> None:
        self._pulse = pulse
        self._limit = max(settings.stall_seconds, LATE_EPOCHS * settings.epoch_seconds)

    def healthy(self) -> list[str]:
        """Say why the process is to be restarted."""
        age = self.epoch_age()
        return [f"no epoch became durable for {age:.0f} s"] if age > self._limit else []

    def ready(self) -> list[str]:
        """Say why the process does not do its work yet."""
        behind = [] if self._pulse.caught_up else ["it has not come to the end of what it reads yet"]
        return behind + list(self._pulse.hindrances.values())

    def epoch_age(self) -> float:
        """Give the seconds since an epoch became durable."""
        return self._pulse.epoch_age()


def count_read(metrics: Metrics, polled: Polled, prefix: str) -> None:
    """Count the bytes of a poll, and the errors that pass."""
    for run in polled.runs:
        metrics.counter(service.BYTES_READ, run.topic.removeprefix(prefix)).inc(run.size)
    if polled.errors:
        metrics.counter(service.BROKER_ERRORS, "other").inc(polled.errors)


def count_written(producer: RecordProducer, metrics: Metrics, prefix: str, pulse: Pulse) -> None:
    """Let a producer count what it writes; not ready is who goes on to find written what only it can have written."""

    def count(topic: str, tally: Tally) -> None:
        stem = topic.removeprefix(prefix)
        metrics.counter(service.MESSAGES_WRITTEN, stem, "written").inc(tally.written)
        metrics.counter(service.MESSAGES_WRITTEN, stem, "withheld").inc(tally.withheld)
        metrics.counter(service.BYTES_WRITTEN, stem).inc(tally.size)
        if tally.withheld and pulse.caught_up:
            beyond = f"{tally.withheld} records of {stem} were withheld, for the topic ends beyond them"
            pulse.hindrances[f"withheld {stem}"] = f"{beyond}; if that goes on, see who else writes there"
        elif tally.written:
            pulse.hindrances.pop(f"withheld {stem}", None)

    def wait(seconds: float) -> None:
        metrics.counter(service.QUEUE_FULL_WAITS).inc()
        metrics.counter(service.QUEUE_FULL_TIME).inc(seconds)

    producer.on_tally, producer.on_full = count, wait


def count_troubles(events: ClientEvents, metrics: Metrics) -> None:
    """Let Kafka's clients count what went wrong with brokers."""
    metrics.counter(service.BROKER_ERRORS, "all_down")  # shown from the start, as an alert reads how it rises
    events.on_error = lambda kind: metrics.counter(service.BROKER_ERRORS, kind).inc()
    events.on_disconnects = metrics.counter(service.BROKER_DISCONNECTS).inc


class StateWatch:
    """What a flow with states tells of their size, and how far it has come to where it ended before."""

    def __init__(self, metrics: Metrics, pulse: Pulse, prefix: str) -> None:
        self._metrics, self._pulse, self._prefix = metrics, pulse, prefix
        self._sizes: dict[int, int] = {}
        self._lags: dict[Place, int] = {}
        self._at_first = 0
        """The most records that were still to be read at the end of an epoch."""

    def snapshot(self, partition: int, size: int, seconds: float) -> None:
        """Show how large the partitions' states are together, and what one took."""
        self._sizes[partition] = size
        self._metrics.gauge(state.SNAPSHOT_SIZE).set(sum(self._sizes.values()))
        self._metrics.histogram(state.SNAPSHOT_TIME).observe(seconds)

    def committed(self, lags: Mapping[Place, int]) -> None:
        """Note that an epoch is durable."""
        show_progress(self._metrics, self._pulse, lags, self._prefix)
        self._lags.update(lags)
        behind = sum(self._lags.values())
        self._at_first = max(self._at_first, behind)
        done = self._pulse.caught_up or not self._at_first
        self._metrics.gauge(state.REBUILD_PROGRESS).set(1 if done else 1 - behind / self._at_first)


def origin_labels(origin: str) -> tuple[str, str]:
    """Give the labels of an origin, which is a partition of a raw topic."""
    return origin_topic(origin), str(origin_partition(origin))


def show_watermark(metrics: Metrics, origin: str, at: int) -> None:
    """Show how far an origin's watermark is behind; nothing before its first one."""
    if at:
        since = float("inf") if at == END_OF_LOG else at / 1000
        metrics.age(evidence.WATERMARK_LAG, *origin_labels(origin)).since(since)


def show_progress(metrics: Metrics, pulse: Pulse, lags: Mapping[Place, int], prefix: str) -> None:
    """Show that an epoch is durable, and how many records are still to be read."""
    pulse.epoch()
    metrics.age(service.EPOCH_AGE).since(pulse.epoch_at or pulse.started_at)
    for (topic, partition), lag in lags.items():
        metrics.gauge(service.CONSUMER_LAG, topic.removeprefix(prefix), str(partition)).set(lag)
