"""When a storm opens and ends by rule, and those that operators declare: the policy, as its file gives it."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.times.iso8601 import format_time, parse_time

MOST_NAME: Final = 100
MOST_REASON: Final = 200
"""Characters of a name, and of why a storm is excluded."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _whole_milliseconds(value: object) -> object:
    """A time of TOML, or a text; `parse_time` says what is wrong with it."""
    return parse_time(value if isinstance(value, int | str) else getattr(value, "isoformat", str)())


Time = Annotated[int, BeforeValidator(_whole_milliseconds)]


class Declared(_Part):
    """A storm that an operator declares."""

    name: str = Field(min_length=1, max_length=MOST_NAME, description="What it is called; two storms have two names.")
    start: Time = Field(description="Outages that began from then on are of it.")
    end: Time | None = Field(None, description="And before then; until it is given the storm goes on.")
    exclusion_reason: str | None = Field(
        None, min_length=1, max_length=MOST_REASON, description="Why it is left out of indices, if it is."
    )


class StormPolicy(_Part):
    """All that can be told. The rule looks at the outages that are published, open and not planned."""

    open_outages: int = Field(50, ge=1, description="A storm opens when so many outages are open, and")
    open_customers: int = Field(5000, ge=1, description="so many customers are out by them;")
    area_kind: str | None = Field(None, min_length=1, description="or when in an area of this kind")
    area_share: float = Field(0.1, gt=0, le=1, description="this share of its customers is out, and")
    area_customers: int = Field(500, ge=1, description="at least so many of them.")
    end_customers: int = Field(500, ge=1, description="It ends when fewer customers than this are out,")
    end_seconds: int = Field(6 * 3600, ge=60, description="and have been for so long.")
    tell_seconds: int = Field(60, ge=1, description="Least time between two records of one storm.")
    estimate_seconds: int = Field(600, ge=60, description="Least time between two estimates of a storm's end.")
    estimate_share: float = Field(
        0.95, ge=0.5, le=1, description="Share of its customers that have power again when a storm is said to be over."
    )
    forget_seconds: int = Field(604_800, ge=60, description="How long after its end a storm's totals may still change.")
    declared: list[Declared] = Field(
        [],
        max_length=200,
        description="Storms that operators declare; they go before the rule's, in this order.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.end_customers > min(self.open_customers, self.area_customers):
            raise ValueError("end_customers is above open_customers or area_customers: a storm would end as it opens")
        for storm in self.declared:
            if storm.end is not None and storm.end <= storm.start:
                raise ValueError(f"declared storm {storm.name!r} ends at {format_time(storm.end)}, before it starts")
        names = [storm.name for storm in self.declared]
        if len(set(names)) < len(names):
            raise ValueError("two declared storms have one name; give each its own")
        return self
