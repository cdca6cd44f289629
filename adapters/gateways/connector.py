"""The gateway connector: a link for each gateway."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from adapters.connectors.intake import Intake
from adapters.gateways.http_client import GatewayError
from adapters.gateways.link import GatewayLink
from models.refusal import FaultsError
from models.telemetry.points import devices_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.connectors.report_queue import ReportQueue
    from adapters.connectors.source import CertificateExpiry
    from adapters.gateways.settings import GatewaySettings
    from models.contracts.outputs.connector_health import LinkHealth
    from models.telemetry.points import Point


class GatewayConnector:
    """A source of reports; see `adapters.connectors.source.Source`."""

    def __init__(
        self,
        settings: GatewaySettings,
        points: Sequence[Point],
        queue: ReportQueue,
        marks: Mapping[str, int],
        draw: Callable[[], float],
    ) -> None:
        """`marks` are those of the checkpoint, by link. Raises `FaultsError`."""
        self.counts: Counter[str] = Counter()
        self.devices: Sequence[str] = devices_of(points)
        self._links = []
        for endpoint in settings.endpoints:
            mine = [point for point in points if point.endpoint == endpoint.name]
            intake = Intake(endpoint.name, mine, queue, self.counts, int(settings.future_seconds * 1_000_000))
            try:
                link = GatewayLink(endpoint, intake, self.counts, draw, settings.stale_seconds)
            except GatewayError as error:
                raise FaultsError([f"endpoint {endpoint.name}: {error}"]) from error
            link.mark = marks.get(endpoint.name)
            self._links.append(link)

    async def run(self, stop: asyncio.Event) -> None:
        """Hold all links until it is asked to stop."""
        await asyncio.gather(*(link.run(stop) for link in self._links))
        for link in self._links:
            link.intake.flush()

    def links(self) -> list[LinkHealth]:
        """Say how each link stands."""
        return [link.health() for link in self._links]

    def marks(self) -> dict[str, int]:
        """By link, the moment up to which all that was read has been handed on."""
        return {link.settings.name: link.mark for link in self._links if link.mark is not None}

    def kept(self, marks: Mapping[str, int]) -> None:
        """Nothing waits for it."""

    def certificates(self) -> list[CertificateExpiry]:
        """Tell of none: TLS refuses those that have ended."""
        return []
