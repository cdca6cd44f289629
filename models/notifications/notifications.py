"""The notifications of a partition, instant by instant: a function of its log.

    news of outages ──► customers ──► whose usage points stand otherwise ─┐
    accounts ─────────► who is told, and when ────────────────────────────┼► whom to look at ──► messages
    calls ────────────► who is told first ────────────────────────────────┤
    works to come ────► which usage points lose power, and when ──────────┤
    timers ───────────► what had to wait ─────────────────────────────────┘

Customers' states are made by the same model as `customer.power.state.v1`, of all usage points; those that are on and
nobody's here are forgotten every hour.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, Final

from models.customers.customers import Customers
from models.notifications.announcing.announced import Announcements
from models.notifications.announcing.announcer import Announcer
from models.notifications.announcing.works import Works
from models.notifications.changes import MINUTE
from models.notifications.heard import Told
from models.notifications.issuing import Issuer
from models.notifications.news_in_json import read_news
from models.notifications.outside.accounts import Accounts
from models.notifications.outside.callers import CALLED, Callers
from models.notifications.outside.planned import WORK
from models.notifications.outside.reading import ACCOUNT, RECEIPT, REPLY
from models.notifications.outside.stopped import Stopped
from models.notifications.pace import ChannelPace
from models.notifications.telling import Telling
from models.notifications.views import OUT, Standing
from models.timeline.tables import BEGIN, END

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from models.notifications.equipment import Equipment
    from models.notifications.outside.accounts import Account
    from models.timeline.moment import Followed, Said

HOUR: Final = 60 * MINUTE


class Notifications:
    """All accounts of a partition."""

    def __init__(self, equipment: Equipment, saved: Mapping[str, Any] | None = None) -> None:
        """Begin with nobody, or with what `save` gave."""
        kept: Mapping[str, Any] = saved or {}
        self._equipment = equipment
        self._customers = Customers(equipment.names, equipment.customers, kept.get("customers"))
        self._accounts = Accounts(kept.get("accounts", ()))
        self._accounts.unseen = kept.get("unseen")
        self._told = Told(kept.get("told", ()))
        self._due: dict[str, int] = dict(kept.get("due", ()))
        self._out: set[str] = set(kept.get("out", ()))
        """Accounts with a usage point that is out."""
        self._tidied: int = kept.get("tidied", 0)
        self._timers = [(at, account_id) for account_id, at in self._due.items()]
        heapify(self._timers)
        self._stopped = Stopped(kept.get("stopped", ()))
        self._callers = Callers(kept.get("callers", ()))
        self._works = Works(kept.get("works", ()))
        self._announcements = Announcements(kept.get("announcements", ()))
        telling = Telling(equipment, self._stopped)
        self._pace = ChannelPace(equipment.policy.a_minute, kept.get("pace"))
        self._issuer = Issuer(telling, self._told, self._announcements, self._pace)
        self._announcer = Announcer(equipment, telling, self._works, self._announcements, self._told)

    def due(self) -> int | None:
        """Give the instant of the next account that has to be looked at."""
        while self._timers and self._due.get(self._timers[0][1]) != self._timers[0][0]:
            heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def live(self, instant: int, records: Sequence[Followed]) -> Iterable[Said]:
        """Take what belongs to an instant (ms), and say whom to tell what."""
        touched = self._take_accounts(records)
        touched |= self._take_news(instant, records)
        touched |= self._take_timers(instant)
        said = list(self._look_at(touched & self._accounts.by_id.keys(), instant))
        if instant // HOUR != self._tidied:
            self._tidied = instant // HOUR
            self._tidy(instant)
        return said

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return {
            "customers": self._customers.save(),
            "accounts": self._accounts.save(),
            "unseen": self._accounts.unseen,
            "told": self._told.save(),
            "due": sorted(self._due.items()),
            "out": sorted(self._out),
            "tidied": self._tidied,
            "stopped": self._stopped.save(),
            "pace": self._pace.save(),
            "callers": self._callers.save(),
            "works": self._works.save(),
            "announcements": self._announcements.save(),
        }

    def _take_accounts(self, records: Iterable[Followed]) -> set[str]:
        """Take what comes from outside; returns the accounts that are others now."""
        touched: set[str] = set()
        for account_id, (kind, *said) in ((one.key, one.record) for one in records):
            if kind == ACCOUNT and self._accounts.take(account_id, said[0]):
                touched.add(account_id)
                self._told.forgive(account_id)
                if said[0] is None:
                    self._forget(account_id)
            elif kind == RECEIPT and self._take_receipt(account_id, *said):
                touched.add(account_id)
            elif kind == CALLED:
                self._callers.take(account_id, *said)
            elif kind == WORK:
                touched |= self._accounts_of(self._works.take(said))
            elif kind == REPLY and account_id in self._accounts.by_id:
                self._stopped.take(account_id, *said)
                touched.add(account_id)
            elif kind in {BEGIN, END}:
                self._take_mark(kind)
        return touched

    def _take_mark(self, kind: str) -> None:
        """The whole table of accounts is told from here on, or up to here."""
        if kind == BEGIN:
            self._accounts.begin()
            return
        for gone in self._accounts.end():
            self._forget(gone)

    def _take_receipt(self, account_id: str, contact_id: str, notification_id: str, status: str) -> bool:
        """Take what became of a message; whether its contact has not been told after all."""
        named = account_id, contact_id, notification_id, status
        return self._told.take_receipt(*named) or self._announcements.take_receipt(*named)

    def _forget(self, account_id: str) -> None:
        self._told.forget(account_id)
        self._announcements.forget(account_id)
        self._callers.forget(account_id)
        self._stopped.forget(account_id)
        self._due.pop(account_id, None)
        self._out.discard(account_id)

    def _take_news(self, instant: int, records: Iterable[Followed]) -> set[str]:
        """Take news of outages; returns the accounts of usage points that stand otherwise."""
        news = [(one, read_news(one.record)) for one in records]
        mine = [one._replace(record=read) for one, read in news if read is not None]
        rows = self._customers.live(instant, mine) if mine else ()
        return self._accounts_of(number for some in rows for number in some.numbers.tolist())

    def _accounts_of(self, numbers: Iterable[int]) -> set[str]:
        return {account_id for number in numbers for account_id in self._accounts.of_point(number)}

    def _take_timers(self, instant: int) -> set[str]:
        found: set[str] = set()
        while (due := self.due()) is not None and due <= instant:
            account_id = heappop(self._timers)[1]
            del self._due[account_id]
            found.add(account_id)
        return found

    def _look_at(self, account_ids: Iterable[str], instant: int) -> Iterator[Said]:
        """Say what accounts are to be told, those first whom the policy names first, and then those who called."""
        accounts = [self._accounts.by_id[account_id] for account_id in account_ids]
        accounts.sort(key=lambda one: self._order(one, instant))
        standing = Standing(self._customers.of([number for one in accounts for number in one.numbers]))
        views = [standing.views(one.numbers) for one in accounts]
        for account, some in zip(accounts, views, strict=True):
            is_out = any(view.code in OUT for view in some)
            (self._out.add if is_out else self._out.discard)(account.account_id)
        storm = len(self._out) >= self._equipment.policy.storm_accounts
        for account, some in zip(accounts, views, strict=True):
            messages, due = self._issuer.tell(account, some, instant, storm=storm)
            ahead, due_ahead = self._announcer.tell(account, instant, storm=storm)
            yield from (*messages, *ahead)
            self._set(account.account_id, min((at for at in (due, due_ahead) if at is not None), default=None))

    def _order(self, account: Account, now: int) -> tuple[int, bool, str]:
        called = self._callers.have(account.account_id, account.numbers, now)
        return self._equipment.rank(account.customer_class), not called, account.account_id

    def _set(self, account_id: str, due: int | None) -> None:
        if due is None:
            self._due.pop(account_id, None)
        else:
            self._due[account_id] = due
            heappush(self._timers, (due, account_id))

    def _tidy(self, instant: int) -> None:
        """Forget what can matter no more."""
        self._customers.let_go(self._accounts.numbers())
        self._told.let_go(instant)
        self._callers.let_go(instant)
        self._announcements.let_go(self._works.let_go(instant))
