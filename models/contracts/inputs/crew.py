"""What a crew says: topic `crew.status.events.v1`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import InputEvent, InputTime, ReceivedTime

CrewStatus = Literal["available", "assigned", "en_route", "on_site", "repairing", "completed", "unavailable"]


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
    longitude: float | None = Field(None, description="Where the crew is, degrees east (WGS 84); null unknown.")
    latitude: float | None = Field(None, description="Where the crew is, degrees north (WGS 84); null unknown.")
    skills: list[str] | None = Field(None, fail_fast=True, description="What the crew can do; null unknown.")
    eta: InputTime | None = Field(None, description="When the crew expects to be on site; null unknown.")
    etr: InputTime | None = Field(None, description="When the crew expects power to be back; null unknown.")
    note: str | None = Field(None, description="The crew's words; null none.")
