"""What partners are told: the policy, as its file gives it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PartnerPolicy(BaseModel):
    """All that can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    area_kind: str | None = Field(
        None, min_length=1, description="Kind of area of `communityDescriptor`: for ODIN the one with FIPS codes."
    )
    disclaimer: str = Field(
        "Preliminary, by inference from meters and telemetry; subject to change.",
        min_length=1,
        max_length=500,
        description="What the utility says of all its records.",
    )
    least_served: int = Field(
        100, ge=1, description="Areas in which fewer customers live are left out: a home could be told."
    )
    loss_customers: int = Field(50_000, ge=1, description="A loss of service to so many customers is told")
    loss_seconds: int = Field(3600, ge=60, description="once it has lasted for so long.")
