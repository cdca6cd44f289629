"""Storms and the outages that are of them: topics `storm.state.v1` and `outage.storm.state.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, FollowingRecord, OutageId, OutputRecord, OutputTime

StormRefusal = Literal[
    "unknown_storm", "declared_storm", "storm_over", "name_taken", "impossible_time", "impossible_text"
]


class StormArea(OutputRecord):
    """An area in which customers are out by a storm."""

    kind: str = Field(description="Kind of the area, as in the areas table.")
    area_id: str = Field(description="The area.")
    customers_out: Count = Field(description="Without power now, by outages of the storm.")
    customers_served: Count = Field(description="Who live there.")


class StormRecord(FollowingRecord):
    """What a storm has come to by an instant."""

    storm_id: str = Field(
        description="26 letters of base32: over the first outage and the instant at which it opened, its name, or the "
        "command that opened it."
    )
    name: str = Field(description="As an operator said; by rule the day on which it opened.")
    opened_by: Literal["rule", "operator"] = Field(description="`operator`: it was declared, or ordered.")
    status: Literal["open", "over"] = Field(description="What begins after its end is of no storm, or the next.")
    started_at: OutputTime = Field(
        description="As an operator said; by rule when the first outage that opened it began."
    )
    ended_at: OutputTime | None = Field(
        description="As an operator said; by rule since when few are out. Null: it goes on."
    )
    exclusion_reason: str | None = Field(description="Why it is left out of indices; null: it is not.")
    outages: Count = Field(description="Outages of the storm, without those planned, momentary, merged or cancelled.")
    outages_open: Count = Field(description="Of these, open now.")
    customers_out: Count = Field(description="Without power now by outages of the storm.")
    customers_affected: Count = Field(description="Interruptions of customers by its outages, over and open.")
    customers_out_most: Count = Field(description="The most customers without power at one of its records.")
    most_at: OutputTime | None = Field(description="When they were; null before anybody was.")
    areas: list[StormArea] = Field(description="Where those live that are out, by kind and id.")


class OutageStormRecord(FollowingRecord):
    """The storm that an outage is of: its `storm_id`, beside the current state, by the same key.

    All of them stand in one partition, whichever the outage's is.
    """

    outage_id: OutageId = Field(description="The outage.")
    storm_id: str = Field(description="The storm.")
    storm_name: str = Field(description="Its name.")


class OutageStormTombstone(OutputRecord):
    """An outage is of no storm, or is forgotten."""

    outage_id: OutageId = Field(description="The outage.")
    sequence: int = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from an assignment.")


class StormAnswerRecord(FollowingRecord):
    """What became of an operator's command about a storm, which `outage.operator.answers.v1` passed on: one answer."""

    command_id: str = Field(description="The command, as its sender named it.")
    result: Literal["done", "refused"] = Field(description="Whether it was carried out.")
    reason: StormRefusal | None = Field(
        description="Why it was refused. `unknown_storm`: none of that id, or forgotten; `declared_storm`: the policy "
        "file has it; `storm_over`: it is over, and no time was given; `name_taken`: another one is called so, see "
        "`storm_id`; `impossible_time`: before its start, or yet to come; `impossible_text`: empty, or too long."
    )
    message: str | None = Field(description="The same in words, with what to do.")
    storm_id: str | None = Field(description="The storm; of `open_storm` the one that began by it.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if (self.result == "refused") != (self.reason is not None) or (self.reason is None) != (self.message is None):
            raise ValueError("reason and message go with refused, and only with it")
        return self
