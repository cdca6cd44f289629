"""Following a server: subscribe or take over, read, declare what is unknown, refresh alarms, watch that it lives."""

from __future__ import annotations

import asyncio
import logging
import time
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.connectors.clock import now_ms, now_us, pause
from adapters.opcua.alarms.following import AlarmFollowing
from adapters.opcua.data_values import sample_of
from adapters.opcua.history import read_history
from adapters.opcua.node_ids import to_node_id
from adapters.opcua.subscription import Item, Subscription, Values
from models.connectors.health import HEALTHY_LEVEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.connectors.intake import Intake
    from adapters.opcua.connection import Opened
    from adapters.opcua.settings import EndpointSettings

log: Final = logging.getLogger("faultline")
WHY_CUT: Final = "the link was cut, and the server's queue is gone"
WHY_LOST: Final = "the server had to drop notifications"
WHY_JOINED: Final = "of changes within it only the last is told; let it report by exception, or map operation counters"
RETRY_NODES_SECONDS: Final = 30.0
COMPARE_SECONDS: Final = 10.0
SHOWN_NODES: Final = 5
SWEPT_NODES: Final = 200
"""Nodes that are read again at each probe."""
RUNNING: Final = 0
"""ServerState: the only one in which a server does its work."""
_FACTS: Final = (
    ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
    ua.ObjectIds.Server_ServerStatus_StartTime,
)
_PROBED: Final = (
    ua.ObjectIds.Server_ServiceLevel,
    ua.ObjectIds.Server_ServerStatus_State,
    ua.ObjectIds.Server_NamespaceArray,
)


