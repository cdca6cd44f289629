"""Which zones were set aside, and taken back: topic `zone.health.state.v1`, where the last record of a zone wins."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, OutageId, OutputRecord, OutputTime, Position

MOST_OUTAGES: Final = 1000
"""A record lists its outages up to this many."""

ZoneStatus = Literal["quarantined", "healthy"]


class ZoneHealthRecord(OutputRecord):
    """One revision of one zone's health.

    A zone in which the engine fails is set aside with its state: its evidence waits and its outages stand still until
    an operator resumes it. The other zones go on.
    """

    event_id: str = Field(description="`<zone_id>:<revision>`.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    zone_id: str = Field(description="The zone: the area of one substation.")
    revision: Position = Field(description="From 1 without gaps within the zone.")
    status: ZoneStatus = Field(description="`quarantined` is set aside, `healthy` is taken back.")
    since: OutputTime = Field(description="The instant at which it came to be so.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    evidence_partition: Count = Field(description="Partition of the evidence log that has the zone.")
    evidence_offset: Count = Field(description="Offset there of the batch with which it failed or was resumed.")
    error: str | None = Field(
        pattern=r"^[^\r\n]+$",
        description="Type and message, in one line, of the exception that set it aside; of a healthy zone, what of the "
        "evidence log was passed over at that offset, so that evidence may be missing; null none.",
    )
    outage_ids: list[OutageId] = Field(
        max_length=MOST_OUTAGES, description=f"Outages of the zone that were open then, up to {MOST_OUTAGES}."
    )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.event_id != f"{self.zone_id}:{self.revision}":
            raise ValueError("event_id is not <zone_id>:<revision>")
        if self.status == "quarantined" and self.error is None:
            raise ValueError("status quarantined goes with an error")
        return self
