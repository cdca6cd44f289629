"""What can be told of how customers are told: the policy of a utility."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.contracts.customers.account import TimeOfDay
from models.contracts.customers.notification import Channel, NotificationKind

Minutes = Annotated[int, Field(ge=0, le=10_080)]
_DAY: Final = 1440
_MOST_STAGES: Final = 10


Days = Annotated[
    list[Annotated[int, Field(ge=1, le=30)]],
    Field(max_length=_MOST_STAGES, description="So many days ahead, at the time by the clock at which it begins."),
]
Hours = Annotated[
    list[Annotated[int, Field(ge=1, le=72)]], Field(max_length=_MOST_STAGES, description="So many hours ahead.")
]
Proof = Annotated[
    Annotated[int, Field(ge=1, le=_DAY)] | None,
    Field(
        description="If no receipt says within so long that a message came to its contact, the next contact is told, "
        "third parties last; null: who is told is enough."
    ),
]


class AdvanceNotice(BaseModel):
    """How works are told before power is off."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    days: Days = [3, 1]
    hours: Hours = [2]
    together: bool = Field(
        default=True,
        description="Whether all contacts but third parties are told at once; else one after the other, in the order "
        "of channels, medical ones first.",
    )
    proof_minutes: Proof = None


class ShutOffNotice(AdvanceNotice):
    """How safety shut-offs are told before."""

    days: Days = [2, 1]
    hours: Hours = [4, 1]
    proof_minutes: Proof = 60


class NotificationPolicy(BaseModel):
    """All that can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kinds: list[NotificationKind] = Field(
        ["shut_off", "correction", "outage", "planned", "restored", "estimate", "crew"], description="What is told."
    )
    third_party_kinds: list[NotificationKind] = Field(
        ["shut_off", "correction", "outage", "planned", "restored"], description="What a third party is told of it."
    )
    channels: list[Channel] = Field(
        ["app", "sms", "voice", "email"],
        description="Channels that are used; a contact on another one is told nothing.",
    )
    a_minute: dict[Channel, Annotated[int, Field(ge=1, le=1_000_000)]] = Field(
        default={},
        description="By channel, so many messages are written a minute, in one partition of the flow, kinds in at_once "
        "apart; who has to wait hears in its turn how things stand by then.",
    )
    outage_after_minutes: Minutes = Field(5, description="Power has to be out so long before anybody is told.")
    estimate_step_minutes: Minutes = Field(30, description="A promised time has to move so far to be told again.")
    interval_minutes: Minutes = Field(
        30, description="A contact is told nothing for so long after a message, and then how things stand."
    )
    at_once: list[NotificationKind] = Field(
        ["shut_off", "correction"], description="Kinds that do not wait for the interval."
    )
    storm_accounts: int = Field(
        100, ge=1, description="From so many accounts without power on, in one partition of the flow, it is a storm."
    )
    digest_minutes: Minutes = Field(120, description="The interval in a storm.")
    expires_minutes: Annotated[int, Field(ge=1, le=_DAY)] = Field(
        30, description="A message that was not sent within so long is not sent any more."
    )
    quiet_from: TimeOfDay | None = Field(
        None, description="Quiet hours of accounts that name none, local time; without them there are none."
    )
    quiet_to: TimeOfDay | None = Field(None, description="Until when; goes with quiet_from.")
    any_hour: list[NotificationKind] = Field(["shut_off"], description="Kinds that are told in quiet hours as well.")
    first: list[str] = Field(["critical"], description="Classes of customers that are told before others, in order.")
    planned_ahead: AdvanceNotice = Field(AdvanceNotice(), description="How planned works are told ahead.")
    shut_off_ahead: ShutOffNotice = Field(ShutOffNotice(), description="How safety shut-offs are.")
    changed_minutes: Minutes = Field(
        30, description="An announced beginning or end has to move so far to be told as changed."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet_from and quiet_to go with each other")
        if self.digest_minutes < self.interval_minutes:
            raise ValueError("digest_minutes is less than interval_minutes: a storm would be told more often")
        return self
