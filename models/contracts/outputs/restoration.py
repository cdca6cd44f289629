"""Who has power again: topic `outage.restoration.events.v1`."""

from __future__ import annotations

import re
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, OutageId, OutputRecord, OutputTime, Position

MOST_USAGE_POINTS: Final = 1000
"""A record lists its usage points up to this many."""


class RestorationRecord(OutputRecord):
    """Customers of one outage that came back together, on one basis.

    Several of one revision stand full before partial, confirmed before inferred; more than a thousand usage points come
    in parts, one record each.
    """

    event_id: str = Field(description="`<outage_id>:<revision>:<kind>:<basis>`, and `:<part>` from the second part on.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    outage_id: OutageId = Field(description="The outage.")
    revision: Position = Field(description="The revision of the outage that says the same.")
    kind: Literal["full", "partial"] = Field(description="`full` closes the outage.")
    basis: Literal["confirmed", "inferred"] = Field(
        description="Own signal, call or crew; or the device above closed and silence is expected of the rest."
    )
    restored_at: OutputTime = Field(description="When power came back.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    customers_restored: Count = Field(description="Customers restored by this record.")
    customers_out: Count = Field(description="Customers of the outage that are still out.")
    device_id: str = Field(description="What was restored.")
    usage_point_ids: list[str] = Field(
        max_length=MOST_USAGE_POINTS, description=f"Who is back by this record: at most {MOST_USAGE_POINTS}."
    )

    @model_validator(mode="after")
    def _names_its_revision(self) -> Self:
        first = f"{self.outage_id}:{self.revision}:{self.kind}:{self.basis}"
        if self.event_id != first and not re.fullmatch(rf"{re.escape(first)}:([2-9]|[1-9]\d+)", self.event_id):
            raise ValueError("event_id is not <outage_id>:<revision>:<kind>:<basis>, with :<part> from 2 on")
        return self
