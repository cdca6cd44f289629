"""Alarms by an OPC UA Web API: events of its subscription, and a refresh by `/call`, as by OPC UA itself."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.connectors.clock import now_ms, now_us
from adapters.gateways.answers import BAD, read_moment, status_of
from adapters.gateways.http_client import GatewayError
from adapters.opcua.alarms.events import (
    FIELDS,
    OVERFLOW,
    REFRESH_END,
    REFRESH_REQUIRED,
    REFRESH_START,
)
from models.telemetry.conditions import Condition
from models.telemetry.source_times import choose_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from adapters.connectors.intake import Intake
    from adapters.gateways.subscription import Subscription

EVENT_FILTER: Final = "i=725"
"""The data type EventFilter."""
REFRESH_SECONDS: Final = 30.0
WHY_EVENTS: Final = "the server's queue of events was full"
_NULL: Final = (None, "", "i=0")
_PLACE: Final = {field.name: place for place, field in enumerate(FIELDS)}
_MOST_SEVERE: Final = 1000


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
        place = _PLACE[name]
        field = fields[place] if place < len(fields) else None
        return field.get("Value") if isinstance(field, dict) else field

    def truth(name: str) -> bool | None:
        return found if isinstance(found := value(name), bool) else None

    node, branch, kind, message = value("condition_id"), value("branch_id"), value("event_type"), value("message")
    if not isinstance(node, str) or node in _NULL:
        return None
    enabled, severity = value("enabled") is not False, value("severity")
    when = choose_time(read_moment(value("time"), zone), read_moment(value("receive_time"), zone), arrival)
    return Condition(
        condition_id=node,
        branch_id="" if branch in _NULL else str(branch),
        time=when.at,
        arrival=arrival,
        source_node=str(value("source_node") or ""),
        condition_type=_type_name(kind, value("condition_name")),
        retain=bool(value("retain")) and enabled,
        active=truth("active") if enabled else False,
        acknowledged=truth("acknowledged"),
        confirmed=truth("confirmed"),
        shelved=bool(value("shelved")),
        severity=severity if isinstance(severity, int) and 1 <= severity <= _MOST_SEVERE else None,
        message=message.get("Text") if isinstance(message, dict) else message if isinstance(message, str) else None,
        status=status_of(value("quality")),
    )


class GatewayAlarms:
    """The alarms of one link; without points of kind alarm it does nothing."""

    def __init__(self, intake: Intake, zone: ZoneInfo | None) -> None:
        self._intake, self._zone = intake, zone
        self._asked_at: float | None = None
        self._trouble: str | None = None
        self._required = self._overflowed = self._followed = False

    def troubles(self) -> list[str]:
        """Say what is not known of alarms."""
        return [self._trouble] if self._trouble else []

    async def begin(self, subscription: Subscription) -> None:
        """Follow the server's events in a new subscription, and ask for what holds."""
        self._trouble, self._followed = None, False
        self._forget_refresh()
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
            if not self._obey(fields) and (condition := condition_of(fields, self._zone, arrival)) is not None:
                self._intake.condition(condition)

    def lost(self) -> None:
        """Some events may have been missed."""
        self._required = True

    async def watch(self, subscription: Subscription) -> None:
        """Do what events have asked for; give up a refresh that does not end."""
        if self._overflowed:
            self._overflowed = False
            now, devices = now_ms(), sorted({point.device_id for point in self._intake.alarm_points.values()})
            self._intake.gaps(now - subscription.alive_ms, now, WHY_EVENTS, devices)
            self._required = True
        if self._asked_at is not None and time.monotonic() - self._asked_at > REFRESH_SECONDS:
            self._forget_refresh()
            self._trouble = "the server did not end its refresh of alarms"
        if self._required and self._followed and self._asked_at is None:
            await self._refresh(subscription)

    async def _refresh(self, subscription: Subscription) -> None:
        self._required, self._asked_at, self._trouble = False, time.monotonic(), None
        try:
            status = await asyncio.to_thread(subscription.refresh_conditions)
            why = ua.StatusCode(status).name if status & BAD else None
        except GatewayError as error:
            why = str(error)
        if why is not None:
            self._forget_refresh()
            self._trouble = f"alarms that changed while the link was down are not known: no refresh ({why})"

    def _forget_refresh(self) -> None:
        self._asked_at = None
        self._intake.book.give_up_refresh()

    def _obey(self, fields: Sequence[Any]) -> bool:
        """Do what an event about events says; whether it is one."""
        field = fields[_PLACE["event_type"]] if len(fields) > _PLACE["event_type"] else None
        kind = field.get("Value") if isinstance(field, dict) else field
        if kind == REFRESH_START.to_string():
            self._intake.book.begin_refresh()
        elif kind == REFRESH_END.to_string():
            if self._intake.book.refreshing:
                self._asked_at = None
                self._intake.end_refresh()
        elif kind == REFRESH_REQUIRED.to_string():
            self._required = True
        elif kind == OVERFLOW.to_string():
            self._overflowed = True
        else:
            return False
        return True


def _type_name(kind: object, name: object) -> str | None:
    """Name the type of a condition: of the standard ones by their names, else the condition's own name."""
    number = kind.removeprefix("i=") if isinstance(kind, str) and kind.startswith("i=") else ""
    if number.isdecimal() and int(number) in ua.ObjectIdNames:
        return str(ua.ObjectIdNames[int(number)])
    return name if isinstance(name, str) and name else None
