"""The heartbeat: how the connector stands, and which devices it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.connectors.health import Standing, worst
from models.contracts.outputs.connector_health import MOST_DEVICES, ConnectorHealthRecord
from models.digest import digest
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.connectors.source import Source
    from models.contracts.outputs.connector_health import ConnectorState

DEVICES_MS: Final = 3_600_000
"""The list of devices is told again after so long."""


class Heartbeat:
    """Makes the records of one connector's health."""

    def __init__(self, connector: str, source: Source, interval_seconds: float, now: int) -> None:
        """Start at `now`, milliseconds."""
        self._connector = connector
        self._source = source
        self._interval = interval_seconds
        self._started = format_time(now)
        self._standing = Standing(now)
        self._number = 0
        self._told_at: int | None = None
        self._devices: Sequence[str] = ()
        self._digest = digest()

    @property
    def state(self) -> ConnectorState:
        """How the connector stood at the last record."""
        return self._standing.state

    def records(self, now: int, queue_length: int, *, stopped: bool = False) -> list[ConnectorHealthRecord]:
        """Make what is to be told now: a heartbeat, and before it the devices at first, hourly and when they change."""
        links = self._source.links()
        state: ConnectorState = "stopped" if stopped else worst(link.state for link in links)
        self._standing.become(state, now)
        made = []
        devices = self._source.devices
        if self._told_at is None or devices is not self._devices or now - self._told_at >= DEVICES_MS:
            self._told_at, self._devices, self._digest = now, devices, digest("\n".join(devices).encode())
            made = self._list_devices(now, queue_length)
        return [*made, self._record(now, queue_length).model_copy(update={"links": links})]

    def _list_devices(self, now: int, queue_length: int) -> list[ConnectorHealthRecord]:
        devices = self._devices
        parts = [devices[start : start + MOST_DEVICES] for start in range(0, len(devices), MOST_DEVICES)] or [[]]
        return [
            self._record(now, queue_length).model_copy(
                update={"kind": "devices", "part": number, "parts": len(parts), "device_ids": list(part)}
            )
            for number, part in enumerate(parts, 1)
        ]

    def _record(self, now: int, queue_length: int) -> ConnectorHealthRecord:
        self._number += 1
        return ConnectorHealthRecord(
            event_id=f"{self._connector}:{self._started}:{self._number}",
            schema_version=1,
            connector=self._connector,
            kind="heartbeat",
            number=self._number,
            started_at=self._started,
            updated_at=format_time(now),
            state=self._standing.state,
            since=format_time(self._standing.since),
            interval_seconds=self._interval,
            links=[],
            queue_length=queue_length,
            counts={name: count for name, count in sorted(self._source.counts.items()) if count},
            devices=len(self._devices),
            devices_digest=self._digest,
            part=None,
            parts=None,
            device_ids=None,
        )
