"""A broker in the test's own process with all of Faultline's topics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.topics.table import layout

RAW_PARTITIONS = 5
EVIDENCE_PARTITIONS = 8


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        for topic in layout(RAW_PARTITIONS, EVIDENCE_PARTITIONS, played=True):
            broker.create(topic.name, topic.partitions)
        yield broker
