"""What is of the whole utility: storms, their outages, and by when they are over; losses of several sources at once."""

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


class RestoredBy(OutputRecord):
    """The distribution of the time at which the share of the customers has power again."""

    customers_affected: Count = Field(
        description="Interruptions of customers by the storm's outages so far; of an area the most at once by each."
    )
    customers_out: Count = Field(description="Of these, without power now.")
    restored_from: OutputTime | None = Field(
        description="10 % of the simulated ends lie before. Null: so many have power already."
    )
    restored_by: OutputTime | None = Field(description="Half of them do.")
    restored_to: OutputTime | None = Field(description="90 % do.")
    probability: float | None = Field(
        ge=0, le=1, description="How probable `restored_from` to `restored_to` is; null without them."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        times = (self.restored_from, self.restored_by, self.restored_to)
        if (None in times or self.probability is None) and any(one is not None for one in (*times, self.probability)):
            raise ValueError("restored_from, restored_by, restored_to and probability go together")
        if list(times) != sorted(times, key=str):
            raise ValueError("restored_from, restored_by and restored_to do not follow each other")
        return self


class AreaRestoredBy(RestoredBy):
    """The same of an area in which customers are out."""

    kind: str = Field(description="Kind of the area, as in the areas table.")
    area_id: str = Field(description="The area.")


class StormEstimateRecord(FollowingRecord, RestoredBy):
    """When a storm is over by an instant, as far as its outages are known by then: what breaks later is not in it."""

    storm_id: str = Field(description="The storm, as in `storm.state.v1`.")
    share: float = Field(ge=0, le=1, description="Of the customers affected, how many are to have power again.")
    outages: Count = Field(description="Outages of the storm with an estimate.")
    outages_open: Count = Field(description="Of these, open now: the jobs that are simulated.")
    crews: Count = Field(
        description="Crews that are on their way or at work, once outages show how long they take; else 0."
    )
    pace: float = Field(
        description="How many times as long as estimated at first the storm's outages have lasted so far."
    )
    areas: list[AreaRestoredBy] = Field(description="The areas in which customers are out, by kind and id.")


class StormEstimateTombstone(OutputRecord):
    """The storm is over."""

    storm_id: str = Field(description="The storm.")
    sequence: int = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from an estimate.")


class GroupedOutage(OutputRecord):
    """An outage of a group."""

    outage_id: OutageId = Field(description="The outage.")
    zone_id: str = Field(description="Its zone.")
    device_id: str = Field(description="Its device.")
    started_at: OutputTime = Field(description="When it began.")


class SourceLossRecord(FollowingRecord):
    """Outages at the heads of several zones that began together, and most probably by one loss upstream of them."""

    group_id: str = Field(description="26 letters of base32: over the outages by which it was found.")
    status: Literal["open", "over"] = Field(description="`open` while one of them is.")
    started_at: OutputTime = Field(description="When the first of them began.")
    chance: float = Field(
        ge=0,
        le=1,
        description="How probable, at the most, so many would have begun together by chance when it was found.",
    )
    zone_ids: list[str] = Field(description="The zones, in order.")
    outages: list[GroupedOutage] = Field(description="The outages, as they began.")
    customers_out: Count = Field(description="Without power now by these outages.")
    customers_affected: Count = Field(description="Interruptions of customers by them, over and open.")


class SourceLossTombstone(OutputRecord):
    """It is none after all, or all of its outages are forgotten."""

    group_id: str = Field(description="The group.")
    sequence: int = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from a group.")


class OutageGroupRecord(FollowingRecord):
    """The group that an outage is of, beside the current state, by the same key.

    All of them stand in one partition, whichever the outage's is.
    """

    outage_id: OutageId = Field(description="The outage.")
    group_id: str = Field(description="The group.")


class OutageGroupTombstone(OutputRecord):
    """An outage is of no group, or is forgotten."""

    outage_id: OutageId = Field(description="The outage.")
    sequence: int = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from an assignment.")