class Following:
    """What is followed on the servers of one link; it outlives each session."""

    def __init__(self, settings: EndpointSettings, intake: Intake, stale_seconds: float) -> None:
        self._settings, self._intake, self._stale_seconds = settings, intake, stale_seconds
        self._alarms = AlarmFollowing(intake, settings.alarms)
        self._subscription: Subscription | None = None
        self._url = ""
        self._started: object = None
        self._subscribed_since: object = None
        """When the server started, now and when subscribed to: one that has started anew gives old ids to others."""
        self._held: Values | None = None
        self._items: dict[int, Item] = {}
        self._missing: dict[int, str] = {}
        """By handle, why a node is not followed."""
        self._lost_known = self._sessions = self._swept = 0
        self._state = RUNNING
        self._per_call = settings.items_per_call
        self._per_read = settings.items_per_call
        self._retried_at = self._compared_at = 0.0
        self._undeclared: str | None = None
        """Why there is a gap that has not been declared yet."""
        self.mark: int | None = None
        self.settled = self._taking_over = False
        """All has been read since the session began; it goes on with the subscription of the one before."""
        self.leaving = False
        """The session is over since we want it so."""
        self.service_level: int | None = None
        self.session_name: str | None = None

    @property
    def heard_at(self) -> float:
        """When anything last came, by the monotonic clock."""
        return self._subscription.heard_at if self._subscription else 0.0

    @property
    def heard_ms(self) -> int | None:
        """The same in milliseconds since the epoch."""
        return self._subscription.heard_us // 1000 if self._subscription else None

    @property
    def followed(self) -> int:
        """Points that the server has agreed to report and that it still has."""
        return len(self._intake.points) - len(self._missing.keys() | self._intake.gone)

    def mark_now(self) -> int | None:
        """The moment up to which all that was heard has been handed on, milliseconds."""
        if self.settled and self._subscription is not None:
            margin = int(self._settings.publishing_seconds * 1000)
            self.mark = max(self.mark or 0, self._subscription.handled_us // 1000 - margin)
        return self.mark

    def forget(self) -> None:
        """The subscription has ended with its session."""
        self._subscription = None

    def troubles(self) -> list[str]:
        """Say what keeps it from its whole work."""
        found = list(self._alarms.troubles())
        if self._state != RUNNING:
            found.append(f"the server says that it is not running (state {self._state})")
        gone = (f"node {self._intake.points[handle].node_id}: has gone" for handle in sorted(self._intake.gone))
        nodes = islice(chain(list(self._missing.values()), gone), SHOWN_NODES)
        unfit = islice(list(self._intake.unfit.values()), SHOWN_NODES)
        missing = len(self._missing.keys() | self._intake.gone)
        for count, what, texts in (
            (missing, "nodes are not followed", nodes),
            (len(self._intake.unfit), "nodes have values that do not fit", unfit),
        ):
            if count:
                found.append(f"{count} {what}: {'; '.join(texts)}")
        return found

    async def follow(
        self,
        opened: Opened,
        stop: asyncio.Event,
        settled: Callable[[], None],
        better: Callable[[str, int], Awaitable[str | None]],
    ) -> str:
        """Follow a server until it is lost or left; returns why. Raises what the library raises."""
        self.settled = self.leaving = False
        self._sessions += 1
        self.session_name = f"{self._settings.name} {self._sessions}"
        mark = self.mark_now()
        try:
            await self._begin(opened, mark)
            self.settled = True
            settled()
            return await self._watch(opened, stop, better)
        finally:
            self.mark_now()
            if self._taking_over and not self.settled:
                self.forget()  # it may be what has broken the return
            self.settled = self._taking_over = False

    async def _begin(self, opened: Opened, mark: int | None) -> None:
        """Subscribe or take over, and bring everything up to date."""
        await self._read_facts(opened)
        taken_over = await self._take_over(opened)
        self._held = None if taken_over else []
        if not taken_over:
            await self._subscribe(opened)
        assert self._subscription is not None  # noqa: S101 (made just now)
        self._note_lost(WHY_LOST if taken_over else WHY_CUT, surely=not taken_over)
        if self._undeclared is not None and mark is not None:
            await self._declare(opened, mark, self._undeclared)
        self._undeclared = None
        held, self._held = self._held, None
        self._intake.values(held or ())
        await self._read_all(opened)
        await self._alarms.refresh(opened, self._subscription)

    def _note_lost(self, why: str, *, surely: bool = False) -> None:
        """Note that something may have been missed; it stays so until it is declared, whatever breaks in between."""
        assert self._subscription is not None  # noqa: S101 (its callers have made it)
        if surely or self._subscription.lost > self._lost_known:
            self._lost_known = self._subscription.lost
            self._undeclared = self._undeclared or why

    async def _take_over(self, opened: Opened) -> bool:
        if self._subscription is None or opened.url != self._url:
            return False
        goes_on = self._started == self._subscribed_since
        self._taking_over = goes_on and self._alarms.namespaces == opened.namespaces
        return self._taking_over and await self._subscription.transfer(opened.session)

    async def _subscribe(self, opened: Opened) -> None:
        self._url, self._alarms.namespaces = opened.url, opened.namespaces
        self._subscribed_since = self._started
        self._subscription = Subscription(self._settings, self._take_values, self._alarms.take)
        self._lost_known = 0
        await self._subscription.create(opened.session)
        self._items, self._missing = {}, {}
        self._intake.gone.clear()
        for handle, point in enumerate(self._intake.points):
            node_id = to_node_id(point.node_id, opened.namespaces)
            if node_id is None:
                self._missing[handle] = f"node {point.node_id}: the server has no such namespace"
            else:
                self._items[handle] = Item(handle, node_id, point.deadband)
        await self._follow_nodes(opened, list(self._items.values()))
        if seconds := self._subscription.sampling_seconds:
            log.warning("%s: the server looks at nodes every %.3g s: %s", self._settings.name, seconds, WHY_JOINED)
        await self._alarms.subscribe(opened, self._subscription)

    async def _follow_nodes(self, opened: Opened, items: list[Item]) -> None:
        assert self._subscription is not None  # noqa: S101 (its callers have made it)
        refused = await self._subscription.follow(opened.session, items, self._per_call)
        for item in items:
            self._missing.pop(item.handle, None)
        for handle, status in refused.items():
            name = ua.StatusCode(status).name
            self._missing[handle] = f"node {self._intake.points[handle].node_id}: refused ({name})"
        self._retried_at = time.monotonic()

    def _take_values(self, values: Values) -> None:
        if self._held is not None:
            self._held += values
        else:
            self._intake.values(values)

    async def _declare(self, opened: Opened, mark: int, why: str) -> None:
        """Fill what is unknown from the history, and declare the rest."""
        now, answered = now_us(), set[int]()
        items = [item for handle, item in self._items.items() if handle not in self._missing]
        if self._settings.history:
            samples, answered = await read_history(opened.session, items, mark * 1000, now)
            self._intake.values(samples, "history")
        self._intake.gaps_but(answered, mark, now // 1000, why)

    async def _read_all(self, opened: Opened) -> None:
        """Read the state of every node: it may have changed without a word."""
        items = [item for handle, item in self._items.items() if handle not in self._missing]
        for start in range(0, len(items), self._per_read):
            self._intake.states(await self._read(opened, items[start : start + self._per_read]))

    async def _read(self, opened: Opened, items: list[Item]) -> Values:
        params = ua.ReadParameters()
        params.MaxAge = 0
        params.TimestampsToReturn = ua.TimestampsToReturn.Both
        params.NodesToRead = [_value_of(item.node_id) for item in items]
        values = await opened.session.read(params)
        arrival = now_us()
        return [(one.handle, sample_of(value, arrival)) for one, value in zip(items, values, strict=True)]

    async def _sweep(self, opened: Opened) -> None:
        """Read some nodes again, all of them in turn: not every server says that a node has gone."""
        items = [item for handle, item in self._items.items() if handle not in self._missing]
        if not items:
            return
        self._swept %= len(items)
        part = items[self._swept : self._swept + min(SWEPT_NODES, self._per_read)]
        self._swept += len(part)
        self._intake.compare(await self._read(opened, part))

    async def _watch(
        self, opened: Opened, stop: asyncio.Event, better: Callable[[str, int], Awaitable[str | None]]
    ) -> str:
        subscription = self._subscription
        assert subscription is not None  # noqa: S101 (`_begin` has made it)
        while not stop.is_set():
            await self._probe(opened)
            if subscription.ended is not None:
                return f"the server has ended the subscription ({subscription.ended})"
            silent = time.monotonic() - subscription.heard_at
            if silent > max(self._stale_seconds, 3 * subscription.keep_alive_seconds):
                return f"nothing came for {silent:.0f} s, not even a keep-alive"
            self._note_lost(WHY_LOST)
            if self._undeclared is not None:
                await self._declare(opened, self.mark_now() or now_ms(), self._undeclared)
                self._undeclared = None
                await self._read_all(opened)
                self._alarms.refreshing.required = True
            await self._alarms.watch(opened, subscription)
            await self._sweep(opened)
            if reason := await self._look_for_better(opened, better):
                self.leaving = True
                return reason
            if self._missing and time.monotonic() - self._retried_at > RETRY_NODES_SECONDS:
                await self._follow_nodes(
                    opened, [self._items[handle] for handle in self._missing if handle in self._items]
                )
            await pause(stop, self._settings.probe_seconds)
        self.leaving = True
        return "asked to stop"

    async def _probe(self, opened: Opened) -> None:
        """Read how the server is; one that does not answer is lost."""
        level, state, namespaces = await _read_ids(opened, _PROBED, self._settings.timeout_seconds)
        self.service_level = level if isinstance(level, int) else None
        self._state = int(state) if isinstance(state, int) else RUNNING
        if isinstance(namespaces, list) and [str(name) for name in namespaces] != opened.namespaces:
            self.forget()  # the ids of its items mean something else now
            raise ConnectionError("the server's namespaces have changed; all is followed anew")

    async def _look_for_better(self, opened: Opened, better: Callable[[str, int], Awaitable[str | None]]) -> str | None:
        level = self.service_level if self.service_level is not None else 255
        if (level >= HEALTHY_LEVEL and self._state == RUNNING) or len(self._settings.urls) == 1:
            return None
        if time.monotonic() - self._compared_at < COMPARE_SECONDS and level > 1:
            return None
        self._compared_at = time.monotonic()
        other = await better(opened.url, level if self._state == RUNNING else 0)
        return f"ServiceLevel {level}, {other} is better" if other else None

    async def _read_facts(self, opened: Opened) -> None:
        *limits, self._started = await _read_ids(opened, _FACTS, self._settings.timeout_seconds)
        own = self._settings.items_per_call
        self._per_call, self._per_read = (
            min(limit, own) if isinstance(limit, int) and limit > 0 else own for limit in limits
        )


async def _read_ids(opened: Opened, ids: tuple[int, ...], seconds: float) -> list[Any]:
    nodes = [ua.NodeId(each) for each in ids]
    values = await asyncio.wait_for(opened.session.read_attributes(nodes, ua.AttributeIds.Value), seconds)
    return [value.Value.Value if value.Value is not None else None for value in values]


def _value_of(node_id: ua.NodeId) -> ua.ReadValueId:
    wanted = ua.ReadValueId()
    wanted.NodeId, wanted.AttributeId = node_id, ua.AttributeIds.Value
    return wanted
