"""Following a server's alarms: events as they come, and a refresh whenever some may have been missed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.connectors.clock import now_ms, now_us
from adapters.opcua.alarms.events import (
    OVERFLOW,
    REFRESH_END,
    REFRESH_REQUIRED,
    REFRESH_START,
    condition_of,
    event_filter,
    refresh,
    signal_of,
)
from adapters.opcua.alarms.states import read_conditions
from adapters.opcua.node_ids import to_node_id

if TYPE_CHECKING:
    from adapters.connectors.intake import Intake
    from adapters.opcua.connection import Opened
    from adapters.opcua.subscription import Subscription

REFRESH_SECONDS: Final = 30.0
WHY_EVENTS: Final = "the server's queue of events was full"
_LATER: Final = "BadRefreshInProgress"
SHOWN_NODES: Final = 5


class AlarmFollowing:
    """The alarms of one link; without points of kind alarm it does nothing."""

    def __init__(self, intake: Intake, wanted: bool) -> None:  # noqa: FBT001 (a setting)
        self._intake = intake
        self._wanted = wanted and bool(intake.alarm_points)
        self._asked_at: float | None = None
        self._refused: str | None = None
        self._incomplete: str | None = None
        self._overflowed = False
        self.namespaces: list[str] = []
        self.refresh_required = False

    def troubles(self) -> list[str]:
        """Say what is not known of alarms."""
        return [trouble for trouble in (self._refused, self._incomplete) if trouble]

    async def subscribe(self, opened: Opened, subscription: Subscription) -> None:
        """Follow the server's events."""
        self._refused = None
        if not self._wanted:
            return
        try:
            status = await subscription.follow_events(opened.session, event_filter())
        except ua.UaStatusCodeError as error:
            status = error.code
        if status:
            self._refused = f"alarms are not followed: the server refuses its events ({ua.StatusCode(status).name})"

    def take(self, events: list[Any]) -> None:
        """Take events by their fields."""
        arrival = now_us()
        for fields in events:
            signal = signal_of(fields)
            if signal is not None:
                self._obey(signal)
            elif (condition := condition_of(fields, self.namespaces, arrival)) is not None:
                self._intake.condition(condition)

    async def refresh(self, opened: Opened, subscription: Subscription) -> None:
        """Ask for all that is retained; where the server refuses, read what can be read."""
        self.refresh_required = False
        if not self._wanted or self._refused is not None or subscription.id is None:
            return
        self._asked_at, self._incomplete = time.monotonic(), None
        why = await refresh(opened.session, subscription.id)
        if why is None:
            return
        self._asked_at = None
        self._intake.book.give_up_refresh()
        if why == _LATER:
            self.refresh_required = True
        elif unread := await self._read_states(opened):
            shown = "" if len(unread) >= len(self._intake.alarm_points) else f" of {'; '.join(unread[:SHOWN_NODES])}"
            self._incomplete = f"alarms{shown} that changed while the link was down are not known: no refresh ({why})"

    async def watch(self, opened: Opened, subscription: Subscription) -> None:
        """Do what events have asked for; give up a refresh that does not end."""
        if self._overflowed:
            self._overflowed = False
            devices = sorted({point.device_id for point in self._intake.alarm_points.values()})
            now = now_ms()
            self._intake.gaps(now - int(subscription.keep_alive_seconds * 1000), now, WHY_EVENTS, devices)
            self.refresh_required = True
        if self._asked_at is not None and time.monotonic() - self._asked_at > REFRESH_SECONDS:
            self._asked_at = None
            self._intake.book.give_up_refresh()
            self._incomplete = "the server did not end its refresh of alarms"
        if self.refresh_required and self._asked_at is None:
            await self.refresh(opened, subscription)

    def _obey(self, signal: ua.NodeId) -> None:
        if signal == REFRESH_START:
            self._intake.book.begin_refresh()
        elif signal == REFRESH_END and self._intake.book.refreshing:
            self._asked_at = None
            self._intake.end_refresh()
        elif signal == REFRESH_REQUIRED:
            self.refresh_required = True
        elif signal == OVERFLOW:
            self._overflowed = True

    async def _read_states(self, opened: Opened) -> list[str]:
        """Read what the mapped alarms, and those that are known, show now; returns those that cannot be read.

        What is read is so now, whatever time it bears: a time older than what is known gives way to the arrival.
        """
        known = {condition.key: condition for condition in self._intake.book}
        held = [condition.condition_id for condition in known.values() if condition.holds and not condition.branch_id]
        ids = {text: to_node_id(text, self.namespaces) for text in dict.fromkeys([*self._intake.alarm_points, *held])}
        now = now_us()
        nodes = [node for node in ids.values() if node is not None]
        found, unread = await read_conditions(opened.session, nodes, self.namespaces, now)
        for condition in found:
            before = known.get(condition.key)
            late = before is not None and condition.time < before.time
            self._intake.condition(condition._replace(time=now) if late else condition)
        return [text for text, node in ids.items() if node is None or node in unread]
