"""Writing to Kafka with every acknowledgement looked at: a record that Kafka did not keep ends the process.

One producer a process, idempotent, `acks=all`: records of a partition stay in order and come once while it lives. What
is in flight at a kill may still land; who starts next goes on where the topic ends.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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


Report = Callable[[KafkaError | None, Message], None]


class Receipt(Protocol):
    """Whoever waits for a record to be kept."""

    def delivered(self) -> None:
        """The record is kept."""


class Outgoing(NamedTuple):
    """A record on its way to a partition that the sink knows."""

    value: bytes | None
    key: bytes | None = None
    headers: list[tuple[str, bytes | None]] | list[tuple[str, bytes]] | None = None
    number: int = -1
    """Rises within the partition; what stands there already is not written again. -1: not numbered."""
    receipt: Receipt | None = None
    at: int = 0
    """Create time in milliseconds, where the topic keeps the writer's; 0 is now."""
    live: bool = False
    """Made after all was read that stood in the log at the start: no topic can have it already."""


@dataclass(slots=True)
class Tally:
    """What became of one topic's records since it was last told."""

    written: int = 0
    size: int = 0
    """Bytes of the values written."""
    withheld: int = 0


class RecordProducer(Protocol):
    """What sinks write with."""

    on_tally: Callable[[str, Tally], None]
    on_full: Callable[[float], None]

    def send(self, topic: str, partition: int, outgoing: Outgoing) -> None:
        """Hand a record over."""

    def withhold(self, topic: str, outgoing: Outgoing) -> None:
        """Do not send a record, as the topic has it."""

    def poll(self) -> None:
        """Raise what has failed since."""

    def flush(self) -> None:
        """Wait until everything is kept."""


class BatchProducer(RecordProducer, Protocol):
    """What writes many records to a partition at once."""

    def send_all(self, topic: str, partition: int, records: Iterable[Outgoing]) -> None:
        """Hand records over, in their order."""


def produce(
    producer: Producer,
    place: tuple[str, int],
    outgoing: Outgoing,
    report: Report,
    patience: float,
    waited: Callable[[float], None],
) -> None:
    """Hand a record to a client; `waited` is told the seconds of each wait for room in its queue, and may raise.

    Raises `KafkaException`, and `DeliveryError` where the queue stays full.
    """
    deadline = 0.0
    while True:
        try:
            producer.produce(
                place[0],
                outgoing.value,
                outgoing.key,
                place[1],
                timestamp=outgoing.at,
                headers=outgoing.headers,  # type: ignore[arg-type]
                on_delivery=report,
            )
        except BufferError:
            begun = time.monotonic()
            deadline = deadline or begun + patience
            producer.poll(0.05)
            waited(time.monotonic() - begun)
            if time.monotonic() > deadline:
                raise DeliveryError(f"{place[0]}: the local queue stays full; {REMEDY}") from None
        else:
            return


class CheckedProducer:
    """A producer whose failures are raised at the next call.

    `on_tally` is told once a look what became of a topic's records, `on_full` the seconds of each wait for room in the
    local queue.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        on_full: Callable[[float], None] = lambda _seconds: None,
        patience: float = PATIENCE,
    ) -> None:
        """Make the producer; it connects by itself."""
        self._patience = patience
        self.on_tally: Callable[[str, Tally], None] = lambda _topic, _tally: None
        self.on_full = on_full
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self._failure: str | None = None
        self._last_reporter: tuple[str, Receipt | None, Report] = ("", None, lambda _error, _message: None)
        self._producer = Producer({**WRITING, **client, "message.timeout.ms": int(patience * 1000)})

    def send(self, topic: str, partition: int, outgoing: Outgoing) -> None:
        """Hand a record over; waits while the local queue is full. Raises `DeliveryError`."""
        self._raise()
        report = self._reporter(topic, outgoing.receipt)
        try:
            produce(self._producer, (topic, partition), outgoing, report, self._patience, self._wait)
        except KafkaException as error:
            raise DeliveryError(f"{topic}: cannot be written: {error.args[0].str()}; {REMEDY}") from error

    def send_all(self, topic: str, partition: int, records: Iterable[Outgoing]) -> None:
        """Hand records over, in their order; waits while the local queue is full. Raises `DeliveryError`."""
        for outgoing in records:
            self.send(topic, partition, outgoing)

    def _wait(self, seconds: float) -> None:
        self.on_full(seconds)
        self._raise()

    def withhold(self, topic: str, outgoing: Outgoing) -> None:
        """Do not send a record, as the topic has it."""
        self._tallies[topic].withheld += 1
        if outgoing.receipt is not None:
            outgoing.receipt.delivered()

    def poll(self) -> None:
        """Look at acknowledgements. Raises `DeliveryError`."""
        self._producer.poll(0)
        self._report_tallies()
        self._raise()

    def flush(self) -> None:
        """Wait until everything is kept. Raises `DeliveryError` where it takes too long or failed."""
        left = self._producer.flush(self._patience)
        self._report_tallies()
        self._raise()
        if left:
            raise DeliveryError(f"{left} records are not acknowledged after {self._patience:.0f} s; {REMEDY}")

    def _report_tallies(self) -> None:
        for topic, tally in self._tallies.items():
            self.on_tally(topic, tally)
        self._tallies.clear()

    def _reporter(self, topic: str, receipt: Receipt | None) -> Report:
        """Give what hears of a record's fate; records that follow each other mostly share it."""
        last_topic, last_receipt, last_report = self._last_reporter
        if last_topic == topic and last_receipt is receipt:  # equal ones are not the same
            return last_report

        def report(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                where = f"{message.topic()}/{message.partition()}"
                self._failure = self._failure or f"{where}: a record was not kept: {error.str()}; {REMEDY}"
                return
            tally = self._tallies[topic]
            tally.written += 1
            tally.size += len(message)
            if receipt is not None:
                receipt.delivered()

        self._last_reporter = (topic, receipt, report)
        return report

    def _raise(self) -> None:
        if self._failure is not None:
            raise DeliveryError(self._failure)


REMEDY: Final = "see that the broker is up and takes records, and start again"
