"""What a running connector tells its metrics, and answers on /healthz and /readyz."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, get_args

from adapters.connectors.clock import now_ms
from adapters.metrics.registry import Metrics
from adapters.metrics.table import CONNECT
from adapters.metrics.tables import connector
from models.contracts.outputs.connector_health import ConnectorState
from models.contracts.topics import CONNECTOR_HEALTH, CONNECTOR_STATE, SCADA_EVENTS
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from adapters.connectors.delivery import Delivery
    from adapters.connectors.report_queue import ReportQueue
    from adapters.connectors.source import Source
    from adapters.kafka.clients.producer import RecordProducer, Tally
    from models.contracts.outputs.connector_health import LinkHealth

OWN: Final = "own"
WORKING: Final = ("connected", "degraded")
"""States in which values come; what is degraded is told in heartbeats and metrics."""
_STATES: Final[tuple[ConnectorState, ...]] = get_args(ConnectorState)


class ConnectorWatch:
    """Metrics and health of one connector."""

    def __init__(self, source: Source, queue: ReportQueue, delivery: Delivery, stall_seconds: float) -> None:
        links = [link.name for link in source.links()]
        topics = (SCADA_EVENTS, CONNECTOR_HEALTH, CONNECTOR_STATE)
        self.metrics = Metrics(CONNECT, topics=topics, links=(*links, OWN))
        self._source, self._queue, self._delivery, self._stall = source, queue, delivery, stall_seconds
        self._counted: dict[str, int] = {}
        self._levels: set[str] = set()
        """Links that have had a server's ServiceLevel: without a server it is 0 there."""
        self.moved_at = time.monotonic()

    def beat(self) -> None:
        """The source moves: show how it stands."""
        self.moved_at = time.monotonic()
        metrics = self.metrics
        for link in self._source.links():
            self._show(link)
        for name, at in self._source.certificates():
            metrics.gauge(connector.CERTIFICATE, name).set((at - now_ms()) / 1000)
        metrics.gauge(connector.QUEUE).set(len(self._queue))
        metrics.age(connector.CHECKPOINT).since(self._delivery.kept_at)
        counts = {**self._source.counts, "queue_overflow": self._queue.lost}
        counts["gap"] = counts.get("gap", 0) + self._queue.gaps
        for name, count in counts.items():
            if more := count - self._counted.get(name, 0):
                metrics.counter(connector.EVENTS, name).inc(more)
                self._counted[name] = count

    def count_written(self, producer: RecordProducer, prefix: str) -> None:
        """Let a producer count what it writes."""

        def count(topic: str, tally: Tally) -> None:
            self.metrics.counter(connector.WRITTEN, topic.removeprefix(prefix), "written").inc(tally.written)

        producer.on_tally = count

    def healthy(self) -> list[str]:
        """Say why the process is to be restarted."""
        still = time.monotonic() - self.moved_at
        return [f"it has not moved for {still:.0f} s"] if still > self._stall else []

    def ready(self) -> list[str]:
        """Say why the connector does not do its work."""
        reasons = [
            f"{link.name}: {link.state} since {link.since}" + "".join(f"; {trouble}" for trouble in link.troubles)
            for link in self._source.links()
            if link.state not in WORKING
        ]
        if self.epoch_age() > self._stall / 2:
            reasons.append(f"Kafka has acknowledged nothing for {self.epoch_age():.0f} s; see to the broker")
        return reasons

    def epoch_age(self) -> float:
        """Give the seconds since what was handed on was last made sure of."""
        return time.monotonic() - self._delivery.kept_at

    def _show(self, link: LinkHealth) -> None:
        metrics = self.metrics
        for state in _STATES:
            metrics.gauge(connector.STATE, link.name, state).set(state == link.state)
        metrics.gauge(connector.POINTS_MISSING, link.name).set(link.points - link.points_followed)
        metrics.gauge(connector.ALARMS, link.name).set(link.alarms)
        if link.service_level is not None or link.name in self._levels:
            self._levels.add(link.name)
            metrics.gauge(connector.SERVICE_LEVEL, link.name).set(link.service_level or 0)
        if link.lag_seconds is not None:
            metrics.gauge(connector.VALUE_LAG, link.name).set(link.lag_seconds)
        if link.heard_at is not None:
            metrics.age(connector.SILENCE, link.name).since(parse_time(link.heard_at) / 1000)
