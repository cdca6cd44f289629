"""What a flow writes its outputs with: one process alone writes a partition, whoever had it before is fenced."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from adapters.kafka.clients.fenced_producer import FencedProducer
from adapters.kafka.clients.producer import CheckedProducer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.kafka.clients.events import ClientEvents
    from adapters.kafka.topics.cluster import Cluster
    from dataflows.service.settings import ServiceSettings

OutputProducer = CheckedProducer | FencedProducer
log: Final = logging.getLogger("faultline")


def output_producer(
    group: str, partitions: Iterable[int], cluster: Cluster, settings: ServiceSettings, events: ClientEvents
) -> OutputProducer:
    """Make the producer of a flow's outputs, with a transactional id for each partition of this process.

    An embedded broker fences nobody, and is written to without.
    """
    if settings.embedded:
        log.info("embedded broker: its transactions hold nothing back, so a second process is not fenced")
        return CheckedProducer(events.with_callbacks(cluster.client), patience=settings.delivery_seconds)
    ids = {part: f"{group}{cluster.group_suffix}-{part:05d}" for part in partitions}
    return FencedProducer(lambda: events.with_callbacks(cluster.client), ids, settings.delivery_seconds)


def take_over(producer: OutputProducer) -> None:
    """Make sure that nobody else can write, before it is asked where the outputs end. Raises `FaultsError`."""
    if isinstance(producer, FencedProducer):
        producer.fence()


def fence_of(producer: OutputProducer) -> FencedProducer | None:
    """Give what tells a reader that another process has the partitions; None where nobody is fenced."""
    return producer if isinstance(producer, FencedProducer) else None
