"""Who was out by which outage, and when: topic `outage.membership.events.v1`, the ledger of interruptions."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, OutageId, OutputRecord, OutputTime, Position

MOST_ENTRIES: Final = 2500
"""A record has at most so many entries, and so at most 256 KiB."""
MemberChange = Literal["gained", "lost", "restored_confirmed", "restored_inferred", "transferred", "removed"]
INTERRUPTIONS: Final = ("gained", "restored_confirmed", "restored_inferred", "removed")
"""Last entries that are an interruption; what was lost or transferred is none, or goes on as another outage's."""


class MembershipRecord(OutputRecord):
    """Usage points that a revision of an outage gained, lost, restored or handed over, a row each in five columns.

    Of an outage and a usage point the last entry counts, so that a later one corrects an earlier one. A point's
    interruptions are its last entries `gained` (from `out_at` on, still out), and `restored_…` and `removed` (from
    `out_at` to `at`).
    What is `gained` by an outage that ends without another entry ended with it: at its `restored_at`, or it never was.
    """

    event_id: str = Field(description="`<outage_id>:<revision>`, and `:<part>` from the second part on.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    outage_id: OutageId = Field(description="The outage.")
    revision: Position = Field(description="The revision of the outage that says the same.")
    zone_id: str = Field(description="The zone of the outage.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    network_version: str = Field(description="Content hash of the network that the numbers are of.")
    part: Position = Field(description="Which part of the revision's entries this is, from 1.")
    parts: Position = Field(description="Of how many.")
    usage_points: list[Count] = Field(
        max_length=MOST_ENTRIES,
        description="Stable numbers of the usage points; they outlast versions of a network.",
    )
    changes: list[MemberChange] = Field(
        description="`gained`: it is out by this outage; `lost`: it never was; `transferred`: it is out by another "
        "outage from now on; `restored_confirmed`, `restored_inferred`: it has power again, on this basis; `removed`: "
        "it was out until a version of the network came that does not have it."
    )
    out_at: list[Count] = Field(description="When the point's interruption began, milliseconds since the epoch.")
    at: list[Count] = Field(
        description="When it took effect, milliseconds since the epoch: `gained` as it went out, `restored_…` as power "
        "came back, `lost` and `transferred` at the instant of the record."
    )
    others: list[OutageId | None] = Field(
        description="From which outage it was gained, to which it was transferred; null from and to none."
    )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        first = f"{self.outage_id}:{self.revision}"
        if self.event_id != (first if self.part == 1 else f"{first}:{self.part}"):
            raise ValueError("event_id is not <outage_id>:<revision>, with :<part> from 2 on")
        if self.part > self.parts:
            raise ValueError("part lies beyond parts")
        if {len(self.changes), len(self.out_at), len(self.at), len(self.others)} != {len(self.usage_points)}:
            raise ValueError("the columns are not of one length")
        return self
