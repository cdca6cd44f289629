"""What the utility promises the public of an estimate: the policy, as its file gives it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PromisePolicy(BaseModel):
    """How `etr_public` comes from an estimate. Minutes, and percent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    level: int = Field(
        50,
        ge=50,
        le=90,
        description="Of 100 outages alike, how many are to be over by the time that is promised. Higher is safer and "
        "later.",
    )
    assess_minutes: int = Field(5, ge=0, le=1440, description="Nothing is promised so soon after an outage began.")
    farthest_minutes: int = Field(
        4320, ge=60, le=43_200, description="What lies farther off is not promised: it is still assessed."
    )
    round_minutes: int = Field(5, ge=1, le=60, description="Times are rounded up to this.")
    coarse_minutes: int = Field(60, ge=1, le=1440, description="The same for times more than six hours off.")
    lead_minutes: int = Field(
        5, ge=0, le=120, description="A promise that would not hold is replaced so long before its time."
    )
    least_change_minutes: int = Field(45, ge=0, le=1440, description="A smaller change is none worth telling.")
    area_open_outages: int | None = Field(
        None,
        ge=1,
        description="With so many outages open in its zone an outage is promised its area's time alone, which "
        "operators give, until a crew is there. By default none waits.",
    )
    area_by_simulation: bool = Field(
        default=False, description="Operators may take an area's time from the simulation of the storm."
    )
    most_changes: int = Field(
        6,
        ge=0,
        le=20,
        description="After so many changes nothing more is promised when the time has passed, but by a crew or an "
        "owner.",
    )
