"""What the planning of works says: topic `work.planned.events.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.fields import InputEvent, InputTime, ReceivedTime

WorkKind = Literal["maintenance", "safety_shutoff", "switching"]
WorkStatus = Literal["planned", "started", "finished", "cancelled"]


class PlannedWorkEvent(InputEvent):
    """Work at one device for which customers lose power as announced. Work at several devices is an event for each.

    Of a work and a device the report with the latest `observed_at` counts, whatever the order in which they come.
    """

    work_id: str = Field(description="The work, as the utility's planning names it.")
    device_id: str = Field(
        description="Device that is opened for it: all below it is announced to lose power. Unknown ones are refused."
    )
    kind: WorkKind = Field(description="`safety_shutoff`: power is taken off to prevent harm, as in a fire storm.")
    status: WorkStatus = Field(
        description="`cancelled` takes the whole announcement back. `started` work goes on until `finished`, but at "
        "most a day beyond `planned_to`."
    )
    planned_from: InputTime = Field(description="From when on power may be off.")
    planned_to: InputTime = Field(description="Until when; after `planned_from`.")
    observed_at: InputTime = Field(
        description="When the work took up this status, or this plan was made, by the planning's clock."
    )
    received_at: ReceivedTime = Field(
        description="When the work system had it. The log time of a file is its running maximum."
    )

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.planned_to <= self.planned_from:
            message = "planned_to is not after planned_from: send the window in which power may be off"
            raise PydanticCustomError("missing_window", message)
        return self
