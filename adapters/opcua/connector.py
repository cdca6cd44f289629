"""The OPC UA connector: a link for each system."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from adapters.connectors.intake import Intake
from adapters.opcua.link import Link
from models.telemetry.points import devices_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.connectors.report_queue import ReportQueue
    from adapters.connectors.source import CertificateExpiry
    from adapters.opcua.connection import Identity
    from adapters.opcua.settings import OpcUaSettings
    from models.contracts.outputs.connector_health import LinkHealth
    from models.telemetry.points import Point

TICK_SECONDS: Final = 0.1


class OpcUaConnector:
    """A source of reports; see `adapters.connectors.source.Source`."""

    def __init__(
        self,
        settings: OpcUaSettings,
        identity: Identity,
        points: Sequence[Point],
        queue: ReportQueue,
        marks: Mapping[str, int],
        draw: Callable[[], float],
    ) -> None:
        """`marks` are those of the checkpoint, by link."""
        self.counts: Counter[str] = Counter()
        self.devices: Sequence[str] = devices_of(points)
        self._identity = identity
        self._links = []
        for endpoint in settings.endpoints:
            mine = [point for point in points if point.endpoint == endpoint.name]
            future = int(settings.future_seconds * 1_000_000)
            intake = Intake(endpoint.name, mine, queue, self.counts, future)
            link = Link(endpoint, identity, intake, self.counts, draw, settings.stale_seconds)
            link.begin(marks.get(endpoint.name))
            self._links.append(link)

    async def run(self, stop: asyncio.Event) -> None:
        """Hold all links until it is asked to stop."""
        ticks = asyncio.create_task(self._ticks())
        try:
            await asyncio.gather(*(link.run(stop) for link in self._links))
        finally:
            ticks.cancel()
            for link in self._links:
                link.intake.flush()

    def links(self) -> list[LinkHealth]:
        """Say how each link stands."""
        return [link.health() for link in self._links]

    def marks(self) -> dict[str, int]:
        """By link, the moment up to which all that was heard has been handed on."""
        return {link.settings.name: mark for link in self._links if (mark := link.mark) is not None}

    def kept(self, marks: Mapping[str, int]) -> None:
        """Nothing waits for it."""

    def certificates(self) -> list[CertificateExpiry]:
        """Say when certificates end."""
        theirs = [link.certificate for link in self._links]
        return [certificate for certificate in (self._identity.expiry, *theirs) if certificate is not None]

    async def _ticks(self) -> None:
        while True:
            for link in self._links:
                link.intake.tick()
            await asyncio.sleep(TICK_SECONDS)
