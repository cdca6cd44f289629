"""When a work is told ahead: days by the clock of the account, whatever its summer time does, hours as they pass."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from models.times.offsets import ahead_at

if TYPE_CHECKING:
    from models.notifications.policy import AdvanceNotice
    from models.times.offsets import Offsets

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR


class Stage(NamedTuple):
    """How far a work has come."""

    reached: int
    """How many stages have begun; 0: it is too early to tell anybody."""
    next: int | None
    """When the next one begins (ms)."""


def stage_of(begins: int, notice: AdvanceNotice, offsets: Offsets, now: int) -> Stage:
    """Say how far a work has come that begins at an instant (ms)."""
    days = {_days_before(begins, days, offsets) for days in notice.days}
    times = sorted(days | {begins - hours * HOUR for hours in notice.hours})
    reached = bisect_right(times, now)
    return Stage(reached, times[reached] if reached < len(times) else None)


def _days_before(begins: int, days: int, offsets: Offsets) -> int:
    """The same time by the clock, days before; where the clock was put on or back that is not a whole day."""
    at = begins - days * DAY
    return at + 1000 * (ahead_at(offsets, begins // 1000) - ahead_at(offsets, at // 1000))
