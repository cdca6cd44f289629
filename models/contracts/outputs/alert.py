"""Public warnings of outages: topic `outage.alert.events.v1`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import Count, FollowingRecord


class AlertRecord(FollowingRecord):
    """A message of the Common Alerting Protocol (CAP 1.2), whole in `xml`; other fields repeat what routing needs."""

    area_id: str = Field(description="The territory or zone; by outage, with a slash and the outage's id behind it.")
    identifier: str = Field(
        description="blake2b (16 bytes, base32) over sender, area and when the alert began, and the message's number."
    )
    message_type: Literal["Alert", "Update", "Cancel"] = Field(description="`msgType`.")
    status: Literal["Actual", "Exercise", "System", "Test", "Draft"] = Field(
        description="`status`, as the policy has it."
    )
    over: bool = Field(description="The alert ends with this message: an all-clear, or a Cancel.")
    sent: str = Field(description="`sent`, as CAP writes times.")
    references: str | None = Field(description="The message that this one takes the place of; null for the first one.")
    customers_out: Count = Field(description="Customers without power in the area.")
    outage_ids: list[str] = Field(max_length=100, description="Outages that it speaks of, the first hundred by id.")
    faults: list[str] = Field(
        max_length=10, description="Templates that failed, and why; the built-in words stand in for them."
    )
    xml: str = Field(description="The message.")
