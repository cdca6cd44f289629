"""What can be told of whom to ask: the policy of a utility."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AskingPolicy(BaseModel):
    """All that can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    open_device: float = Field(
        0.005, gt=0, lt=0.5, description="Share of devices that are thought to be open still, where power came back."
    )
    dead_service: float = Field(
        0.0005, gt=0, lt=0.5, description="Share of usage points that are thought to be out still by themselves."
    )
    wait_minutes: int = Field(
        10, ge=0, le=1440, description="So long after a restoration nobody is asked: most tell by themselves."
    )
    answer_minutes: int = Field(5, ge=1, le=1440, description="An answer is waited for so long.")
    forget_hours: int = Field(24, ge=1, le=168, description="So long after a restoration nobody is asked any more.")
    a_minute: int = Field(100, ge=1, le=100_000, description="So many are asked a minute, by partition of the flow.")
    least_bits: float = Field(
        0.05, gt=0, le=1, description="Nobody is asked whose answer is expected to settle less doubt, in bits."
    )
