"""Which changes matter: how a usage point stands, against what a contact has been told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from models.notifications.views import MISTAKEN, ON

if TYPE_CHECKING:
    from models.contracts.customers.notification import NotificationKind
    from models.notifications.policy import NotificationPolicy
    from models.notifications.views import View

MINUTE = 60_000


class Word(NamedTuple):
    """What a contact was told of a usage point last."""

    out: bool
    code: str
    """As the view's plain code."""
    promised: int | None
    """By when power was to be back (ms)."""
    at: int
    """When it was told (ms)."""


class Verdict(NamedTuple):
    """Whether a change matters."""

    kind: NotificationKind | None
    """None: nothing is to be told."""
    due: int | None = None
    """When it will matter, if it stays so (ms)."""


_NOTHING = Verdict(None)


def word_of(view: View, at: int) -> Word:
    """Give what a contact knows once it has been told."""
    on = view.code in ON or view.code in MISTAKEN
    return Word(not on, view.plain_code, None if on else view.promised, at)


def judge(view: View, word: Word | None, policy: NotificationPolicy, now: int) -> Verdict:
    """Say whether a contact has to be told at an instant."""
    told_out = word is not None and word.out
    if view.code in ON:
        return Verdict("restored") if told_out else _NOTHING
    if view.code in MISTAKEN:
        return Verdict("correction") if told_out else _NOTHING
    if word is not None and (view.since is None or view.since <= word.at):
        return _progress(view, word, policy) if told_out else Verdict("correction")
    if view.shut_off:
        return Verdict("shut_off")
    if view.code == "planned":
        return Verdict("planned")
    due = (view.since or 0) + policy.outage_after_minutes * MINUTE
    return Verdict("outage") if now >= due else Verdict(None, due)


def _progress(view: View, word: Word, policy: NotificationPolicy) -> Verdict:
    """Of an outage that is known to the contact: a time that is promised, moved or taken back; somebody sent."""
    if (view.promised is None) != (word.promised is None):
        return Verdict("estimate")
    if view.promised is not None and word.promised is not None:
        moved = abs(view.promised - word.promised)
        return Verdict("estimate") if moved and moved >= policy.estimate_step_minutes * MINUTE else _NOTHING
    return Verdict("crew") if view.plain_code == "crew_assigned" != word.code else _NOTHING
