"""Following a server's alarms: events as they come, and a refresh whenever some may have been missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.connectors.clock import now_us
from adapters.opcua.alarms.events import condition_of, event_filter, refresh, signal_of
from adapters.opcua.alarms.refreshing import ENDLESS, Refreshing
from adapters.opcua.alarms.states import read_conditions
from adapters.opcua.node_ids import to_node_id

if TYPE_CHECKING:
    from adapters.connectors.intake import Intake
    from adapters.opcua.connection import Opened
    from adapters.opcua.subscription import Subscription

_LATER: Final = "BadRefreshInProgress"
SHOWN_NODES: Final = 5


class AlarmFollowing:
    """The alarms of one link; without points of kind alarm it does nothing."""

    def __init__(self, intake: Intake, wanted: bool) -> None:  # noqa: FBT001 (a setting)
        self._intake = intake
        self._wanted = wanted and bool(intake.alarm_points)
        self.refreshing = Refreshing(intake)
        self._refused: str | None = None
        self._incomplete: str | None = None
        self.namespaces: list[str] = []

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
                self.refreshing.obey(signal)
            elif (condition := condition_of(fields, self.namespaces, arrival)) is not None:
                self._intake.condition(condition)

    async def refresh(self, opened: Opened, subscription: Subscription) -> None:
        """Ask for all that is retained; where the server refuses, read what can be read."""
        self.refreshing.required = False
        if not self._wanted or self._refused is not None or subscription.id is None:
            return
        self.refreshing.ask()
        self._incomplete = None
        why = await refresh(opened.session, subscription.id)
        if why is None:
            return
        self.refreshing.give_up()
        if why == _LATER:
            self.refreshing.required = True
        elif unread := await self._read_states(opened):
            shown = "" if len(unread) >= len(self._intake.alarm_points) else f" of {'; '.join(unread[:SHOWN_NODES])}"
            self._incomplete = f"alarms{shown} that changed while the link was down are not known: no refresh ({why})"

    async def watch(self, opened: Opened, subscription: Subscription) -> None:
        """Do what events have asked for; give up a refresh that does not end."""
        if self.refreshing.watch(int(subscription.keep_alive_seconds * 1000)):
            self._incomplete = ENDLESS
        if self.refreshing.due:
            await self.refresh(opened, subscription)

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
