"""Which server of a redundant set is followed: one that is healthy, else the best (OPC 10000-4, 6.6.2)."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.connectors.clock import now_ms
from adapters.opcua.connection import UNREACHABLE, Identity, Opened, open_session
from adapters.opcua.failures import unreachable
from adapters.opcua.guards.client import RefusedError
from models.connectors.health import HEALTHY_LEVEL

if TYPE_CHECKING:
    from adapters.connectors.source import CertificateExpiry
    from adapters.opcua.settings import EndpointSettings

FULL_LEVEL: Final = 255
NO_DATA: Final = 1
"""ServiceLevel 0 asks clients to leave, 1 has nothing to tell."""
LONGEST_RETURN: Final = 600.0
READ_SECONDS: Final = 5.0
DAY_MS: Final = 86_400_000
MONTH_MS: Final = 30 * DAY_MS


class ServerChoice:
    """The servers of one set."""

    def __init__(self, settings: EndpointSettings, identity: Identity) -> None:
        self._settings, self._identity = settings, identity
        self._first = 0
        self._faults: dict[str, str] = {}
        self._not_before: dict[str, float] = {}
        self._set_size = 0
        self.certificate: CertificateExpiry | None = None

    async def open(self) -> Opened:
        """Open a session with the first healthy server, else with the best. Raises as `open_session` does."""
        urls = self._settings.urls
        best: tuple[int, Opened] | None = None
        failure: BaseException | None = None
        for place in [*range(self._first, len(urls)), *range(self._first)]:
            url = urls[place]
            if time.monotonic() < self._not_before.get(url, 0.0):
                continue
            try:
                opened, level = await self._ask(url)
            except (RefusedError, *UNREACHABLE) as error:
                self.failed(url, unreachable(error))
                failure = error if failure is None or isinstance(error, RefusedError) else failure
                continue
            if level <= NO_DATA and len(urls) > 1:
                await self._leave(opened, level)
            elif best is None or level > best[0]:
                if best is not None:
                    await best[1].close()
                best = level, opened
                if level >= HEALTHY_LEVEL:
                    break
            else:
                await opened.close()
        if best is None:
            raise failure or ConnectionError("no server of the set has data; they ask to be left alone for a while")
        self._take(best[1])
        self._set_size = await _set_size(best[1])
        return best[1]

    async def better_than(self, url: str, level: int) -> str | None:
        """Give another server that is better by its own word; None if there is none."""
        for other in self._settings.urls:
            if other == url or time.monotonic() < self._not_before.get(other, 0.0):
                continue
            try:
                opened, theirs = await self._ask(other)
                await opened.close()
            except (RefusedError, *UNREACHABLE) as error:
                self.failed(other, unreachable(error))
                continue
            self._faults.pop(other, None)
            if theirs > level and theirs > NO_DATA:
                self._first = self._settings.urls.index(other)
                return other
        return None

    async def _ask(self, url: str) -> tuple[Opened, int]:
        """Open a session, and ask for the ServiceLevel; a session that does not answer is not left behind."""
        opened = await open_session(self._settings, url, self._identity)
        try:
            return opened, await service_level(opened)
        except BaseException:
            await opened.close()
            raise

    def failed(self, url: str, why: str, *, another: bool = True) -> None:
        """Note what is wrong with a server; the next one is tried first, if it is to be `another`."""
        self._faults[url] = " ".join(why.split())[:300]
        if another:
            self._first = (self._settings.urls.index(url) + 1) % len(self._settings.urls)

    def troubles(self) -> list[str]:
        """Say why no server is followed."""
        return [why if url in why else f"{url}: {why}" for url, why in self._faults.items()]

    def warnings(self) -> list[str]:
        """Say what will be a trouble."""
        found = []
        if self._set_size > len(self._settings.urls):
            named = len(self._settings.urls)
            found.append(f"the server is one of {self._set_size} redundant ones, the settings name {named}; add them")
        whose = (("the server's", self.certificate), ("our own", self._identity.expiry))
        for name, certificate in whose:
            if certificate is not None and (left := certificate.at - now_ms()) < MONTH_MS:
                found.append(f"{name} certificate ends in {left // DAY_MS} days; have it renewed")
        return found

    def _take(self, opened: Opened) -> None:
        self._first = self._settings.urls.index(opened.url)
        self._faults.pop(opened.url, None)
        self.certificate = opened.certificate

    async def _leave(self, opened: Opened, level: int) -> None:
        """Come back when the server says that it will be there again."""
        wait = await _return_seconds(opened) if level == 0 else 0.0
        self._not_before[opened.url] = time.monotonic() + wait
        self.failed(opened.url, f"has no data (ServiceLevel {level})")
        await opened.close()


async def service_level(opened: Opened) -> int:
    """Read the ServiceLevel; one that has none does all of its work. Raises as requests do."""
    value = await _read(opened, ua.ObjectIds.Server_ServiceLevel)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else FULL_LEVEL


async def _set_size(opened: Opened) -> int:
    """How many servers the server says that its redundant set has (OPC 10000-5, 6.3.7); 0 where it says nothing."""
    try:
        kind = await _read(opened, ua.ObjectIds.Server_ServerRedundancy_RedundancySupport)
        uris = await _read(opened, ua.ObjectIds.Server_ServerRedundancy_ServerUriArray)
    except UNREACHABLE:
        return 0
    return len(uris) if kind and isinstance(uris, list) else 0


async def _return_seconds(opened: Opened) -> float:
    value = await _read(opened, ua.ObjectIds.Server_EstimatedReturnTime)
    if not isinstance(value, datetime):
        return 0.0
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    return min(max(at.timestamp() - now_ms() / 1000, 0.0), LONGEST_RETURN)


async def _read(opened: Opened, node: int) -> Any:  # noqa: ANN401 (whatever a server sends)
    values = await asyncio.wait_for(
        opened.session.read_attributes([ua.NodeId(node)], ua.AttributeIds.Value), READ_SECONDS
    )
    return values[0].Value.Value if values and values[0].Value is not None else None
