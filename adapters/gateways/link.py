"""A link to a gateway: everything is read again and again, or changes are waited for; where that failed is a gap."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from adapters.connectors.clock import now_ms, now_us, pause
from adapters.gateways.alarms import GatewayAlarms
from adapters.gateways.answers import READERS
from adapters.gateways.history import read_history
from adapters.gateways.http_client import GatewayError, HttpClient, UnansweredError
from adapters.gateways.subscription import Subscription
from models.connectors.back_off import BackOff
from models.connectors.health import LinkFacts, Standing, state_of
from models.contracts.outputs.connector_health import LinkHealth
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from adapters.connectors.intake import Intake
    from adapters.gateways.settings import GatewayEndpoint
    from models.telemetry.reports import Sample

log: Final = logging.getLogger("faultline")
WHY: Final = "the gateway could not be read"
LOST: Final = "messages of the gateway's subscription were lost"
SHOWN: Final = 5
REFUSED_SECONDS: Final = 60.0
"""So often it is asked again to follow nodes that it did not take."""


class GatewayLink:
    """One gateway, until it is told to stop."""

    def __init__(
        self,
        settings: GatewayEndpoint,
        intake: Intake,
        counts: Counter[str],
        draw: Callable[[], float],
        stale_seconds: float,
    ) -> None:
        """`draw` gives numbers from 0 to below 1. Raises `GatewayError` for authorities that cannot be read."""
        self.settings, self.intake = settings, intake
        self._counts, self._draw = counts, draw
        self._stale_seconds = max(stale_seconds, 3 * settings.poll_seconds)
        self._client = HttpClient(settings)
        self._read = READERS[settings.kind]
        self._zone = ZoneInfo(settings.time_zone) if settings.time_zone else None
        self._alarms = GatewayAlarms(intake, self._zone)
        self._back_off = BackOff(most=settings.retry_seconds)
        self._standing = Standing(now_ms())
        self._trouble: str | None = None
        self._heard_at = 0.0
        self._ever = self._stopped = False
        self._gap = True
        self._subscription: Subscription | None = None
        self._refused_at = 0.0
        self.mark: int | None = None
        """The moment up to which all that was read has been handed on, milliseconds."""

    async def run(self, stop: asyncio.Event) -> None:
        """Read until it is told to stop."""
        while not stop.is_set():
            wait = self.settings.poll_seconds
            try:
                if not self.settings.publish:
                    await self._poll()
                elif await self._follow():
                    wait = 0.0
                self._back_off.reset()
            except UnansweredError as error:
                wait = self._fail(str(error), anew=self._subscription is None)
            except GatewayError as error:
                wait = self._fail(str(error))
                await self._unsubscribe()
            except Exception as error:
                log.exception("%s: reading failed", self.settings.name)
                wait = self._fail(f"{type(error).__name__}: {str(error)[:200]}")
                await self._unsubscribe()
            await pause(stop, wait)
        await self._unsubscribe()
        self._stopped = True

    async def _poll(self) -> None:
        begun, samples = now_ms(), []
        points = self.intake.points
        per_call = self.settings.items_per_call
        for start in range(0, len(points), per_call):
            names = [point.node_id for point in points[start : start + per_call]]
            found = await asyncio.to_thread(self._read, self._client, names, self._zone, now_us())
            samples += list(enumerate(found, start))
        await self._take(samples, begun)

    async def _take(self, samples: list[tuple[int, Sample]], known_to: int) -> None:
        """Take values that came: all up to a moment is known with them."""
        if self._gap and self.mark is not None:
            await self._fill(self.mark, now_ms())
        self.intake.values(samples)
        self.intake.tick()
        self._gap, self._trouble, self._ever = False, None, True
        self._heard_at, self.mark = time.monotonic(), known_to

    async def _follow(self) -> bool:
        """Wait for one answer of a subscription, which is made if there is none; whether to ask again at once.

        It is not asked at once again where it has said nothing without waiting.
        """
        begun = now_ms()
        if self._subscription is None:
            self._subscription = await self._subscribe()
        elif self.intake.gone and time.monotonic() - self._refused_at > REFUSED_SECONDS:
            await self._monitor(self._subscription, [(at, self.intake.points[at].node_id) for at in self.intake.gone])
        news = await asyncio.to_thread(self._subscription.publish)
        if news.lost:
            self._alarms.lost()
            if self.mark is not None:
                self.intake.gaps_but(set(), self.mark, now_ms(), LOST)
        # What the server answers it puts together after it was asked.
        await self._take(news.samples, begun if news.complete else self.mark or begun)
        self._alarms.take(news.events)
        await self._alarms.watch(self._subscription)
        return bool(news.samples or news.events) or now_ms() - begun > self.settings.poll_seconds * 500

    async def _subscribe(self) -> Subscription:
        made = await asyncio.to_thread(Subscription, self._client, self.settings, self._zone)
        try:
            await self._monitor(made, [(place, point.node_id) for place, point in enumerate(self.intake.points)])
            await self._alarms.begin(made)
        except BaseException:
            await asyncio.to_thread(made.close)
            raise
        return made

    async def _monitor(self, subscription: Subscription, nodes: list[tuple[int, str]]) -> None:
        self._refused_at = time.monotonic()
        self.intake.values(await asyncio.to_thread(subscription.monitor, nodes))

    async def _unsubscribe(self) -> None:
        if self._subscription is not None:
            await asyncio.to_thread(self._subscription.close)
            self._subscription = None

    async def _fill(self, begin: int, end: int) -> None:
        """Fill what was not read from the history, and declare the rest."""
        points, answered = self.intake.points, set[int]()
        if self.settings.history:
            nodes = [point.node_id for point in points]
            try:
                samples, answered = await asyncio.to_thread(read_history, self._client, nodes, self._zone, begin, end)
                self.intake.values(samples, "history")
            except GatewayError as error:
                log.warning("%s: no history: %s", self.settings.name, error)
        self.intake.gaps_but(answered, begin, end, WHY)

    def _fail(self, why: str, *, anew: bool = True) -> float:
        """Note what is wrong; unless all is begun `anew` the subscription goes on, and knows what has been missed."""
        self._counts["reconnect"] += 1
        self._gap, self._trouble = self._gap or anew, why
        wait = self._back_off.next(self._draw())
        log.warning("%s: %s; trying again in %.1f s", self.settings.name, why, wait)
        return wait

    def health(self) -> LinkHealth:
        """Say how the link stands; from any thread."""
        intake, now = self.intake, now_ms()
        missing = [f"node {intake.points[handle].node_id}: unknown" for handle in sorted(intake.gone)]
        texts = [*missing, *intake.unfit.values()]
        troubles = [*([self._trouble] if self._trouble else []), *self._alarms.troubles()]
        if texts:
            troubles.append(f"{len(texts)} nodes do not read: {'; '.join(texts[:SHOWN])}")
        facts = LinkFacts(
            session=self._ever and self._trouble is None,
            ever=self._ever,
            silent_seconds=time.monotonic() - self._heard_at,
            troubles=len(troubles),
            stopped=self._stopped,
        )
        self._standing.become(state_of(facts, self._stale_seconds), now)
        return LinkHealth(
            name=self.settings.name,
            state=self._standing.state,
            since=format_time(self._standing.since),
            server=self.settings.url,
            session=None,
            service_level=None,
            heard_at=format_time(self.mark) if self.mark else None,
            value_at=format_time(intake.value_at) if intake.value_at else None,
            lag_seconds=None if intake.lag_us is None else round(intake.lag_us / 1_000_000, 3),
            points=len(intake.points),
            points_followed=len(intake.points) - len(missing) if self._ever and self._trouble is None else 0,
            alarms=len(intake.book),
            troubles=troubles,
        )
