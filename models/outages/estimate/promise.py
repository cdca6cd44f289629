"""What the public is promised of one outage: apart from the estimate, changed rarely, and never a time in the past.

A promise is made once an outage has been assessed, and replaced shortly before its time where power will not be back,
or when a crew has come further and the estimate is another one. What a crew says goes before the estimate, what an
owner says before both; neither is ever moved by an estimate. A time that passes is taken back: it becomes `assessing`.
All times are seconds since the epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from models.outages.estimate.policy import PromisePolicy

Stage = Literal["assessing", "area", "outage", "crew"]
MINUTE: Final = 60
FAR: Final = 6 * 3600
"""From so far off on times are rounded to coarse minutes."""
AGAIN: Final = 4 * 3600
"""What was too far off to be promised is looked at again after so long."""
NEVER: Final = 1 << 62


class Promise(NamedTuple):
    """What stands."""

    at: int | None = None
    """By when power is to be back; None while nothing is promised."""
    stage: Stage = "assessing"
    changes: int = 0
    """How often a time that had been promised was replaced or taken back."""
    owned: bool = False
    """An owner has set or held it: only he changes it, until he releases it or its time has passed."""


def promise(policy: PromisePolicy, known: Promise, now: int, began: int, expected: int, crew: int | None) -> Promise:
    """Give the promise from an instant on.

    `expected` is the estimate at the policy's level, `crew` what a crew on the outage says, None if it says nothing.
    """
    known = expired(known, now)
    if known.owned:
        return known
    if crew is not None:
        return _change(known, crew, "crew") if crew > now else known
    at = round_up(policy, now, expected)
    if _may_change(policy, known, now, began, at):
        return _change(known, at, "outage")
    return known


def _may_change(policy: PromisePolicy, known: Promise, now: int, began: int, at: int) -> bool:
    """Whether an estimate has a say; a crew's time it never moves."""
    if known.stage == "crew" or known.changes >= policy.most_changes:
        return False
    if now < began + policy.assess_minutes * MINUTE or at - now > policy.farthest_minutes * MINUTE:
        return False
    return known.at is None or _is_worth(policy, known.at, now, at)


def _is_worth(policy: PromisePolicy, known: int, now: int, at: int) -> bool:
    """Whether a time is replaced: it is about to pass, or the new one is another by enough."""
    return (
        at > known
        if known - now <= policy.lead_minutes * MINUTE
        else abs(at - known) >= max(policy.least_change_minutes * MINUTE, 1)
    )


def _change(known: Promise, at: int | None, stage: Stage) -> Promise:
    changed = known.at is not None and known.at != at
    return known._replace(at=at, stage=stage, changes=known.changes + changed)


def expired(known: Promise, now: int) -> Promise:
    """Take back a time that has passed, whoever gave it."""
    if known.at is None or known.at > now:
        return known
    return _change(known, None, "assessing")._replace(owned=False)


def next_step(policy: PromisePolicy, known: Promise, now: int, began: int) -> int:
    """Give the instant at which a promise has to be looked at again, whatever else happens; `NEVER` for none."""
    if known.at is None:
        assessed = began + policy.assess_minutes * MINUTE
        if now < assessed:
            return assessed
        return now + AGAIN if known.changes < policy.most_changes and not known.owned else NEVER
    replaceable = not known.owned and known.stage in {"area", "outage"} and known.changes < policy.most_changes
    before = known.at - policy.lead_minutes * MINUTE
    return before if replaceable and before > now else known.at


def round_up(policy: PromisePolicy, now: int, at: int) -> int:
    """Give the next whole five minutes, or what the policy has in their place."""
    minutes = policy.coarse_minutes if at - now > FAR else policy.round_minutes
    return -(-at // (minutes * MINUTE)) * minutes * MINUTE


def hold(known: Promise, now: int) -> Promise:
    """An owner wants what stands to stay, until he releases it."""
    return expired(known, now)._replace(owned=True)


def set_by_owner(known: Promise, now: int, at: int, stage: Stage = "outage") -> Promise:
    """An owner promises a time. `ValueError` if it is none that is still to come."""
    if at <= now:
        raise ValueError("lies in the past: promise a time that is still to come")
    return _change(expired(known, now), at, stage)._replace(owned=True)


def set_for_area(known: Promise, now: int, at: int) -> Promise:
    """An owner promises a time of a whole area. `ValueError` if it is none that is still to come."""
    return set_by_owner(known, now, at, "area")._replace(owned=False)


def release(known: Promise, now: int) -> Promise:
    """An owner leaves the promise to the estimate again; what stands stays until that says something else."""
    return expired(known, now)._replace(owned=False)
