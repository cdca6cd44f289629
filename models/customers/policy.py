"""What can be told of how customers' states are written."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CustomerPolicy(BaseModel):
    """All that can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    estimate_step_minutes: int = Field(
        15,
        ge=0,
        le=1440,
        description="A promised time that moves by less is not written for its own sake; 0 writes each.",
    )
