"""Alarms by an OPC UA Web API: events of its subscription, and a refresh by `/call`, as by OPC UA itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.connectors.clock import now_us
from adapters.gateways.answers import BAD, read_moment, status_of
from adapters.gateways.http_client import GatewayError
from adapters.opcua.alarms.events import FIELDS, PLACE, SIGNALS, severity_of, type_name
from adapters.opcua.alarms.refreshing import ENDLESS, Refreshing
from models.telemetry.conditions import Condition
from models.telemetry.source_times import choose_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from adapters.connectors.intake import Intake
    from adapters.gateways.subscription import Subscription

EVENT_FILTER: Final = "i=725"
"""The data type EventFilter."""
_NULL: Final = (None, "", "i=0")
_SIGNALS: Final = {signal.to_string(): signal for signal in SIGNALS}


def event_filter() -> dict[str, Any]:
    """Give the filter of `adapters.opcua.alarms.events`, in JSON (OPC 10000-6, 5.4)."""
    clauses = [
        {
            "TypeDefinitionId": f"i={field.of}",
            "BrowsePath": list(field.path),
            "AttributeId": int(ua.AttributeIds.Value if field.path else ua.AttributeIds.NodeId),
        }
        for field in FIELDS
    ]
    return {"UaTypeId": EVENT_FILTER, "SelectClauses": clauses}


def condition_of(fields: Sequence[Any], zone: ZoneInfo | None, arrival: int) -> Condition | None:
    """Read an event; None where it is no condition. One that is not enabled is neither retained nor active."""

    def value(name: str) -> Any:  # noqa: ANN401 (whatever a gateway sends)
        return _value(fields, name)

    def truth(name: str) -> bool | None:
        return found if isinstance(found := value(name), bool) else None

    node, branch, kind, message = value("condition_id"), value("branch_id"), value("event_type"), value("message")
    if not isinstance(node, str) or node in _NULL:
        return None
    enabled = value("enabled") is not False
    when = choose_time(read_moment(value("time"), zone), read_moment(value("receive_time"), zone), arrival)
    return Condition(
        condition_id=node,
        branch_id="" if branch in _NULL else str(branch),
        time=when.at,
        arrival=arrival,
        source_node=str(value("source_node") or ""),
        condition_type=type_name(_standard(kind), value("condition_name")),
        retain=bool(value("retain")) and enabled,
        active=truth("active") if enabled else False,
        acknowledged=truth("acknowledged"),
        confirmed=truth("confirmed"),
        shelved=bool(value("shelved")),
        severity=severity_of(value("severity")),
        message=message.get("Text") if isinstance(message, dict) else message if isinstance(message, str) else None,
        status=status_of(value("quality")),
    )


class GatewayAlarms:
    """The alarms of one link; without points of kind alarm it does nothing."""

    def __init__(self, intake: Intake, zone: ZoneInfo | None) -> None:
        self._intake, self._zone = intake, zone
        self._refreshing = Refreshing(intake)
        self._trouble: str | None = None
        self._followed = False

    def troubles(self) -> list[str]:
        """Say what is not known of alarms."""
        return [self._trouble] if self._trouble else []

    async def begin(self, subscription: Subscription) -> None:
        """Follow the server's events in a new subscription, and ask for what holds."""
        self._trouble, self._followed = None, False
        self._refreshing.give_up()
        if not self._intake.alarm_points:
            return
        status = await asyncio.to_thread(subscription.follow_events, event_filter())
        if status & BAD:
            self._trouble = f"alarms are not followed: the server refuses its events ({ua.StatusCode(status).name})"
            return
        self._followed = True
        await self._refresh(subscription)

    def take(self, events: Sequence[Sequence[Any]]) -> None:
        """Take events by their fields."""
        arrival = now_us()
        for fields in events:
            kind = _value(fields, "event_type")
            if isinstance(kind, str) and kind in _SIGNALS:
                self._refreshing.obey(_SIGNALS[kind])
            elif (condition := condition_of(fields, self._zone, arrival)) is not None:
                self._intake.condition(condition)

    def lost(self) -> None:
        """Some events may have been missed."""
        self._refreshing.required = True

    async def watch(self, subscription: Subscription) -> None:
        """Do what events have asked for; give up a refresh that does not end."""
        if self._refreshing.watch(subscription.alive_ms):
            self._trouble = ENDLESS
        if self._followed and self._refreshing.due:
            await self._refresh(subscription)

    async def _refresh(self, subscription: Subscription) -> None:
        self._refreshing.ask()
        self._trouble = None
        try:
            status = await asyncio.to_thread(subscription.refresh_conditions)
            why = ua.StatusCode(status).name if status & BAD else None
        except GatewayError as error:
            why = str(error)
        if why is not None:
            self._refreshing.give_up()
            self._trouble = f"alarms that changed while the link was down are not known: no refresh ({why})"


def _value(fields: Sequence[Any], name: str) -> Any:  # noqa: ANN401 (whatever a gateway sends)
    place = PLACE[name]
    field = fields[place] if place < len(fields) else None
    return field.get("Value") if isinstance(field, dict) else field


def _standard(kind: object) -> int | None:
    number = kind.removeprefix("i=") if isinstance(kind, str) and kind.startswith("i=") else ""
    return int(number) if number.isdecimal() else None
