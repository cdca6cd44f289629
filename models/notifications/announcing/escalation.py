"""Who of an account is told next of a work, while nobody is proven to have got it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from models.notifications.heard import GIVEN_UP
from models.notifications.telling import MEDICAL, THIRD_PARTY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.notifications.outside.accounts import Contact
    from models.notifications.policy import AdvanceNotice


class Try(NamedTuple):
    """What has come of telling a contact what holds."""

    contact_id: str
    at: int | None
    """When it was told (ms); None: not yet."""
    proven: bool = False
    """A receipt says that it came to the contact."""
    failed: bool = False
    failures: int = 0
    """In a row."""

    @property
    def given_up(self) -> bool:
        """Whether it is no use."""
        return self.failures >= GIVEN_UP


class Next(NamedTuple):
    """Whom to tell now, and when there may be more to do (ms)."""

    contact_ids: list[str]
    due: int | None = None


def tiers_of(contacts: Sequence[Contact], channels: Sequence[str], notice: AdvanceNotice) -> list[list[str]]:
    """Say by `contact_id` who is told together, and who next; medical contacts are always among the first."""
    by_need = sorted(contacts, key=lambda one: (one.role != MEDICAL, channels.index(one.channel)))
    own = [one.contact_id for one in by_need if one.role != THIRD_PARTY]
    others = [one.contact_id for one in by_need if one.role == THIRD_PARTY]
    if notice.together or not own:
        tiers = [own] if own else []
    else:
        first = max(1, sum(one.role == MEDICAL for one in contacts))
        tiers = [own[:first], *([one] for one in own[first:])]
    return [*tiers, others] if others and notice.proof_minutes is not None else tiers


def escalate(tiers: Sequence[Sequence[Try]], patience: int | None, again: int, now: int) -> Next:
    """Go on from those who were told: past whom it failed at once, past others after `patience` (ms; None: never).

    Where nobody is left, those whom it failed are tried once more `again` (ms) after the last try.
    """
    tried: list[Try] = []
    for tier in tiers:
        useful = [one for one in tier if not one.given_up]
        if untold := [one.contact_id for one in useful if one.at is None]:
            return Next(untold)
        tried += useful
        if any(one.proven for one in tier):
            return Next([])
        reached = [one.at for one in useful if one.at is not None and not one.failed]
        if reached and patience is None:
            return Next([])
        if reached and patience is not None and now < (due := max(reached) + patience):
            return Next([], due)
    failed = [one.contact_id for one in tried if one.failed]
    due = max((one.at for one in tried if one.at is not None), default=0) + again
    if not failed or any(not one.failed for one in tried):
        return Next([])
    return Next(failed) if now >= due else Next([], due)
