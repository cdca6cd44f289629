"""What an account is told of works that are to come: to whom, in which stage, and what has to wait until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from models.notifications.announcing.announced import CALLED_OFF, Announced, Window
from models.notifications.announcing.escalation import Next, escalate, tiers_of
from models.notifications.announcing.stages import Stage, stage_of
from models.notifications.changes import MINUTE
from models.notifications.composing import Message
from models.notifications.heard import GIVEN_UP
from models.notifications.issuing import latest
from models.notifications.telling import name_of
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.contracts.customers.notification import NotificationKind, WorkCode
    from models.notifications.announcing.announced import Announcements
    from models.notifications.announcing.works import Plan, Works
    from models.notifications.equipment import Equipment
    from models.notifications.heard import Told
    from models.notifications.outside.accounts import Account, Contact
    from models.notifications.policy import AdvanceNotice
    from models.notifications.telling import Telling
    from models.timeline.moment import Said

_NOBODY: Final = Announced()


class Wish(NamedTuple):
    """A contact that is to be told of a work."""

    contact_id: str
    code: WorkCode
    stage: int = 0


class Announcer:
    """Announces works, and remembers to whom."""

    def __init__(
        self, equipment: Equipment, telling: Telling, works: Works, announcements: Announcements, told: Told
    ) -> None:
        self._offsets, self._policy, self._telling = equipment.offsets, equipment.policy, telling
        self._works, self._announcements, self._told = works, announcements, told
        self._step = self._policy.changed_minutes * MINUTE
        self._again = max(self._policy.interval_minutes, 1) * MINUTE
        """After so long whom a message failed is tried once more (ms)."""

    def tell(self, account: Account, now: int, *, storm: bool) -> tuple[list[Said], int | None]:
        """Say what an account's contacts are told, and when to look at it again (ms)."""
        said: list[Said] = []
        dues: list[int] = []
        for plan in self._works.plans(account.numbers, now):
            messages, due = self._tell(account, plan, now, storm=storm)
            said += messages
            dues += due
        return said, min(dues, default=None)

    def _tell(self, account: Account, plan: Plan, now: int, *, storm: bool) -> tuple[list[Said], list[int]]:
        kind: NotificationKind = "shut_off" if plan.shut_off else "planned"
        contacts = {
            one.contact_id: one for one in self._telling.contacts(account) if kind in self._telling.wanted(account, one)
        }
        wishes, dues = self._wishes(account, list(contacts.values()), plan, now)
        said: list[Said] = []
        waits: list[int] = []
        for wish in wishes:
            contact = contacts[wish.contact_id]
            last = self._last(account, contact)
            if (allowed := self._telling.allowed(account, contact, {kind}, last, now, storm=storm)) > now:
                waits.append(allowed)
            else:
                said.append(self._issue(account, contact, plan, kind, wish, now))
        if said:
            _, dues = self._wishes(account, list(contacts.values()), plan, now)
        return said, [*waits, *dues]

    def _last(self, account: Account, contact: Contact) -> int | None:
        named = account.account_id, contact.contact_id
        return latest(self._told.of(*named).at, self._announcements.last(*named))

    def _wishes(
        self, account: Account, contacts: Sequence[Contact], plan: Plan, now: int
    ) -> tuple[list[Wish], list[int]]:
        """Say who is to be told, whenever that may be, and when there may be more to tell (ms)."""
        told = self._announcements.of(account.account_id, plan.work_id)
        codes: dict[str, WorkCode] = {}
        stage, dues = Stage(0, None), [plan.look_again]
        if plan.live:
            stage = stage_of(plan.begins, self._notice(plan), self._offsets(account.time_zone), now)
            found = self._next(contacts, plan, told, stage.reached, now) if stage.reached else Next([])
            codes = dict.fromkeys(found.contact_ids, "announced")
            dues += [stage.next, found.due]
        for name, heard in ((one.contact_id, told.get(one.contact_id, _NOBODY)) for one in contacts):
            if self._knows_wrongly(heard, plan, now):
                if (due := heard.again_at(self._again)) > now:
                    dues.append(due)
                else:
                    codes[name] = "called_off" if plan.called_off else "changed"
        return [Wish(name, code, stage.reached) for name, code in codes.items()], [
            due for due in dues if due is not None
        ]

    def _notice(self, plan: Plan) -> AdvanceNotice:
        return self._policy.shut_off_ahead if plan.shut_off else self._policy.planned_ahead

    def _next(
        self, contacts: Sequence[Contact], plan: Plan, told: Mapping[str, Announced], stage: int, now: int
    ) -> Next:
        notice, window = self._notice(plan), Window.of(plan)
        tiers = [
            [told.get(name, _NOBODY).tried_of(name, window, stage, self._step, now) for name in tier]
            for tier in tiers_of(contacts, self._policy.channels, notice)
        ]
        patience = None if notice.proof_minutes is None else notice.proof_minutes * MINUTE
        return escalate(tiers, patience, self._again, now)

    def _knows_wrongly(self, heard: Announced, plan: Plan, now: int) -> bool:
        """Whether a contact knows of another time, or of one that will not be."""
        known = heard.knows(now)
        if known is None or heard.failing(now) >= GIVEN_UP:
            return False
        return plan.called_off or (plan.live and not known.is_like(Window.of(plan), self._step))

    def _issue(
        self, account: Account, contact: Contact, plan: Plan, kind: NotificationKind, wish: Wish, now: int
    ) -> Said:
        heard = self._announcements.of(account.account_id, plan.work_id).setdefault(contact.contact_id, Announced())
        off = wish.code == "called_off"
        window = heard.known if off and heard.known is not None else Window.of(plan)
        parameters = {
            "since": None,
            "planned_from": format_time(window.begins),
            "planned_to": format_time(window.ends),
            "work": kind,
        }
        message = Message(kind, wish.code, parameters, None, None, min(plan.found_at, now))
        name = name_of(account.account_id, contact.contact_id, now, plan.work_id)
        expires = self._telling.expires(now, None if off else window.begins)
        superseded = heard.superseded(now)
        heard.hear(window, CALLED_OFF if off else wish.stage, now, (name, expires))
        return self._telling.message(
            account, contact, message, window.numbers, name=name, now=now, expires=expires, supersedes=superseded
        )
