"""The receiver's heartbeat, and beside it what the sender has told of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.connectors.heartbeat import Heartbeat

if TYPE_CHECKING:
    from adapters.one_way.receiver import OneWayReceiver
    from models.contracts.outputs.connector_health import ConnectorHealthRecord


class PassingHeartbeat(Heartbeat):
    """Passes the sender's records on as they are: they bear its name, and its silence tells that it is dead."""

    def __init__(self, connector: str, source: OneWayReceiver, interval_seconds: float, now: int) -> None:
        super().__init__(connector, source, interval_seconds, now)
        self._health = source.health

    def records(self, now: int, queue_length: int, *, stopped: bool = False) -> list[ConnectorHealthRecord]:
        """Make what is to be told now."""
        passed = [self._health.popleft() for _ in range(len(self._health))]
        return [*passed, *super().records(now, queue_length, stopped=stopped)]
