"""What the control centre's telemetry says of a device: topic `scada.device.events.v1`."""

from __future__ import annotations

from typing import Any, Final, Literal, Self, get_args

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.fields import InputEvent, InputTime, ReceivedTime

ScadaKind = Literal[
    "position",
    "alarm",
    "gap",
    "operation_count",
    "fault_indicator",
    "fault_current",
    "fault_distance",
    "current",
    "voltage",
    "mode",
]
Position = Literal["open", "closed", "intermediate", "unknown"]
Origin = Literal["telemetered", "manual", "estimated"]
Mode = Literal["local", "test_position", "racked_out", "tagged", "off_scan", "reclose_disabled", "dead_line"]
Quality = Literal["good", "uncertain", "bad"]

REQUIRED: Final[dict[str, str]] = {
    "position": "position",
    "gap": "gap_from",
    "mode": "mode",
    "fault_indicator": "active",
    **dict.fromkeys(("operation_count", "fault_current", "fault_distance", "current", "voltage"), "value"),
}
"""By kind, the field without which a report says nothing."""
_GIVE: Final = {
    "position": "send open, closed, intermediate or unknown",
    "gap_from": "send the time from which on nothing is known",
    "mode": f"send one of {', '.join(get_args(Mode))}",
    "active": "send whether the fault indicator has seen a fault",
    "value": "send the number",
}
_TYPES: Final = {"gap_from": ["string", "integer"], "active": "boolean", "value": "number"}


def _rule(kind: str, field: str) -> dict[str, Any]:
    return {
        "if": {"properties": {"kind": {"const": kind}}},
        "then": {"required": [field], "properties": {field: {"type": _TYPES.get(field, "string")}}},
    }


def is_trip(condition_type: str | None) -> bool:
    """Whether the condition of an alarm is a trip of protection (OPC 10000-9: TripAlarmType)."""
    return (condition_type or "").casefold().removesuffix("type").removesuffix("alarm") == "trip"


class ScadaEvent(InputEvent):
    """A report about a device: where it stands, an alarm (an OPC UA condition), or what its telemetry measures."""

    model_config = ConfigDict(json_schema_extra={"allOf": [_rule(*each) for each in REQUIRED.items()]})

    event_id: str = Field(description="Name of this message at the source.")
    device_id: str = Field(description="Device as in the devices table; unknown ones are refused.")
    kind: ScadaKind = Field(
        description="`position` moves a device. `alarm` only tells of it, unless it is a trip (see `condition_type`). "
        "`gap`: from `gap_from` to `observed_at` the source heard nothing of it, so it may have moved and may have "
        "dipped. `operation_count` is the counter of its operations, which rises over a dip that the scan missed. "
        "`mode` begins or, with `active` false, ends. The kinds other than `position` and `alarm` are kept as evidence "
        "and decide nothing yet."
    )
    position: Position | None = Field(
        None,
        description="Where the device stands. Required with `position`, else ignored. `intermediate` and `unknown` "
        "move nothing.",
    )
    quality: Quality = Field(
        description="As the upper two bits of an OPC UA status code: good is near-certain, bad is not used."
    )
    observed_at: InputTime = Field(description="When it happened, by the device's or the remote terminal's clock.")
    received_at: ReceivedTime = Field(
        description="When the control centre had it. The log time of a file is its running maximum."
    )
    source: str = Field(description="Which control system it came by.")
    origin: Origin | None = Field(
        None, description="Whether it was measured, set by an operator, or worked out; null is `telemetered`."
    )
    gap_from: InputTime | None = Field(
        None, description="With `gap`: the last moment at which the source knew the device. Required there."
    )
    value: float | None = Field(
        None,
        description="The number of an `operation_count`, of a current in amperes, a voltage in volts, or a distance "
        "in metres. Required there.",
    )
    mode: Mode | None = Field(None, description="With `mode`: what the device is in. Required there.")
    phases: str | None = Field(None, description="Phases that it speaks of, letters of `ABC`; null all or unknown.")
    severity: int | None = Field(None, description="Urgency of an alarm, 1 to 1000 as in OPC UA; null unknown.")
    active: bool | None = Field(
        None,
        description="Whether the alarm's condition, the mode or the fault indication holds; null unknown. Required "
        "with `fault_indicator`.",
    )
    acknowledged: bool | None = Field(None, description="Whether an operator has acknowledged the alarm; null unknown.")
    condition_type: str | None = Field(
        None,
        description="Kind of the alarm's condition at the source; null unknown. `trip` and OPC UA's `TripAlarmType`, "
        "`active` and not acknowledged, say that protection has opened the device: an `open` of uncertain quality.",
    )
    node_id: str | None = Field(None, description="Address of the value at the source; null unknown.")
    status_code: str | int | None = Field(None, description="The source's own status code; null unknown.")
    message: str | None = Field(None, description="Words for an operator; null none.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        field = REQUIRED.get(self.kind)
        if field is not None and getattr(self, field) is None:
            message = f"{field} is missing: {_GIVE[field]} with kind {self.kind}"
            raise PydanticCustomError(f"missing_{field}", message)
        return self
