"""What a flow behind the outages tells its metrics: counted once a poll, never once a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.metrics.registry import Metrics
from adapters.metrics.tables import service
from dataflows.service.watch import StateWatch, count_read, count_troubles, count_written, topic_names

if TYPE_CHECKING:
    from adapters.kafka.clients.consumer import Polled
    from dataflows.following.kafka import FollowingRun


class FollowingMetrics:
    """Watches a flow."""

    def __init__(self, run: FollowingRun) -> None:
        prepared = run.prepared
        self.metrics = Metrics(prepared.following.name, topics=topic_names(), partitions=1024)
        self.metrics.set_build(prepared.version, "")
        self._prefix = prepared.cluster.prefix
        self.state = StateWatch(self.metrics, run.pulse, prepared.cluster.prefix)
        self.metrics.age(service.EPOCH_AGE).since(run.pulse.started_at)

    def polled(self, polled: Polled) -> None:
        """Count what a poll brought."""
        count_read(self.metrics, polled, self._prefix)

    def read(self, topic: str, outcome: str, count: int) -> None:
        """Count what became of records."""
        if count:
            self.metrics.counter(service.MESSAGES_READ, topic.removeprefix(self._prefix), outcome).inc(count)


def watch_following(run: FollowingRun) -> FollowingMetrics:
    """Watch a flow from before it is laid."""
    watch = FollowingMetrics(run)
    run.record_watch.polled, run.record_watch.read = watch.polled, watch.read
    run.record_watch.committed, run.on_snapshot = watch.state.committed, watch.state.snapshot
    for producer in (run.producer, run.log_producer, *([run.table_producer] if run.table_producer else [])):
        count_written(producer, watch.metrics, run.prepared.cluster.prefix, run.pulse)
    count_troubles(run.events, watch.metrics)
    return watch
