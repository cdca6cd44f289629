"""A link to one system: a server or a redundant set, of which one at a time is followed.

The server's queue keeps what a short cut would lose: the subscription is taken over by the next session. Where it is
gone, what happened meanwhile is unknown: states are read, and a gap is declared for each device, unless the server's
history fills it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from adapters.connectors.clock import now_ms, pause
from adapters.opcua.connection import UNREACHABLE, Identity, Opened
from adapters.opcua.failures import unreachable, words
from adapters.opcua.following import Following
from adapters.opcua.guards.client import RefusedError
from adapters.opcua.servers import ServerChoice
from models.connectors.back_off import BackOff
from models.connectors.health import LinkFacts, Standing, state_of
from models.contracts.outputs.connector_health import MOST_TROUBLES, LinkHealth
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    import asyncio
    from collections import Counter
    from collections.abc import Callable

    from adapters.connectors.intake import Intake
    from adapters.connectors.source import CertificateExpiry
    from adapters.opcua.settings import EndpointSettings

log: Final = logging.getLogger("faultline")


class Link:
    """One link, until it is told to stop."""

    def __init__(
        self,
        settings: EndpointSettings,
        identity: Identity,
        intake: Intake,
        counts: Counter[str],
        draw: Callable[[], float],
        stale_seconds: float,
    ) -> None:
        """`draw` gives numbers from 0 to below 1, for waits that are not all the same."""
        self.settings, self.intake = settings, intake
        self._counts, self._draw, self._stale_seconds = counts, draw, stale_seconds
        self._servers = ServerChoice(settings, identity)
        self._following = Following(settings, intake, stale_seconds)
        self._back_off = BackOff(most=settings.retry_seconds)
        self._standing = Standing(now_ms())
        self._opened: Opened | None = None
        self._ever = self._stopped = self._settled = False
        self._tried_again = ""
        """The server that was followed and lost, until a return to it breaks as well."""

    @property
    def certificate(self) -> CertificateExpiry | None:
        """When the certificate of the server in use ends."""
        return self._servers.certificate

    def begin(self, mark: int | None) -> None:
        """Go on where the connector stopped: what happened since then is a gap."""
        self._following.mark = mark

    @property
    def mark(self) -> int | None:
        """The moment up to which all that was heard has been handed on, milliseconds; None before the first."""
        return self._following.mark_now()

    async def run(self, stop: asyncio.Event) -> None:
        """Hold the link; failures of the other side are waited out."""
        while not stop.is_set():
            reason = await self._once(stop)
            self._opened = None
            if stop.is_set():
                break
            wait = self._back_off.next(self._draw())
            log.warning("%s: %s; trying again in %.1f s", self.settings.name, reason, wait)
            self._counts["reconnect"] += 1
            await pause(stop, wait)
        self._stopped = True

    async def _once(self, stop: asyncio.Event) -> str:
        """Connect and follow; returns why it is over."""
        try:
            self._opened = await self._servers.open()
        except RefusedError as error:
            self._counts["refused"] += 1
            return str(error)
        except UNREACHABLE as error:
            return f"not reachable: {unreachable(error)}"
        except Exception as error:  # noqa: BLE001 (a server must not be able to end the connector)
            return f"the server cannot be understood: {words(error)}"
        opened, self._settled = self._opened, False
        log.info("%s: connected to %s", self.settings.name, opened.url)
        try:
            reason = await self._following.follow(opened, stop, self._settle, self._servers.better_than)
        except (*UNREACHABLE, RefusedError) as error:
            reason = f"lost: {words(error)}"
        except Exception as error:
            log.exception("%s: following failed", self.settings.name)
            reason = f"following failed: {words(error)}"
        if self._following.leaving:  # for good, or for a better server
            self._counts["failover"] += not stop.is_set()
            self._following.forget()
            await opened.close()
            self._back_off.reset()
        else:
            self._servers.failed(opened.url, reason, another=not self._stays(opened.url))
            await opened.abandon()
        return reason

    def _stays(self, url: str) -> bool:
        """Whether a server that was lost is tried first again.

        Who has been followed is: its queue may have kept what was missed. And once more where the return breaks before
        all has been read: what is left of the same cut may have broken it.
        """
        stays = self._settled or url == self._tried_again
        self._tried_again = url if self._settled else ""
        return stays

    def _settle(self) -> None:
        """All has been read after a return."""
        self._ever = self._settled = True
        self._back_off.reset()

    def health(self) -> LinkHealth:
        """Say how the link stands; from any thread."""
        following, opened = self._following, self._opened
        troubles = self._troubles()
        facts = LinkFacts(
            session=opened is not None and following.settled,
            ever=self._ever,
            silent_seconds=time.monotonic() - following.heard_at,
            service_level=following.service_level if following.service_level is not None else 255,
            troubles=len(troubles),
            stopped=self._stopped,
        )
        self._standing.become(state_of(facts, self._stale_seconds), now_ms())
        intake = self.intake
        return LinkHealth(
            name=self.settings.name,
            state=self._standing.state,
            since=format_time(self._standing.since),
            server=opened.url if opened else None,
            session=following.session_name if opened else None,
            service_level=following.service_level if opened else None,
            heard_at=format_time(following.heard_ms) if following.heard_ms else None,
            value_at=format_time(intake.value_at) if intake.value_at else None,
            lag_seconds=None if intake.lag_us is None else round(intake.lag_us / 1_000_000, 3),
            points=len(intake.points),
            points_followed=following.followed if opened else 0,
            alarms=len(intake.book),
            troubles=troubles[:MOST_TROUBLES],
        )

    def _troubles(self) -> list[str]:
        if self._opened is None:
            return self._servers.troubles()
        return [*self._following.troubles(), *self._servers.warnings()]
