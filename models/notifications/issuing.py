"""What an account is told at an instant of how it stands: to whom of its contacts, and what has to wait until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.notifications.changes import word_of
from models.notifications.composing import compose, news_for
from models.notifications.heard import GIVEN_UP
from models.notifications.telling import name_of
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.notifications.announcing.announced import Announcements
    from models.notifications.composing import News
    from models.notifications.heard import Heard, Told
    from models.notifications.outside.accounts import Account, Contact
    from models.notifications.pace import ChannelPace
    from models.notifications.telling import Telling
    from models.notifications.views import View
    from models.timeline.moment import Said


class Issuer:
    """Issues messages, and remembers them."""

    def __init__(self, telling: Telling, told: Told, announcements: Announcements, pace: ChannelPace) -> None:
        self._telling, self._policy, self._told, self._announcements = telling, telling.policy, told, announcements
        self._pace = pace

    def tell(self, account: Account, views: Sequence[View], now: int, *, storm: bool) -> tuple[list[Said], int | None]:
        """Say what an account's contacts are told, and when to look at it again (ms)."""
        said: list[Said] = []
        dues: list[int] = []
        for contact in self._telling.contacts(account) if views else ():
            message, due = self._tell(account, contact, views, now, storm=storm)
            said += message
            dues += due
        return said, min(dues, default=None)

    def _tell(
        self, account: Account, contact: Contact, views: Sequence[View], now: int, *, storm: bool
    ) -> tuple[list[Said], list[int]]:
        heard = self._told.of(account.account_id, contact.contact_id)
        if heard.failures >= GIVEN_UP:
            return [], []
        news, later = news_for(views, heard.words, self._telling.wanted(account, contact), self._policy, now)
        due = [] if later is None else [later]
        if not news:
            heard.turn = None
            return [], due
        last = latest(heard.at, self._announcements.last(account.account_id, contact.contact_id))
        kinds = {one.kind for one in news}
        if (allowed := self._telling.allowed(account, contact, kinds, last, now, storm=storm)) > now:
            heard.turn = None
            return [], [*due, allowed]
        if not kinds & set(self._policy.at_once) and (turn := self._turn(account, contact, heard, now)) > now:
            return [], [*due, turn]
        said = self._issue(account, contact, news, views, now)
        return [] if said is None else [said], due

    def _turn(self, account: Account, contact: Contact, heard: Heard, now: int) -> int:
        """Give when the channel has a turn for a contact (ms)."""
        if heard.turn is None:
            heard.turn = self._pace.turn(contact.channel, now)
            self._told.keep(account.account_id, contact.contact_id, heard)
        return heard.turn

    def _issue(
        self, account: Account, contact: Contact, news: Sequence[News], views: Sequence[View], now: int
    ) -> Said | None:
        """Write a message; None of what the last one, a digest, has said in the same words."""
        message = compose(news, views, len(account.numbers))
        heard = self._told.of(account.account_id, contact.contact_id)
        words = {number: word_of(one.view, now) for one in news for number in one.numbers}
        summary = tuple(message.parameters.values()) if message.code == "digest" else None
        if summary is not None and summary == heard.summary and message.kind != "correction":
            heard.hear_again(words)
            self._told.keep(account.account_id, contact.contact_id, heard)
            return None
        promised = message.parameters.get("etr_public")
        expires = self._telling.expires(now, None if promised is None else parse_time(promised))
        name = name_of(account.account_id, contact.contact_id, now)
        superseded = heard.superseded(now)
        heard.hear(words, name, now, expires, summary)
        self._told.keep(account.account_id, contact.contact_id, heard)
        return self._telling.message(
            account, contact, message, words, name=name, now=now, expires=expires, supersedes=superseded
        )


def latest(*times: int | None) -> int | None:
    """Give the last of some times; None where there is none."""
    return max((time for time in times if time is not None), default=None)
