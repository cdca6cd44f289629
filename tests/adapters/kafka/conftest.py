"""A broker inside the test's own process: librdkafka's mock cluster, which the client's wheel brings."""

from collections.abc import Iterator

import pytest

from adapters.kafka.playing.embedded import EmbeddedBroker


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker
