"""What a customer says: topic `customer.call.events.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.fields import InputEvent, InputTime, ReceivedTime

CallKind = Literal["no_power", "partial_power", "power_back", "hazard"]


class CallEvent(InputEvent):
    """A trouble call, text or web report. It names a usage point, or an account and so each usage point of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [place], "properties": {place: {"type": "string"}}}
                for place in ("usage_point_id", "account_id")
            ]
        }
    )

    event_id: str = Field(description="Name of this report at the source.")
    usage_point_id: str | None = Field(None, description="Usage point that it speaks for; wins over `account_id`.")
    account_id: str | None = Field(None, description="Account that it speaks for where no usage point is given.")
    kind: CallKind = Field(
        description="What is said; `partial_power` is some phases out, `hazard` a wire down or the like."
    )
    channel: str = Field(description="How it came: telephone, web, text and so on.")
    observed_at: InputTime = Field(description="When the customer saw it, else when the call was made.")
    received_at: ReceivedTime = Field(
        description="When the call system had it. The log time of a file is its running maximum."
    )

    @model_validator(mode="after")
    def _speaks_for_someone(self) -> Self:
        if self.usage_point_id is None and self.account_id is None:
            raise PydanticCustomError("missing_place", "usage_point_id and account_id are missing: send one of them")
        return self
