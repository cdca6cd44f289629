"""What comes back from those who are told: `customer.notification.receipts.v1` and `customer.reply.events.v1`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from models.contracts.customers.account import Text  # noqa: TC001 (pydantic reads it)
from models.contracts.fields import InputEvent, InputTime, ReceivedTime

ReceiptStatus = Literal["sent", "delivered", "failed", "expired", "superseded", "stale", "stopped"]
UNSENT: Final = frozenset({"failed", "expired", "superseded", "stale", "stopped"})
"""The contact has not got the message, and will not."""


class NotificationReceipt(InputEvent):
    """What became of a message."""

    event_id: Text = Field(description="Names the receipt at its sender.")
    notification_id: Text = Field(description="The message.")
    account_id: Text = Field(description="Its account, which is the record's key as well.")
    contact_id: Text = Field(description="Its contact.")
    status: ReceiptStatus = Field(
        description="`sent`: a carrier has taken it; `delivered`: it has come to the contact. It has not and will not "
        "if it `failed`, has `expired`, was `superseded` by a later one, was `stale` since things stood otherwise by "
        "then, or the contact had `stopped` the channel."
    )
    observed_at: InputTime = Field(description="When that was so.")
    received_at: ReceivedTime = Field(description="When the sender or carrier told it.")


class CustomerReply(InputEvent):
    """What a contact answered, in its own words."""

    event_id: Text = Field(description="Names the reply at the gateway.")
    account_id: Text = Field(description="The account, which is the record's key as well.")
    contact_id: Text = Field(description="The contact that it came from.")
    notification_id: Text | None = Field(None, description="The message that it answers, if that is known.")
    usage_point_ids: list[Text] | None = Field(
        None, max_length=100, description="Usage points that it is about; by default all of the account."
    )
    text: Annotated[str, Field(max_length=2000)] = Field(
        description="The words. STOP and its like, whether power is out or back are understood; nothing else is kept."
    )
    observed_at: InputTime = Field(description="When it was sent.")
    received_at: ReceivedTime = Field(description="When the gateway had it.")
