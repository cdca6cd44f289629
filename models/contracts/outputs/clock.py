"""Up to where the outputs of an evidence partition are complete: topic `outage.clock.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, OutputRecord, OutputTime, Position


class ClockRecord(OutputRecord):
    """An instant that is complete: what comes after the sequences named here is of a later one.

    One record after each instant that wrote anything, and one each whole minute of log time, so that time goes on for
    who reads the outputs while nothing happens; in a silence of over 31 days one each time that it has doubled. It
    stands in the partition of the outputs that it speaks of.
    """

    event_id: str = Field(description="`<evidence_partition>:<updated_at>`.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    evidence_partition: Count = Field(description="Partition of the evidence log, and of the outputs.")
    updated_at: OutputTime = Field(description="The instant that is complete.")
    sequences: dict[str, Count] = Field(
        description="By output topic, the sequence of the last record up to this instant; 0, or no topic, is none yet."
    )

    @model_validator(mode="after")
    def _names_its_instant(self) -> Self:
        if self.event_id != f"{self.evidence_partition}:{self.updated_at}":
            raise ValueError("event_id is not <evidence_partition>:<updated_at>")
        return self
