"""By when a storm is over for nearly all: topic `storm.estimate.state.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, FollowingRecord, OutputRecord, OutputTime


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
