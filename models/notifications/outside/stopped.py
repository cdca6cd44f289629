"""Who does not want to be told any more, by what it answered: that holds until it says otherwise itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.notifications.outside.accounts import Contact


class Stopped:
    """By account and contact, when it answered STOP (ms)."""

    def __init__(self, saved: Iterable[Sequence[object]] = ()) -> None:
        self._at: dict[str, dict[str, int]] = {}
        for account_id, contact_id, at in saved:
            self._at.setdefault(str(account_id), {})[str(contact_id)] = int(str(at))

    def save(self) -> list[Sequence[object]]:
        """Give all of it."""
        return [(name, contact, at) for name, contacts in self._at.items() for contact, at in contacts.items()]

    def take(self, account_id: str, contact_id: str, meaning: str, at: int) -> None:
        """Take a reply; of several the latest counts, whatever the order in which they come."""
        stopped = self._at.setdefault(account_id, {})
        if meaning == "stop":
            stopped[contact_id] = max(at, stopped.get(contact_id, at))
        elif at > stopped.get(contact_id, at):
            del stopped[contact_id]
        if not stopped:
            del self._at[account_id]

    def forget(self, account_id: str) -> None:
        """Forget an account."""
        self._at.pop(account_id, None)

    def may(self, account_id: str, contact: Contact) -> bool:
        """Whether a contact may be told: it consents, and not before it said STOP last."""
        at = self._at.get(account_id, {}).get(contact.contact_id)
        later = contact.consent_at is not None and at is not None and contact.consent_at > at
        return contact.consent and (at is None or later)
