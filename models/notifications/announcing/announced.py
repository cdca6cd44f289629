"""What contacts have been told of works that are to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from models.contracts.customers.reply import UNSENT
from models.notifications.announcing.escalation import Try

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from models.notifications.announcing.works import Plan

CALLED_OFF: Final = -1
Outcome = Literal["open", "proven", "failed", "unsent"]


class Window(NamedTuple):
    """What is told of a work."""

    begins: int
    """Milliseconds since the epoch."""
    ends: int
    numbers: tuple[int, ...]
    """Usage points."""

    @classmethod
    def of(cls, plan: Plan) -> Window:
        """Take what matters."""
        return cls(plan.begins, plan.ends, plan.numbers)

    @classmethod
    def load(cls, saved: Sequence[Any] | None) -> Window | None:
        """Read what was saved."""
        return None if saved is None else cls(saved[0], saved[1], tuple(saved[2]))

    def is_like(self, other: Window, step: int) -> bool:
        """Whether it is the same to who was told: the same points, and no time that has moved so far (ms)."""
        moved = max(abs(self.begins - other.begins), abs(self.ends - other.ends))
        return self.numbers == other.numbers and (moved == 0 or moved < step)


@dataclass(slots=True)
class Announced:
    """What one contact was told of one work."""

    known: Window | None = None
    """What it knows, as far as is known."""
    before: Window | None = None
    """What it knew before the last message."""
    tried: Window | None = None
    """What the last message spoke of."""
    stage: int = 0
    """How many stages had begun by then."""
    at: int | None = None
    """When it was told last (ms)."""
    before_at: int | None = None
    notification_id: str | None = None
    expires_at: int = 0
    outcome: Outcome = "open"
    failures: int = 0
    """In a row."""

    def hear(self, window: Window, stage: int, now: int, message: tuple[str, int]) -> None:
        """Take a message as told, which is named and expires; at stage `CALLED_OFF` that a work will not be."""
        self.failures = self.failing(now)
        self.before, self.known, self.tried = self.known, None if stage == CALLED_OFF else window, window
        self.before_at, self.at, self.stage, self.outcome = self.at, now, stage, "open"
        self.notification_id, self.expires_at = message

    def take_receipt(self, status: str) -> bool:
        """Take what became of the last message; whether it has not been told after all."""
        if status not in UNSENT:
            self.failures = 0
            self.outcome = "proven" if status == "delivered" else self.outcome
            return False
        self.known, self.notification_id = self.before, None
        if status == "failed":
            self.outcome, self.failures = "failed", self.failures + 1
        else:
            self.outcome, self.at = "unsent", self.before_at
        return True

    def knows(self, now: int) -> Window | None:
        """Give what it knows of a time that is not over."""
        return None if self.known is None or self.known.ends <= now else self.known

    def failing(self, now: int) -> int:
        """Say how many messages of a time that is not over failed in a row."""
        return 0 if self.tried is None or self.tried.ends <= now else self.failures

    def again_at(self, wait: int) -> int:
        """Give from when on it may be told once more (ms): where the last message failed, so long after it."""
        return self.at + wait if self.outcome == "failed" and self.at is not None else 0

    def tried_of(self, contact_id: str, window: Window, stage: int, step: int, now: int) -> Try:
        """Say what has come of telling what holds by now."""
        failures = self.failing(now)
        holds = self.tried is not None and self.tried.is_like(window, step) and self.stage >= stage
        if not holds or self.outcome == "unsent":
            return Try(contact_id, None, failures=failures)
        return Try(contact_id, self.at, self.outcome == "proven", self.outcome == "failed", failures)

    def superseded(self, now: int) -> str | None:
        """Name the message that a new one takes the place of, if it may not have been sent yet."""
        return self.notification_id if self.notification_id is not None and now < self.expires_at else None


class Announcements:
    """What all contacts of a partition were told, by account, work and contact."""

    def __init__(self, saved: Iterable[Sequence[Any]] = ()) -> None:
        self._of: dict[str, dict[str, dict[str, Announced]]] = {}
        for account_id, work_id, contact_id, known, before, tried, *rest in saved:
            windows = Window.load(known), Window.load(before), Window.load(tried)
            self.of(account_id, work_id)[contact_id] = Announced(*windows, *rest)

    def save(self) -> list[Sequence[Any]]:
        """Give all of it."""
        return [
            (
                *(account_id, work_id, contact_id, one.known, one.before, one.tried, one.stage, one.at, one.before_at),
                *(one.notification_id, one.expires_at, one.outcome, one.failures),
            )
            for account_id, works in self._of.items()
            for work_id, contacts in works.items()
            for contact_id, one in contacts.items()
        ]

    def of(self, account_id: str, work_id: str) -> dict[str, Announced]:
        """Give what the contacts of an account were told of a work; changes to it stay."""
        return self._of.setdefault(account_id, {}).setdefault(work_id, {})

    def last(self, account_id: str, contact_id: str) -> int | None:
        """Say when a contact was told of any work last (ms)."""
        if (works := self._of.get(account_id)) is None:
            return None
        told = (contacts[contact_id].at for contacts in works.values() if contact_id in contacts)
        return max((at for at in told if at is not None), default=None)

    def take_receipt(self, account_id: str, contact_id: str, notification_id: str, status: str) -> bool:
        """Take what became of a message; whether its contact has not been told after all."""
        for contacts in self._of.get(account_id, {}).values():
            one = contacts.get(contact_id)
            if one is not None and one.notification_id == notification_id:
                return one.take_receipt(status)
        return False

    def forget(self, account_id: str) -> None:
        """Forget all that an account was told."""
        self._of.pop(account_id, None)

    def let_go(self, works: Container[str]) -> None:
        """Forget what was told of works that are over."""
        for account_id, told in list(self._of.items()):
            left = {work_id: contacts for work_id, contacts in told.items() if work_id not in works and contacts}
            self._of[account_id] = left
            if not left:
                del self._of[account_id]
