"""Quiet hours: when somebody may be told who is not to be woken, by the clock of a place and its summer time."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from models.times.offsets import ahead_at

if TYPE_CHECKING:
    from models.times.offsets import Offsets

MINUTES_OF_DAY: Final = 1440
_MINUTE: Final = 60


class QuietHours(NamedTuple):
    """From a minute of the local day to another; where the first is the later one, over midnight."""

    begin: int
    end: int

    def holds(self, minute: int) -> bool:
        """Whether a minute of the local day is quiet."""
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


def minute_of(time: str) -> int:
    """Give the minute of the day of a time as 22:00."""
    return int(time[:2]) * 60 + int(time[3:])


def allowed_from(quiet: QuietHours, offsets: Offsets, now: int) -> int:
    """Give the first instant (ms) from `now` on that is not quiet; the hours themselves never last a whole day.

    Where the clock is put on amid the quiet hours these end earlier, where it is put back they last longer.
    """
    if not quiet.holds(_minute(offsets, now // 1000)):
        return now
    at = now // 1000
    while quiet.holds(minute := _minute(offsets, at)):
        ends = (at // _MINUTE + (quiet.end - minute) % MINUTES_OF_DAY) * _MINUTE
        at = min(ends, _next_change(offsets, at) or ends)
    return at * 1000


def _minute(offsets: Offsets, at: int) -> int:
    """The minute of the local day at a second; zones are whole minutes ahead of UTC in our time."""
    return (at + ahead_at(offsets, at)) // _MINUTE % MINUTES_OF_DAY


def _next_change(offsets: Offsets, at: int) -> int | None:
    place = bisect_right(offsets, at, key=lambda pair: pair[0])
    return offsets[place][0] if place < len(offsets) else None
