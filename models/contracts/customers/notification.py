"""What a customer is told: topic `customer.notification.events.v1`, one record for a contact and a change."""

from __future__ import annotations

from typing import Final, Literal, Self, get_args

from pydantic import Field, model_validator

from models.contracts.fields import FollowingRecord, OutageId, OutputTime, Position
from models.contracts.outputs.customer_power import MessageCode

Channel = Literal["app", "sms", "voice", "email"]
CHANNELS: Final[tuple[Channel, ...]] = ("app", "sms", "voice", "email")
NotificationKind = Literal["shut_off", "correction", "outage", "planned", "restored", "estimate", "crew"]
"""The weightier first: what is told of several at once is of the first of them."""
WorkCode = Literal["announced", "changed", "called_off"]
WORK_CODES: Final[tuple[WorkCode, ...]] = get_args(WorkCode)
"""What is told of work that is to come."""
NotificationCode = MessageCode | WorkCode | Literal["digest"]


class NotificationRecord(FollowingRecord):
    """One message to one contact. It names account and contact; the sender looks up where that is reached.

    A contact has one record an instant at the most, and one of each work that is announced to it. It is issued when it
    may be sent: what has to wait for quiet hours or the last message is not written before, and then tells what holds
    by then.
    """

    notification_id: str = Field(description="Names the message, for ever: send each once.")
    account_id: str = Field(description="The account.")
    contact_id: str = Field(description="The contact, as the account's record has it.")
    usage_point_ids: list[str] = Field(min_length=1, description="Usage points that it speaks of.")
    kind: NotificationKind = Field(
        description="`outage`, `planned` and `shut_off`: power is off, by planned work, to prevent harm. `estimate`: a "
        "time is promised, moved or taken back. `crew`: somebody has been sent. `restored`: it is back, or should be. "
        "`correction`: what was told before was wrong."
    )
    channel: Channel = Field(description="How to send it.")
    language: str = Field(description="The language of the text.")
    message_code: NotificationCode = Field(
        description="As in `customer.power.state.v1`; `digest`: how an account of several stands in one message. Of "
        "work that is to come: `announced`, `changed` in time or place, `called_off`."
    )
    parameters: dict[str, str | None] = Field(description="What its words are filled in with.")
    text: str = Field(description="The words.")
    outage_id: OutageId | None = Field(description="The outage it speaks of; null of several.")
    revision: Position | None = Field(description="The revision of that outage whose facts these are.")
    as_of: OutputTime = Field(description="When what it says was found.")
    not_before: OutputTime = Field(description="Not to be sent earlier.")
    expires_at: OutputTime = Field(description="Not to be sent from then on: it may be wrong by now.")
    supersedes: str | None = Field(
        description="The contact's message before this one, if that has not expired: not to be sent any more."
    )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if (self.outage_id is None) != (self.revision is None):
            raise ValueError("outage_id and revision go with each other")
        if not self.as_of <= self.not_before < self.expires_at:
            raise ValueError("as_of, not_before and expires_at are not in order")
        return self
