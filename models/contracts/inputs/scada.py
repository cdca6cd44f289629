"""What the control centre's telemetry says of a device: topic `scada.device.events.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.fields import InputEvent, InputTime, ReceivedTime


class ScadaEvent(InputEvent):
    """A device's position, or an alarm about it (OPC UA Part 9 conditions map onto it)."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"kind": {"const": "position"}}},
            "then": {"required": ["position"], "properties": {"position": {"type": "string"}}},
        }
    )

    event_id: str = Field(description="Name of this message at the source.")
    device_id: str = Field(description="Device as in the devices table; unknown ones are refused.")
    kind: Literal["position", "alarm"] = Field(description="`position` moves a device, `alarm` only tells of it.")
    position: Literal["open", "closed"] | None = Field(
        None, description="Where the device stands. Required with `position`, ignored with `alarm`."
    )
    quality: Literal["good", "uncertain", "bad"] = Field(
        description="As the upper two bits of an OPC UA status code: good is near-certain, bad is not used."
    )
    observed_at: InputTime = Field(description="When it happened, by the device's or the remote terminal's clock.")
    received_at: ReceivedTime = Field(
        description="When the control centre had it. The log time of a file is its running maximum."
    )
    source: str = Field(description="Which control system it came by.")
    phases: str | None = Field(None, description="Phases that it speaks of, letters of `ABC`; null all or unknown.")
    severity: int | None = Field(None, description="Urgency of an alarm, 1 to 1000 as in OPC UA; null unknown.")
    active: bool | None = Field(None, description="Whether the alarm's condition holds; null unknown.")
    acknowledged: bool | None = Field(None, description="Whether an operator has acknowledged the alarm; null unknown.")
    condition_type: str | None = Field(None, description="Kind of the alarm's condition at the source; null unknown.")
    node_id: str | None = Field(None, description="Address of the value at the source; null unknown.")
    status_code: str | int | None = Field(None, description="The source's own status code; null unknown.")
    message: str | None = Field(None, description="Words for an operator; null none.")

    @model_validator(mode="after")
    def _position_is_given(self) -> Self:
        if self.kind == "position" and self.position is None:
            raise PydanticCustomError("missing_position", "position is missing: send open or closed with kind position")
        return self
