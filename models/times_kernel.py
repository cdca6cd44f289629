"""The common spelling of a time, read from bytes: `YYYY-MM-DDTHH:MM:SS[.fraction]` and `Z` or `+hh:mm`.

Everything else, and everything impossible, is left `UNREAD` for the exact reader in `models.times`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNREAD: Final = -2

_ZERO: Final = 48
_LATEST: Final = 253_402_300_799_999


@compiled
def read_common_times(blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Read n times, time i at `blob[offsets[i]:offsets[i + 1]]`; milliseconds since the epoch or `UNREAD`."""
    times = np.empty(len(offsets) - 1, np.int64)
    for row in range(len(times)):
        start, end = offsets[row], offsets[row + 1]
        times[row] = _read(blob, start, end) if end - start >= 20 else UNREAD
    return times


@compiled
def _read(blob: NDArray[np.uint8], start: int, end: int) -> int:
    days = _days(blob, start)
    seconds = _seconds_of_day(blob, start + 11)
    if UNREAD in (days, seconds) or blob[start + 10] != 84:  # T
        return UNREAD
    zone, milliseconds = _milliseconds(blob, start + 19, end)
    offset = _offset_minutes(blob, zone, end)
    if UNREAD in (milliseconds, offset):
        return UNREAD
    at = ((days * 86_400 + seconds - offset * 60) * 1000) + milliseconds
    return at if 0 <= at <= _LATEST else UNREAD


@compiled
def _pair(blob: NDArray[np.uint8], at: int) -> int:
    """Two digits, else a number too large for all who ask."""
    tens, ones = int(blob[at]) - _ZERO, int(blob[at + 1]) - _ZERO
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else 1000


@compiled
def _days(blob: NDArray[np.uint8], at: int) -> int:
    """Days since the epoch in the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms")."""
    century, two, month, day = _pair(blob, at), _pair(blob, at + 2), _pair(blob, at + 5), _pair(blob, at + 8)
    if century > 99 or two > 99 or not 1 <= month <= 12 or day < 1 or blob[at + 4] != 45 or blob[at + 7] != 45:
        return UNREAD
    year = century * 100 + two
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = 29 if month == 2 and leap else 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    if day > last or year < 1969:
        return UNREAD
    if month <= 2:
        year -= 1
    era, year_of_era = year // 400, year % 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


@compiled
def _seconds_of_day(blob: NDArray[np.uint8], at: int) -> int:
    hour, minute, second = _pair(blob, at), _pair(blob, at + 3), _pair(blob, at + 6)
    if hour > 23 or minute > 59 or second > 59 or blob[at + 2] != 58 or blob[at + 5] != 58:
        return UNREAD
    return (hour * 60 + minute) * 60 + second


@compiled
def _milliseconds(blob: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Where the zone begins, and the fraction of the second cut to milliseconds."""
    if blob[at] != 46:  # .
        return at, 0
    milliseconds, weight, at = 0, 100, at + 1
    first = at
    while at < end and 0 <= int(blob[at]) - _ZERO <= 9:
        milliseconds += (int(blob[at]) - _ZERO) * weight
        weight //= 10
        at += 1
    return at, milliseconds if at > first else UNREAD


@compiled
def _offset_minutes(blob: NDArray[np.uint8], at: int, end: int) -> int:
    if end - at == 1 and blob[at] == 90:  # Z
        return 0
    if end - at != 6 or blob[at + 3] != 58 or (blob[at] != 43 and blob[at] != 45):
        return UNREAD
    hours, minutes = _pair(blob, at + 1), _pair(blob, at + 4)
    if hours > 23 or minutes > 59:
        return UNREAD
    total = hours * 60 + minutes
    return -total if blob[at] == 45 else total
