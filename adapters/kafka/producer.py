"""Writing to Kafka with every acknowledgement looked at: a record that Kafka did not keep ends the process.

One producer a process, idempotent, `acks=all`: records of a partition stay in order and come once while it lives. What
is in flight at a kill may still land; who starts next goes on where the topic ends.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

WRITING: Final[Mapping[str, Any]] = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 5,
    "message.max.bytes": 8 << 20,
    "queue.buffering.max.messages": 200_000,
    "queue.buffering.max.kbytes": 256 << 10,
}
PATIENCE: Final = 180.0
"""Seconds without an acknowledgement after which a record counts as lost."""


class DeliveryError(Exception):
    """Kafka did not keep a record, or did not say so in time. Who starts again goes on where the topics end."""


class Receipt(Protocol):
    """Whoever waits for a record to be kept."""

    def delivered(self) -> None:
        """The record is kept."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record on its way to a partition that the sink knows."""

    value: bytes | None
    key: bytes | None = None
    headers: list[tuple[str, bytes | None]] | list[tuple[str, bytes]] | None = None
    number: int = -1
    """Rises within the partition; what stands there already is not written again. -1: not numbered."""
    receipt: Receipt | None = None
    at: int = 0
    """Create time in milliseconds, where the topic keeps the writer's; 0 is now."""


class CheckedProducer:
    """A producer whose failures are raised at the next call. `on_written` is told topic, records and bytes."""

    def __init__(
        self,
        client: Mapping[str, Any],
        on_written: Callable[[str, int], None] = lambda _topic, _size: None,
        on_full: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
    ) -> None:
        """Make the producer; it connects by itself. `on_full` is told when the local queue is full."""
        self._patience = patience
        self.on_written, self.on_full = on_written, on_full
        self._failure: str | None = None
        self._producer = Producer({**WRITING, **client, "message.timeout.ms": int(patience * 1000)})

    def send(self, topic: str, partition: int, outgoing: Outgoing) -> None:
        """Hand a record over; waits while the local queue is full. Raises `DeliveryError`."""
        self._raise()
        report = self._reporter(outgoing)
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self._producer.produce(
                    topic,
                    outgoing.value,
                    outgoing.key,
                    partition,
                    timestamp=outgoing.at,
                    headers=outgoing.headers,  # type: ignore[arg-type]
                    on_delivery=report,
                )
            except BufferError:
                self.on_full()
                self._producer.poll(0.05)
                self._raise()
                if time.monotonic() > deadline:
                    raise DeliveryError(f"{topic}: the local queue stays full; {MEND}") from None
            except KafkaException as error:
                raise DeliveryError(f"{topic}: cannot be written: {error.args[0].str()}; {MEND}") from error
            else:
                return

    def poll(self) -> None:
        """Look at acknowledgements. Raises `DeliveryError`."""
        self._producer.poll(0)
        self._raise()

    def flush(self) -> None:
        """Wait until everything is kept. Raises `DeliveryError` where it takes too long or failed."""
        left = self._producer.flush(self._patience)
        self._raise()
        if left:
            raise DeliveryError(f"{left} records are not acknowledged after {self._patience:.0f} s; {MEND}")

    def _reporter(self, outgoing: Outgoing) -> Callable[[KafkaError | None, Message], None]:
        receipt, size = outgoing.receipt, len(outgoing.value or b"")

        def report(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                where = f"{message.topic()}/{message.partition()}"
                self._failure = self._failure or f"{where}: a record was not kept: {error.str()}; {MEND}"
                return
            self.on_written(message.topic() or "", size)
            if receipt is not None:
                receipt.delivered()

        return report

    def _raise(self) -> None:
        if self._failure is not None:
            raise DeliveryError(self._failure)


MEND: Final = "see that the broker is up and takes records, and start again"
