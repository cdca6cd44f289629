"""What a sender tells its metrics, and answers on /healthz and /readyz."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from adapters.metrics.registry import Metrics
from adapters.metrics.table import SEND
from adapters.metrics.tables import sending

if TYPE_CHECKING:
    from adapters.sending.directory import Directory
    from adapters.sending.sender import Sender
    from models.sending.outbox import Outbox


class SendingWatch:
    """Metrics and health of one sender."""

    def __init__(self, sender: Sender, outbox: Outbox, directory: Directory, stall_seconds: float) -> None:
        self.metrics = Metrics(SEND)
        self._sender, self._directory, self._stall = sender, directory, stall_seconds
        self.metrics.show(sending.WAITING, lambda: float(len(outbox)))
        sender.on_ended = lambda channel, status: self.metrics.counter(sending.ENDED, channel, status).inc()
        sender.on_try = lambda channel, outcome: self.metrics.counter(sending.TRIES, channel, outcome).inc()

    def healthy(self) -> list[str]:
        """Say why the process is to be restarted."""
        still = time.monotonic() - self._sender.moved_at
        stalled = [f"it has not moved for {still:.0f} s"] if still > self._stall else []
        return [*stalled, *([self._directory.failure] if self._directory.failure else [])]

    def ready(self) -> list[str]:
        """Say why it does not send yet."""
        return self._directory.lacking()

    def epoch_age(self) -> float:
        """Give the seconds since it last moved."""
        return time.monotonic() - self._sender.moved_at
