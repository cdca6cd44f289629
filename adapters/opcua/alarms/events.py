"""The event filter, events as conditions, the refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asyncua import ua

from adapters.opcua.data_values import microseconds
from adapters.opcua.node_ids import to_text
from models.telemetry.conditions import Condition
from models.telemetry.source_times import choose_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncua.client.ua_session import UaSession

_EVENT: Final = ua.ObjectIds.BaseEventType
_CONDITION: Final = ua.ObjectIds.ConditionType
_ACKNOWLEDGEABLE: Final = ua.ObjectIds.AcknowledgeableConditionType
_ALARM: Final = ua.ObjectIds.AlarmConditionType


class _Field(NamedTuple):
    name: str
    of: int
    path: tuple[str, ...]


FIELDS: Final = (
    _Field("condition_id", _CONDITION, ()),
    _Field("event_type", _EVENT, ("EventType",)),
    _Field("source_node", _EVENT, ("SourceNode",)),
    _Field("time", _EVENT, ("Time",)),
    _Field("receive_time", _EVENT, ("ReceiveTime",)),
    _Field("message", _EVENT, ("Message",)),
    _Field("severity", _EVENT, ("Severity",)),
    _Field("condition_name", _CONDITION, ("ConditionName",)),
    _Field("branch_id", _CONDITION, ("BranchId",)),
    _Field("retain", _CONDITION, ("Retain",)),
    _Field("enabled", _CONDITION, ("EnabledState", "Id")),
    _Field("quality", _CONDITION, ("Quality",)),
    _Field("acknowledged", _ACKNOWLEDGEABLE, ("AckedState", "Id")),
    _Field("confirmed", _ACKNOWLEDGEABLE, ("ConfirmedState", "Id")),
    _Field("active", _ALARM, ("ActiveState", "Id")),
    _Field("shelved", _ALARM, ("SuppressedOrShelved",)),
)
PLACE: Final = {field.name: place for place, field in enumerate(FIELDS)}
REFRESH_START: Final = ua.NodeId(ua.ObjectIds.RefreshStartEventType)
REFRESH_END: Final = ua.NodeId(ua.ObjectIds.RefreshEndEventType)
REFRESH_REQUIRED: Final = ua.NodeId(ua.ObjectIds.RefreshRequiredEventType)
OVERFLOW: Final = ua.NodeId(ua.ObjectIds.EventQueueOverflowEventType)
SIGNALS: Final = (REFRESH_START, REFRESH_END, REFRESH_REQUIRED, OVERFLOW)


def event_filter() -> ua.EventFilter:
    """Give the filter: the fields that matter, of every event; which are conditions their ids say.

    The condition's id is no field: it is the NodeId of the event itself, seen as a ConditionType.
    """
    made = ua.EventFilter()
    for field in FIELDS:
        operand = ua.SimpleAttributeOperand()
        operand.TypeDefinitionId = ua.NodeId(field.of)
        operand.BrowsePath = [ua.QualifiedName(part, 0) for part in field.path]
        operand.AttributeId = ua.AttributeIds.Value if field.path else ua.AttributeIds.NodeId
        made.SelectClauses.append(operand)
    return made


def signal_of(fields: Sequence[Any]) -> ua.NodeId | None:
    """Give the type of an event that is about events: a refresh begins or ends, is required, or some were lost."""
    kind = _value(fields, "event_type")
    return kind if kind in SIGNALS else None


def condition_of(fields: Sequence[Any], namespaces: Sequence[str], arrival: int) -> Condition | None:
    """Read an event; None where it is no condition. One that is not enabled is neither retained nor active."""
    node_id = _value(fields, "condition_id")
    if not isinstance(node_id, ua.NodeId) or node_id.is_null():
        return None
    source, branch, kind = _value(fields, "source_node"), _value(fields, "branch_id"), _value(fields, "event_type")
    quality, message = _value(fields, "quality"), _value(fields, "message")
    enabled = _value(fields, "enabled") is not False
    when = choose_time(microseconds(_value(fields, "time")), microseconds(_value(fields, "receive_time")), arrival)
    active = _truth(fields, "active")
    return Condition(
        condition_id=to_text(node_id, namespaces),
        branch_id=to_text(branch, namespaces) if isinstance(branch, ua.NodeId) and not branch.is_null() else "",
        time=when.at,
        arrival=arrival,
        source_node=to_text(source, namespaces) if isinstance(source, ua.NodeId) else "",
        condition_type=type_name(_standard(kind), _value(fields, "condition_name")),
        retain=bool(_value(fields, "retain")) and enabled,
        active=active if enabled else False,
        acknowledged=_truth(fields, "acknowledged"),
        confirmed=_truth(fields, "confirmed"),
        shelved=bool(_value(fields, "shelved")),
        severity=severity_of(_value(fields, "severity")),
        message=message.Text if isinstance(message, ua.LocalizedText) else None,
        status=int(quality.value) if isinstance(quality, ua.StatusCode) else 0,
    )


async def refresh(session: UaSession, subscription_id: int) -> str | None:
    """Ask for all that is retained; why the server refuses, None if it does not.

    This is the one method that is called: it changes nothing but what we are sent (OPC 10000-9, 5.5.7).
    """
    request = ua.CallMethodRequest()
    request.ObjectId = ua.NodeId(ua.ObjectIds.ConditionType)
    request.MethodId = ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh)
    request.InputArguments = [ua.Variant(subscription_id, ua.VariantType.UInt32)]
    try:
        (result,) = await session.call([request])
    except ua.UaStatusCodeError as error:
        return str(ua.StatusCode(error.code).name)
    return None if result.StatusCode.is_good() else str(result.StatusCode.name)


def _value(fields: Sequence[Any], name: str) -> Any:  # noqa: ANN401 (whatever a server sends)
    place = PLACE[name]
    if place >= len(fields):
        return None
    field = fields[place]
    return field.Value if isinstance(field, ua.Variant) else field


def _truth(fields: Sequence[Any], name: str) -> bool | None:
    value = _value(fields, name)
    return value if isinstance(value, bool) else None


def severity_of(value: object) -> int | None:
    """Read a severity, 1 to 1000 (OPC 10000-5, 6.4.2)."""
    return value if isinstance(value, int) and 1 <= value <= 1000 else None


def type_name(standard: int | None, name: object) -> str | None:
    """Name the type of a condition: of the standard ones, given by number, by their names, else the condition's own."""
    if standard in ua.ObjectIdNames:
        return str(ua.ObjectIdNames[standard])
    return name if isinstance(name, str) and name else None


def _standard(kind: object) -> int | None:
    if isinstance(kind, ua.NodeId) and kind.NamespaceIndex == 0 and isinstance(kind.Identifier, int):
        return int(kind.Identifier)
    return None
