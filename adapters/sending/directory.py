"""What has to be known at the moment of sending: who is reached where and consents, who said STOP, how all stand now.

A thread follows the topics from their heads; nothing of it is kept anywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from pydantic import ValidationError

from adapters.kafka.clients.follower import Follower
from adapters.kafka.clients.positions import Positions
from models.contracts.customers.account import AccountState
from models.customers.output import CUSTOMER_POWER
from models.notifications.output import ACCOUNTS, REPLIES
from models.notifications.outside.accounts import contacts_of
from models.notifications.outside.reading import REPLY, read_reply
from models.notifications.outside.stopped import Stopped
from models.sending.holding import Stands, holds
from models.timeline.tables import RefusedRecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka import Message

    from models.contracts.customers.reply import ReceiptStatus
    from models.notifications.outside.accounts import Contact


class _Reached(NamedTuple):
    contact: Contact
    address: str


class Directory:
    """Follows accounts, replies and customers' states; asked from any thread."""

    def __init__(self, client: Mapping[str, Any], prefix: str) -> None:
        """Begin at the topics' heads. Raises `FaultsError` where one is not there."""
        self._stems = {prefix + topic: topic for topic in (ACCOUNTS.topic, REPLIES.topic, CUSTOMER_POWER.topic)}
        with Positions(client, "faultline-notifications-directory") as positions:
            places = [
                (topic, part) for topic, count in positions.partitions(self._stems).items() for part in range(count)
            ]
            begins = {place: begin for place, (begin, _) in positions.bounds(places).items()}
        self._reached: dict[str, dict[str, _Reached]] = {}
        self._stands: dict[str, Stands] = {}
        self._stopped = Stopped()
        self._follower = Follower(
            client, "faultline-notifications-directory", begins, self._take, "accounts and states"
        )
        self._follower.start()

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def lacking(self) -> list[str]:
        """Say why it does not know all yet; nothing if it does."""
        return self._follower.lacking()

    @property
    def failure(self) -> str | None:
        """Why it follows no more."""
        return self._follower.failure

    def refuse(self, message: Mapping[str, Any]) -> ReceiptStatus | None:
        """Say why a message is not to be sent any more; None if it is."""
        reached = self._reached.get(message["account_id"], {}).get(message["contact_id"])
        if reached is None or not self._stopped.may(message["account_id"], reached.contact):
            return "stopped"
        return None if holds(message, self._stands.get) else "stale"

    def address(self, message: Mapping[str, Any]) -> str | None:
        """Give where a message's contact is reached; None if it is gone."""
        reached = self._reached.get(message["account_id"], {}).get(message["contact_id"])
        return None if reached is None else reached.address

    def _take(self, topic: str, message: Message) -> None:
        stem = self._stems[topic]
        key, value = (message.key() or b"").decode("utf-8", "replace"), message.value()
        if stem == ACCOUNTS.topic:
            self._reached.pop(key, None)
            if value is not None and (found := _contacts(key, value)):
                self._reached[key] = found
        elif stem == REPLIES.topic:
            self._take_reply(key, value)
        else:
            self._stands.pop(key, None)
            if value is not None and (stands := _stands(value)) is not None:
                self._stands[key] = stands

    def _take_reply(self, key: str, value: bytes | None) -> None:
        try:
            said = read_reply(key, value).said
        except RefusedRecordError:
            return  # the flow has told of it
        if said is not None and said[0] == REPLY:
            self._stopped.take(key, *said[1:])


def _stands(value: bytes) -> Stands | None:
    """Read how a usage point stands; None of what is no such record, which then says nothing of it."""
    try:
        return Stands.of(orjson.loads(value))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _contacts(key: str, value: bytes) -> dict[str, _Reached]:
    """Read an account's contacts; of one that cannot be read there are none, as for the flow."""
    try:
        state = AccountState.model_validate_json(value)
    except ValidationError:
        return {}
    if state.account_id != key:
        return {}
    pairs = zip(contacts_of(state), state.contacts, strict=True)
    return {contact.contact_id: _Reached(contact, one.address) for contact, one in pairs}
