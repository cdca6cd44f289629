"""What a Kafka client tells besides records: errors that it goes on trying after, and connections that it lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from confluent_kafka import KafkaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STATISTICS_MS: Final = 10_000
OTHER: Final = "other"
KINDS: Final = {
    KafkaError._ALL_BROKERS_DOWN: "all_down",  # noqa: SLF001 (so named)
    KafkaError._TRANSPORT: "transport",  # noqa: SLF001 (so named)
    KafkaError._TIMED_OUT: "timeout",  # noqa: SLF001 (so named)
    KafkaError._AUTHENTICATION: "authentication",  # noqa: SLF001 (so named)
    KafkaError.SASL_AUTHENTICATION_FAILED: "authentication",
}


class ClientEvents:
    """Hears what clients of one process tell, whenever they are polled."""

    def __init__(self) -> None:
        self.on_error: Callable[[str], None] = lambda _kind: None
        """Told one of the values of `KINDS`, else `other`."""
        self.on_disconnects: Callable[[int], None] = lambda _count: None
        """Told how many connections were lost since the last time."""

    def with_callbacks(self, client: Mapping[str, Any]) -> dict[str, Any]:
        """Give the settings of one client with what is to be heard of it."""
        counted: dict[str, int] = {}

        def count_disconnects(statistics: str) -> None:
            brokers = orjson.loads(statistics).get("brokers", {})
            lost = {name: int(broker.get("disconnects", 0)) for name, broker in brokers.items()}
            self.on_disconnects(sum(max(count - counted.get(name, 0), 0) for name, count in lost.items()))
            counted.update(lost)

        callbacks = {"error_cb": self._note, "stats_cb": count_disconnects}
        return {**client, **callbacks, "statistics.interval.ms": STATISTICS_MS}

    def _note(self, error: KafkaError) -> None:
        self.on_error(KINDS.get(error.code(), OTHER))
