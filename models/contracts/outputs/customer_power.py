"""How each customer stands: topic `customer.power.state.v1`, where the last record of a usage point wins."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import FollowingRecord, OutageId, OutputRecord, OutputTime, Position
from models.contracts.outputs.outage import PlannedOutage  # noqa: TC001 (pydantic reads it)

Power = Literal["on", "partial", "out", "unknown"]
MessageCode = Literal[
    "detected",
    "assessing",
    "crew_assigned",
    "estimate",
    "planned",
    "still_out",
    "restored",
    "probably_restored_please_confirm",
    "never_out",
    "cancelled",
    "unknown",
]


class CustomerPowerRecord(FollowingRecord):
    """How a usage point stands, and what every channel says of it.

    There is one when power, outage, `since`, basis, planned work or message changes, or the estimate by a step of the
    policy. A usage point without a record has never been out.
    """

    usage_point_id: str = Field(description="The usage point.")
    zone_id: str = Field(description="Its zone: the area of one substation.")
    power: Power = Field(
        description="`unknown`: it was on when its zone was set aside, and nobody has looked since. `partial`: some of "
        "its phases are out; nobody says so yet."
    )
    as_of: OutputTime = Field(
        description="Up to when this was found by evidence: the instant of this record, or earlier where it only says "
        "that the zone was set aside or taken back."
    )
    stale: bool = Field(
        description="Its zone is set aside, or an input stood still when the revision was said: what is said may be "
        "behind."
    )
    outage_id: OutageId = Field(description="The outage by which it is out, was out last, or was thought to be.")
    revision: Position = Field(description="The revision of the outage whose facts these are.")
    since: OutputTime | None = Field(
        description="Since when it has been out, or on again; null where it was not out at all."
    )
    basis: Literal["reported", "inferred", "confirmed"] | None = Field(
        description="Out: the outage's `evidence`. On: `confirmed` by its own signal, a call or a crew, `inferred` "
        "from those around it. Null where it was not out at all."
    )
    planned: PlannedOutage | None = Field(description="The planned work for which it is out; null none, or not out.")
    etr_public: OutputTime | None = Field(description="By when power is promised to be back; null: nothing is, or on.")
    etr_stage: Literal["assessing", "area", "outage", "crew"] | None = Field(description="As of the outage; null on.")
    message_code: MessageCode | None = Field(
        description="What the customer is told, in whatever words: see docs/customers.md. Null: nothing, since an "
        "operator holds the outage back."
    )
    message_parameters: dict[str, str | None] = Field(description="What its words are filled in with.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.power != "out" and (self.planned or self.etr_public or self.etr_stage):
            raise ValueError("planned, etr_public and etr_stage go with power out")
        if (self.since is None) != (self.basis is None):
            raise ValueError("since and basis go with each other")
        if self.as_of > self.updated_at:
            raise ValueError("as_of lies after updated_at")
        return self


class CustomerPowerTombstone(OutputRecord):
    """The usage point has left the network: forget it."""

    usage_point_id: str = Field(description="The usage point.")
    zone_id: str = Field(description="Its zone.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from a state.")
