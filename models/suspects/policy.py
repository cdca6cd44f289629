"""What can be told of when a join is suspected."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SuspectPolicy(BaseModel):
    """All that can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    wrong_joins: float = Field(
        0.05, gt=0, lt=0.5, description="Share of meters that are thought to be at a wrong transformer beforehand."
    )
    silent_meters: float = Field(
        0.01, gt=0, lt=0.5, description="Share of meters that are thought to tell of no outage at all."
    )
    sure: float = Field(0.9, ge=0.5, lt=1, description="A meter is suspected when its join is so surely wrong, and")
    outages: int = Field(1, ge=1, le=20, description="so many outages speak against it.")
