"""Handing reports on to Kafka, with heartbeats and the checkpoint: a thread of its own.

A checkpoint is written after all that was in the queue when its moments were taken is acknowledged.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Final

import orjson

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.producer import DeliveryError, Outgoing
from models.contracts.topics import CONNECTOR_HEALTH, CONNECTOR_STATE, SCADA_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.connectors.checkpoint import Checkpoint
    from adapters.connectors.heartbeat import Heartbeat
    from adapters.connectors.report_queue import ReportQueue
    from adapters.connectors.source import Source
    from adapters.kafka.clients.producer import RecordProducer

MOST: Final = 5_000
WAIT_SECONDS: Final = 0.1
BY_KEY: Final = -1
"""In place of a partition: the client chooses by the key's CRC-32, as whoever else writes there does."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between heartbeats, and between checkpoints."""

    heartbeat: float = 5.0
    checkpoint: float = 1.0


class Delivery(Thread):
    """Takes from the queue until it is closed and empty. What ends it early is `failure`."""

    def __init__(  # noqa: PLR0913 (what it stands between)
        self,
        queue: ReportQueue,
        source: Source,
        producer: RecordProducer,
        heartbeat: Heartbeat,
        checkpoint: Checkpoint,
        pace: Pace,
        prefix: str = "",
    ) -> None:
        super().__init__(name="delivery", daemon=True)
        self._queue, self._source, self._producer = queue, source, producer
        self._heartbeat, self._checkpoint, self._pace, self._prefix = heartbeat, checkpoint, pace, prefix
        self.on_end: Callable[[], None] = lambda: None
        """Called, from this thread, when it has ended."""
        self._closed = False
        self._due: tuple[int, dict[str, int]] | None = None
        self._beat_at = self._check_at = 0.0
        self.failure: str | None = None
        self.kept_at = time.monotonic()
        """When a checkpoint was last written, by the monotonic clock."""
        self.handed_on = 0

    def close(self) -> None:
        """Hand on what is there, and end."""
        self._closed = True

    def run(self) -> None:
        """Hand on until it is closed."""
        try:
            while not (self._closed and not len(self._queue)):
                self._step()
            self._finish()
        except DeliveryError as error:
            self.failure = str(error)
        except OSError as error:
            self.failure = f"checkpoint: cannot be written ({error.strerror}); see to the disk of the state folder"
        finally:
            self.on_end()

    def _step(self) -> None:
        now = time.monotonic()
        if self._due is None and now >= self._check_at:
            marks = self._source.marks()  # before the count: what is heard later is not in it
            self._due = self._queue.put_count, marks
        self._send_reports()
        self._producer.poll()
        if self._due is not None and self._queue.taken_count >= self._due[0]:
            self._keep(self._due[1])
            self._due, self._check_at = None, now + self._pace.checkpoint
        if now >= self._beat_at:
            self._beat()
            self._beat_at = now + self._pace.heartbeat

    def _send_reports(self) -> None:
        topic = self._prefix + SCADA_EVENTS
        for report in self._queue.take(MOST, WAIT_SECONDS):
            self._producer.send(topic, BY_KEY, Outgoing(report.value, report.device_id.encode()))
            self.handed_on += 1

    def _keep(self, marks: dict[str, int]) -> None:
        self._producer.flush()
        self._checkpoint.write(marks)
        self.kept_at = time.monotonic()
        self._source.kept(marks)

    def _beat(self, *, stopped: bool = False) -> None:
        for record in self._heartbeat.records(now_ms(), len(self._queue), stopped=stopped):
            outgoing = Outgoing(
                orjson.dumps(record.model_dump(), option=orjson.OPT_SORT_KEYS), record.connector.encode()
            )
            self._producer.send(self._prefix + CONNECTOR_HEALTH, BY_KEY, outgoing)
            if record.kind == "heartbeat":
                self._producer.send(self._prefix + CONNECTOR_STATE, BY_KEY, outgoing)

    def _finish(self) -> None:
        self._beat(stopped=True)
        self._keep(self._source.marks())
