"""Mountings of meters as an ingest process exchanges them with the others: it tells its own, and hears of theirs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from adapters.kafka.records.networks import mountings as records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.kafka.clients.producer import Outgoing
    from adapters.kafka.records.networks.mountings import MountingReader
    from models.ingest.intake import Intake
    from models.ingest.mounting.mountings import Mounting

POLL_SECONDS: Final = 0.1
PARTITION: Final = f"{records.PARTITION:05d}"


class MountingIntake:
    """Hands mountings of other processes to the intake, and keeps its own until they are handed on."""

    def __init__(self, intake: Intake, reader: MountingReader) -> None:
        self._intake, self._reader = intake, reader
        self._waiting: list[Outgoing] = []
        self._polled_at = 0.0

    def tell(self, mountings: Iterable[Mounting]) -> None:
        """Keep what this process has read, counted on the receipt of the evidence around it."""
        receipt = self._intake.receipt
        told = [records.outgoing(mounting, receipt) for mounting in mountings]
        receipt.outstanding += len(told)
        self._waiting += told

    def take(self) -> list[tuple[str, list[Outgoing]]]:
        """Give all that waits."""
        waiting, self._waiting = self._waiting, []
        return [(PARTITION, waiting)] if waiting else []

    def poll(self) -> None:
        """Hear of others now and then."""
        now = time.monotonic()
        if now > self._polled_at + POLL_SECONDS:
            self._polled_at = now
            self._intake.mountings.take(self._reader.poll())

    def close(self) -> None:
        """End reading."""
        self._reader.close()
