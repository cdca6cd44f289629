"""An account as the customer information system has it: topic `customer.account.state.v1`, the last record wins."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.customers.notification import Channel, NotificationKind  # noqa: TC001 (pydantic reads it)
from models.contracts.fields import InputEvent, InputTime

Role = Literal["holder", "household", "medical", "third_party"]
Text = Annotated[str, Field(min_length=1, max_length=200)]
TimeOfDay = Annotated[str, Field(pattern="^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]
MOST_POINTS: Final = 20_000
MOST_CONTACTS: Final = 50


class AccountContact(InputEvent):
    """Somebody who is told, by one channel."""

    contact_id: Text = Field(description="Names the contact within the account; it is all that leaves this topic.")
    channel: Channel = Field(description="How it is reached.")
    address: Text = Field(description="Where: a number, an address, a token. Read by who sends, and kept nowhere else.")
    consent: bool = Field(description="Whether it wants to be told; without it is told nothing.")
    consent_at: InputTime | None = Field(
        None, description="When it said so. A consent that is not later than a STOP does not take that back."
    )
    role: Role = Field(
        "holder",
        description="`medical`: somebody depends on power, no hour is too late. `third_party`: of another household, "
        "which hears of what the policy names.",
    )
    language: Text | None = Field(None, description="As in RFC 5646; by default the account's.")


class AccountPreferences(InputEvent):
    """What an account wants to hear of."""

    kinds: list[NotificationKind] | None = Field(
        None, description="Of these kinds and no others, safety shut-offs apart; null of all that the policy tells."
    )


class AccountState(InputEvent):
    """Who is told of which usage points, how and when. A record without a value takes the account out."""

    account_id: Text = Field(description="The account, which is the record's key as well.")
    usage_point_ids: list[Text] = Field(max_length=MOST_POINTS, description="Usage points that it is told of.")
    customer_class: Text = Field(
        "residential", alias="class", description="Class of the customer; the policy says which are told first."
    )
    language: Text | None = Field(None, description="As in RFC 5646; by default the utility's.")
    contacts: list[AccountContact] = Field(
        max_length=MOST_CONTACTS, description="Whom to tell; each `contact_id` once."
    )
    quiet_from: TimeOfDay | None = Field(None, description="From when on it is not to be woken, local time, as 22:00.")
    quiet_to: TimeOfDay | None = Field(None, description="Until when; by default hours are those of the policy.")
    time_zone: Text | None = Field(None, description="Its zone, as Europe/Zurich; by default the utility's.")
    preferences: AccountPreferences | None = Field(None, description="What it wants to hear of.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise PydanticCustomError("quiet_hours", "quiet_from and quiet_to go with each other: send both or none")
        names = [contact.contact_id for contact in self.contacts]
        if len(set(names)) < len(names):
            raise PydanticCustomError("contact_twice", "contacts has a contact_id twice: send each once")
        return self
