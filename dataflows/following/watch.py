"""What a flow behind the outages tells its metrics: counted once a poll, never once a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.metrics.registry import Metrics
from adapters.metrics.tables import service, state
from dataflows.service.watch import count_read, count_troubles, count_written, show_progress, topic_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.kafka.clients.consumer import Place, Polled
    from dataflows.following.kafka import FollowingRun


class FollowingMetrics:
    """Watches a flow."""

    def __init__(self, run: FollowingRun) -> None:
        prepared = run.prepared
        self.metrics = Metrics(prepared.following.name, topics=topic_names(), partitions=1024)
        self.metrics.set_build(prepared.version, "")
        self._prefix = prepared.cluster.prefix
        self._pulse = run.pulse
        self._sizes: dict[int, int] = {}
        self._lags: dict[Place, int] = {}
        self._at_first = 0
        """The most records that were still to be read at the end of an epoch."""
        self.metrics.age(service.EPOCH_AGE).since(run.pulse.started_at)

    def polled(self, polled: Polled) -> None:
        """Count what a poll brought."""
        count_read(self.metrics, polled, self._prefix)

    def read(self, topic: str, outcome: str, count: int) -> None:
        """Count what became of records."""
        if count:
            self.metrics.counter(service.MESSAGES_READ, topic.removeprefix(self._prefix), outcome).inc(count)

    def snapshot(self, partition: int, size: int, seconds: float) -> None:
        """Show how large the partitions' states are together, and what one took."""
        self._sizes[partition] = size
        self.metrics.gauge(state.SNAPSHOT_SIZE).set(sum(self._sizes.values()))
        self.metrics.histogram(state.SNAPSHOT_TIME).observe(seconds)

    def committed(self, lags: Mapping[Place, int]) -> None:
        """Note that an epoch is durable."""
        show_progress(self.metrics, self._pulse, lags, self._prefix)
        self._lags.update(lags)
        behind = sum(self._lags.values())
        self._at_first = max(self._at_first, behind)
        done = self._pulse.caught_up or not self._at_first
        self.metrics.gauge(state.REBUILD_PROGRESS).set(1 if done else 1 - behind / self._at_first)


def watch_following(run: FollowingRun) -> FollowingMetrics:
    """Watch a flow from before it is laid."""
    watch = FollowingMetrics(run)
    run.record_watch.polled, run.record_watch.read = watch.polled, watch.read
    run.record_watch.committed, run.on_snapshot = watch.committed, watch.snapshot
    for producer in (run.producer, run.log_producer):
        count_written(producer, watch.metrics, run.prepared.cluster.prefix, run.pulse)
    count_troubles(run.events, watch.metrics)
    return watch
