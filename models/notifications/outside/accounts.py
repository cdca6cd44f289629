"""The accounts of a partition: what the flow has to know of them, and which usage points are whose.

They come by the flow's log without addresses, and with usage points by stable number as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from models.notifications.quiet import QuietHours, minute_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.contracts.customers.account import AccountState


class Contact(NamedTuple):
    """Somebody who may be told, by one channel."""

    contact_id: str
    channel: Any
    """A channel of the contract."""
    consent: bool
    consent_at: int | None
    """Milliseconds since the epoch."""
    role: str
    language: str


class Account(NamedTuple):
    """An account, in JSON's types."""

    account_id: str
    customer_class: str
    names: Sequence[str]
    """Ids of its usage points."""
    numbers: Sequence[int]
    """Their stable numbers, in the same order."""
    contacts: Sequence[Contact]
    quiet: Sequence[int] | None
    """Minutes of the local day, from and to; None for those of the policy."""
    time_zone: str | None
    kinds: Sequence[str] | None

    @classmethod
    def of(cls, said: Sequence[Any]) -> Account:
        """Read what was put into the log, or saved."""
        account = cls(*said)
        return account._replace(contacts=[Contact(*contact) for contact in account.contacts])

    @property
    def quiet_hours(self) -> QuietHours | None:
        """Its own quiet hours."""
        return None if self.quiet is None else QuietHours(*self.quiet)


def contacts_of(state: AccountState) -> list[Contact]:
    """Give an account's contacts, in its order."""
    return [
        Contact(
            one.contact_id, one.channel, one.consent, one.consent_at, one.role, one.language or state.language or ""
        )
        for one in state.contacts
    ]


def for_the_log(state: AccountState, numbers: Sequence[int]) -> list[Any]:
    """Give what of an account goes into the log: usage points that are known (number 0 and more), and no address."""
    known = {number: name for name, number in zip(state.usage_point_ids, numbers, strict=True) if number >= 0}
    contacts: list[Any] = [list(contact) for contact in contacts_of(state)]
    quiet = None
    if state.quiet_from is not None and state.quiet_to is not None:
        quiet = [minute_of(state.quiet_from), minute_of(state.quiet_to)]
    kinds = None if state.preferences is None else state.preferences.kinds
    names, found = list(known.values()), list(known)
    whole = Account(state.account_id, state.customer_class, names, found, contacts, quiet, state.time_zone, kinds)
    return list(whole)


class Accounts:
    """All accounts of a partition, by id and by usage point."""

    def __init__(self, saved: Iterable[Sequence[Any]] = ()) -> None:
        self.by_id: dict[str, Account] = {}
        self._of_point: dict[int, list[str]] = {}
        self._unseen: set[str] | None = None
        """While the whole table is told anew, those that have not come yet."""
        for said in saved:
            self._put(Account.of(said))

    def save(self) -> list[Account]:
        """Give all of them."""
        return list(self.by_id.values())

    @property
    def unseen(self) -> list[str] | None:
        """Those that have not come yet while the whole table is told anew; None where it is not."""
        return None if self._unseen is None else sorted(self._unseen)

    @unseen.setter
    def unseen(self, saved: Sequence[str] | None) -> None:
        self._unseen = None if saved is None else set(saved)

    def of_point(self, number: int) -> Sequence[str]:
        """Give the accounts that are told of a usage point."""
        return self._of_point.get(number, ())

    def take(self, account_id: str, said: Sequence[Any] | None) -> bool:
        """Take an account, or take it out; whether that is news."""
        if self._unseen is not None:
            self._unseen.discard(account_id)
        known = self.by_id.get(account_id)
        account = None if said is None else Account.of(said)
        if account == known:
            return False
        if known is not None:
            self._remove(known)
        if account is not None:
            self._put(account)
        return True

    def begin(self) -> None:
        """The whole table is told anew: what does not come is gone."""
        self._unseen = set(self.by_id)

    def end(self) -> list[str]:
        """All has come; returns those that are gone."""
        gone = sorted(self._unseen or ())
        for account_id in gone:
            self._remove(self.by_id[account_id])
        self._unseen = None
        return gone

    def _put(self, account: Account) -> None:
        self.by_id[account.account_id] = account
        for number in account.numbers:
            self._of_point.setdefault(number, []).append(account.account_id)

    def _remove(self, account: Account) -> None:
        del self.by_id[account.account_id]
        for number in account.numbers:
            self._of_point[number].remove(account.account_id)
            if not self._of_point[number]:
                del self._of_point[number]

    def numbers(self) -> set[int]:
        """Give the usage points that anybody here is told of."""
        return set(self._of_point)
