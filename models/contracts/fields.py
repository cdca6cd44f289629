"""What all contracts share: the two kinds of record and the types of their fields.

Types are strict everywhere: a number is never read from a string, nor a truth value from a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from models.times.iso8601 import YEAR_2000, parse_received_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable


class InputEvent(BaseModel):
    """An event of a raw topic. Fields that it does not know are ignored; an optional field may be null or missing."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class OutputRecord(BaseModel):
    """A record that Faultline writes. Every field is always present; null is unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class TimeOnTheWire:
    """Marks a field that is a string or an integer on the wire and milliseconds since the epoch in the model."""

    read: Callable[[object], int] = parse_time
    """Raises ValueError with what is wrong with a value."""


def _read_time(read: Callable[[object], int], value: object) -> int:
    try:
        return read(value)
    except ValueError as reason:
        raise PydanticCustomError("time", "{reason}", {"reason": str(reason)}) from None


InputTime = Annotated[
    int,
    TimeOnTheWire(),
    BeforeValidator(partial(_read_time, parse_time)),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer", "minimum": 0}]},
        mode="validation",
    ),
]
"""ISO 8601 with a zone or epoch milliseconds; in the model always int milliseconds since the epoch (UTC)."""

ReceivedTime = Annotated[
    int,
    TimeOnTheWire(parse_received_time),
    BeforeValidator(partial(_read_time, parse_received_time)),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer", "minimum": YEAR_2000}]},
        mode="validation",
    ),
]
"""As `InputTime`, from the year 2000 on."""

_OUTPUT_TIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"

OutputTime = Annotated[str, Field(pattern=_OUTPUT_TIME, json_schema_extra={"format": "date-time"})]
"""ISO 8601 in UTC with milliseconds and `Z`."""

OutageId = Annotated[str, Field(pattern="^[a-z2-7]{26}$")]
"""Lower-case base32 without padding; the first six letters are those of the zone."""

Count = Annotated[int, Field(ge=0)]
Position = Annotated[int, Field(ge=1)]
"""A number that counts from 1."""


class FollowingRecord(OutputRecord):
    """A record of a flow behind the outages: what the frame adds to each, so that a contract names only its own fields.

    At one instant a key has at most one record, so that both together are its id.
    """

    event_id: str = Field(description="The key and `updated_at`, with a colon between.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
