"""Whom of an account a policy lets be told, of what, from when on, and in which words."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from models.digest import base32
from models.messages.words import Speaker
from models.messages.words import Told as Spoken
from models.notifications.changes import MINUTE
from models.notifications.output import NOTIFICATIONS
from models.notifications.quiet import allowed_from
from models.timeline.moment import Said
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from models.contracts.customers.notification import Channel
    from models.notifications.composing import Message
    from models.notifications.equipment import Equipment
    from models.notifications.outside.accounts import Account, Contact
    from models.notifications.outside.stopped import Stopped

THIRD_PARTY: Final = "third_party"
MEDICAL: Final = "medical"
_TEXTS: Final = 20_000
_written = lru_cache(1000)(format_time)
"""Most times of a message are those of many others."""


class Telling:
    """The policy, consent and words."""

    def __init__(self, equipment: Equipment, stopped: Stopped) -> None:
        self._equipment, self.policy, self._stopped = equipment, equipment.policy, stopped
        self._kinds = frozenset[str](self.policy.kinds)
        self._third_party_kinds = self._kinds & frozenset(self.policy.third_party_kinds)
        self._at_once, self._any_hour = frozenset(self.policy.at_once), frozenset(self.policy.any_hour)
        self._speakers: dict[str | None, Speaker] = {}
        self._say = lru_cache(_TEXTS)(self._say_anew)

    def contacts(self, account: Account) -> list[Contact]:
        """Give those who may be told."""
        used = self.policy.channels
        mine = (one for one in account.contacts if one.channel in used)
        return [one for one in mine if self._stopped.may(account.account_id, one)]

    def wanted(self, account: Account, contact: Contact) -> frozenset[str]:
        """Give the kinds that a contact is told."""
        kinds = self._third_party_kinds if contact.role == THIRD_PARTY else self._kinds
        return kinds if account.kinds is None else kinds & {*account.kinds, "shut_off"}

    def allowed(
        self, account: Account, contact: Contact, kinds: AbstractSet[str], last: int | None, now: int, *, storm: bool
    ) -> int:
        """Give from when on (ms) a contact may be told of some kinds that was told anything last at an instant."""
        policy, at = self.policy, now
        if last is not None and not kinds & self._at_once:
            interval = policy.digest_minutes if storm else policy.interval_minutes
            at = max(at, last + interval * MINUTE)
        quiet = account.quiet_hours or self._equipment.quiet_hours
        if quiet is not None and contact.role != MEDICAL and not kinds & self._any_hour:
            at = allowed_from(quiet, self._equipment.offsets(account.time_zone), at)
        return at

    def expires(self, now: int, until: int | None) -> int:
        """Give when (ms) a message is not to be sent any more: what is said of a time ends with it."""
        end = now + self.policy.expires_minutes * MINUTE
        return end if until is None else max(min(end, until), now + MINUTE)

    def message(  # noqa: PLR0913 (all that it says)
        self,
        account: Account,
        contact: Contact,
        message: Message,
        numbers: Iterable[int],
        *,
        name: str,
        now: int,
        expires: int,
        supersedes: str | None,
    ) -> Said:
        """Write a message about usage points by number."""
        text, language = self._words(account, contact, message)
        fields: Mapping[str, Any] = {
            "notification_id": name,
            "account_id": account.account_id,
            "contact_id": contact.contact_id,
            "usage_point_ids": _named(account, numbers),
            "kind": message.kind,
            "channel": contact.channel,
            "language": language,
            "message_code": message.code,
            "parameters": dict(message.parameters),
            "text": text,
            "outage_id": message.outage_id,
            "revision": message.revision,
            "as_of": _written(message.as_of),
            "not_before": _written(now),
            "expires_at": _written(expires),
            "supersedes": supersedes,
        }
        return Said(NOTIFICATIONS.name, fields)

    def _words(self, account: Account, contact: Contact, message: Message) -> tuple[str, str]:
        parameters = dict(message.parameters)
        if (since := parameters.get("since")) is not None:
            parameters["since"] = _to_the_minute(since)  # words say no seconds: many have the same
        as_of = _to_the_minute(_written(message.as_of))
        key = (message.code, tuple(sorted(parameters.items())), as_of)
        return self._say(*key, contact.language, contact.channel, account.time_zone, contact.role == THIRD_PARTY)

    def _say_anew(  # noqa: PLR0913 (all that words depend on)
        self,
        code: Any,  # noqa: ANN401 (a code of the contract)
        parameters: tuple[tuple[str, str | None], ...],
        as_of: str,
        language: str,
        channel: Channel,
        zone: str | None,
        third_party: bool,  # noqa: FBT001 (a part of a key)
    ) -> tuple[str, str]:
        if zone not in self._speakers:
            self._speakers[zone] = Speaker(self._equipment.words, self._equipment.offsets(zone))
        speaker = self._speakers[zone]
        worded = speaker.say(Spoken(code, dict(parameters), as_of), language, channel)
        if third_party:
            around = Spoken(THIRD_PARTY, {"since": None, "otherwise": worded.text}, as_of)
            worded = speaker.say(around, language, channel)
        return worded.text, worded.language


def name_of(account_id: str, contact_id: str, now: int, work_id: str | None = None) -> str:
    """Name a message: a contact has one an instant at the most, and one of each work that is to come."""
    parts = f"{len(account_id)}:{account_id}{contact_id}:{now}"
    if work_id is not None:
        parts = f"{parts}:{len(contact_id)}:{work_id}"
    return base32(blake2b(parts.encode(), digest_size=15).digest())


def _named(account: Account, numbers: Iterable[int]) -> list[str]:
    """Give the ids of the usage points that are spoken of, in the account's order."""
    some = frozenset(numbers)
    return [name for name, number in zip(account.names, account.numbers, strict=True) if number in some]


def _to_the_minute(time: str) -> str:
    return f"{time[:16]}:00.000Z"
