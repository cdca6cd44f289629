"""What really happened in a simulation: `truth/faults.jsonl`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import Count, OutputRecord, OutputTime


class FaultRecord(OutputRecord):
    """One opening of one device, or of one service."""

    fault_id: str = Field(description="Name of the fault within the simulation.")
    device_id: str | None = Field(description="The device that opened; null for a single service.")
    usage_point_id: str | None = Field(description="The usage point of a single service; else null.")
    kind: Literal["fault", "isolation", "planned"] = Field(
        description="`isolation` is a switch opened to restore the others; it counts neither way in the score."
    )
    phases: str | None = Field(description="Phases that opened, letters of `ABC`.")
    opened_at: OutputTime = Field(description="When the customers lost power.")
    closed_at: OutputTime | None = Field(description="When it closed for good; null past the end of the simulation.")
    momentary: bool = Field(description="Lasting supply came back within five minutes (IEEE 1366).")
    nested_in: str | None = Field(description="The fault upstream that held these customers out as well.")
    cause: str | None = Field(description="Why.")
    customers: Count = Field(
        description="Customers whom it interrupted first; of an opening below one that was open already, those below."
    )
