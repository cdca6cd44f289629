"""What contacts have been told: by usage point, when last, and by which message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from models.contracts.customers.reply import UNSENT
from models.notifications.changes import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DAY: Final = 86_400_000
KEPT_DAYS: Final = 7
"""So long it is remembered that power is back, to be able to say that this was wrong."""
GIVEN_UP: Final = 3
"""After so many failures in a row a contact is told no more, until its account's record is another one."""


@dataclass(slots=True)
class Heard:
    """What one contact has been told."""

    words: dict[int, Word] = field(default_factory=dict)
    """By usage point."""
    at: int | None = None
    """When it was told last (ms)."""
    notification_id: str | None = None
    """By which message."""
    expires_at: int = 0
    """When that is not to be sent any more (ms)."""
    before: dict[int, Word | None] = field(default_factory=dict)
    """What it was told before of what the last message speaks of."""
    before_at: int | None = None
    failures: int = 0
    """Of the last messages, so many in a row could not be brought to it."""
    turn: int | None = None
    """When the channel has a turn for it (ms), while it waits for one."""
    summary: tuple[str | None, ...] | None = None
    """What the last message says, if that is a digest."""

    def hear(
        self,
        words: Mapping[int, Word],
        notification_id: str,
        now: int,
        expires_at: int,
        summary: tuple[str | None, ...] | None = None,
    ) -> None:
        """Take a message as told."""
        self.summary = summary
        self.before = {number: self.words.get(number) for number in words}
        self.before_at, self.at, self.turn = self.at, now, None
        self.words = {**self.words, **words}
        self.notification_id, self.expires_at = notification_id, expires_at

    def hear_again(self, words: Mapping[int, Word]) -> None:
        """Take as told what the last message says as well, without another one."""
        self.before = {number: self.words.get(number) for number in words} | self.before
        self.words = {**self.words, **words}
        self.turn = None

    def take_receipt(self, notification_id: str, status: str) -> bool:
        """Take what became of a message; whether it has not been told after all."""
        if notification_id != self.notification_id:
            return False
        if status not in UNSENT:
            self.failures = 0
            return False
        words = {**self.words, **self.before}
        self.words = {number: word for number, word in words.items() if word is not None}
        if status == "failed":
            self.failures += 1
        else:
            self.at = self.before_at
        self.before, self.notification_id, self.summary = {}, None, None
        return True

    def last(self) -> tuple[Any, ...]:
        """Give what is known of the last message, and of the next one's turn."""
        return self.at, self.notification_id, self.expires_at, self.before_at, self.failures, self.turn, self.summary

    def superseded(self, now: int) -> str | None:
        """Name the message that a new one takes the place of, if it may not have been sent yet."""
        return self.notification_id if self.notification_id is not None and now < self.expires_at else None


class Told:
    """What all contacts of a partition have been told, by account and contact."""

    def __init__(self, saved: Iterable[Sequence[Any]] = ()) -> None:
        self._heard: dict[str, dict[str, Heard]] = {}
        for account_id, contact_id, words, before, *rest in saved:
            known = {number: Word(*word) for number, word in words}
            ago = {number: None if word is None else Word(*word) for number, word in before}
            at, notification_id, expires_at, before_at, failures, turn, *summary = rest
            said = tuple(summary[0]) if summary and summary[0] is not None else None
            heard = Heard(known, at, notification_id, expires_at, ago, before_at, failures, turn, said)
            self._heard.setdefault(account_id, {})[contact_id] = heard

    def save(self) -> list[Sequence[Any]]:
        """Give all of it."""
        return [
            (account_id, contact_id, list(one.words.items()), list(one.before.items()), *one.last())
            for account_id, contacts in self._heard.items()
            for contact_id, one in contacts.items()
        ]

    def of(self, account_id: str, contact_id: str) -> Heard:
        """Give what a contact has been told; changes to it stay if `keep` is called."""
        return self._heard.get(account_id, {}).get(contact_id) or Heard()

    def keep(self, account_id: str, contact_id: str, heard: Heard) -> None:
        """Remember what a contact has been told."""
        self._heard.setdefault(account_id, {})[contact_id] = heard

    def take_receipt(self, account_id: str, contact_id: str, notification_id: str, status: str) -> bool:
        """Take what became of a message; whether its contact has not been told after all."""
        heard = self._heard.get(account_id, {}).get(contact_id)
        return heard is not None and heard.take_receipt(notification_id, status)

    def forgive(self, account_id: str) -> None:
        """The contacts of an account may be others by now: what failed may be tried again."""
        for heard in self._heard.get(account_id, {}).values():
            heard.failures = 0

    def forget(self, account_id: str) -> None:
        """Forget all that an account was told."""
        self._heard.pop(account_id, None)

    def let_go(self, now: int) -> None:
        """Forget what was told so long ago that nothing will follow from it."""
        old = now - KEPT_DAYS * DAY
        for account_id, contacts in list(self._heard.items()):
            for contact_id, heard in list(contacts.items()):
                heard.words = {number: word for number, word in heard.words.items() if word.out or word.at > old}
                if not heard.words and heard.turn is None and (heard.at or 0) <= old:
                    del contacts[contact_id]
            if not contacts:
                del self._heard[account_id]
