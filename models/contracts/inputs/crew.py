"""What a crew says: topic `crew.status.events.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.fields import InputEvent, InputTime, ReceivedTime
from models.contracts.inputs.cause import CauseCode  # noqa: TC001 (pydantic reads it)

CrewStatus = Literal["available", "assigned", "en_route", "on_site", "repairing", "completed", "unavailable"]

CrewKind = Literal["first_responder", "line", "tree", "assessor", "make_safe"]


class CrewEvent(InputEvent):
    """A crew's state, and what it works on. It names an outage, a device, both or neither."""

    event_id: str = Field(description="Name of this message at the source.")
    crew_id: str = Field(description="The crew.")
    status: CrewStatus = Field(description="What the crew does from now on.")
    observed_at: InputTime = Field(description="When it was so, by the crew's clock.")
    received_at: ReceivedTime = Field(
        description="When the work system had it. The log time of a file is its running maximum."
    )
    outage_id: str | None = Field(None, description="Outage worked on; unknown ones are refused. Null none or unknown.")
    device_id: str | None = Field(
        None,
        description="Device that the crew is sent to, or works at; says nothing of what is open. Unknown ones are "
        "refused. Null none or unknown.",
    )
    open_device_id: str | None = Field(
        None, description="Open device that the crew found; unknown ones are refused. Null none or unknown."
    )
    found_device_id: str | None = Field(
        None, description="Damaged device that the crew found; unknown ones are refused. Null none or unknown."
    )
    kind: CrewKind | None = Field(None, description="What kind of crew it is; null unknown.")
    position: Literal["open", "closed"] | None = Field(
        None,
        description="How the crew left the device in `position_device_id`. Kept as evidence, decides nothing yet. Null "
        "none.",
    )
    position_device_id: str | None = Field(
        None, description="Device that the crew operated, with `position`; unknown ones are refused. Null none."
    )
    cause_code: CauseCode | None = Field(
        None, description="Why power is off, by the categories of IEEE 1782; null not found yet."
    )
    utility_cause: str | None = Field(None, description="The same by the utility's own code; null none.")
    longitude: float | None = Field(None, description="Where the crew is, degrees east (WGS 84); null unknown.")
    latitude: float | None = Field(None, description="Where the crew is, degrees north (WGS 84); null unknown.")
    skills: list[str] | None = Field(None, fail_fast=True, description="What the crew can do; null unknown.")
    eta: InputTime | None = Field(None, description="When the crew expects to be on site; null unknown.")
    etr: InputTime | None = Field(None, description="When the crew expects power to be back; null unknown.")
    note: str | None = Field(None, description="The crew's words; null none.")

    @model_validator(mode="after")
    def _operated_a_device(self) -> Self:
        if (self.position is None) != (self.position_device_id is None):
            message = "position goes with position_device_id: send both, or neither"
            raise PydanticCustomError("missing_position", message)
        return self
