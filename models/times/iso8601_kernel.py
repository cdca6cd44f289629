"""The common spelling of a time, read from bytes: `YYYY-MM-DDTHH:MM:SS[.fraction]` and `Z` or `+hh:mm`.

Everything else, and everything impossible, is left `UNREAD` for the exact reader in `models.times.iso8601`.

Written for speed: a check is a number that is negative where it fails, and `|` puts checks together, so that there is
one branch for all; and arrays are handed from function to function as little as can be, since numba counts references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNREAD: Final = -2

_LATEST: Final = 253_402_300_799_999
_NO_TAIL: Final = -2 * _LATEST
"""Less than any time can make up for."""
_DASH, _COLON, _POINT, _PLUS, _T, _Z = map(ord, "-:.+TZ")


@compiled
def read_common_times(blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Read n times, time i at `blob[offsets[i]:offsets[i + 1]]`; milliseconds since the epoch or `UNREAD`."""
    times = np.empty(len(offsets) - 1, np.int64)
    for row in range(len(times)):
        start, end = offsets[row], offsets[row + 1]
        times[row] = read_common_time(blob, start, end) if end - start >= 20 else UNREAD
    return times


@compiled
def read_common_time(blob: NDArray[np.uint8], start: int, end: int) -> int:
    """Read one time of at least 20 bytes."""
    century, no_century = _two(blob[start], blob[start + 1])
    year, no_year = _two(blob[start + 2], blob[start + 3])
    month, no_month = _two(blob[start + 5], blob[start + 6])
    day, no_day = _two(blob[start + 8], blob[start + 9])
    hour, no_hour = _two(blob[start + 11], blob[start + 12])
    minute, no_minute = _two(blob[start + 14], blob[start + 15])
    second, no_second = _two(blob[start + 17], blob[start + 18])
    marked = blob[start + 4] == blob[start + 7] == _DASH and blob[start + 13] == blob[start + 16] == _COLON
    wrong = no_century | no_year | no_month | no_day | no_hour | no_minute | no_second
    wrong |= (23 - hour) | (59 - minute) | (59 - second)
    if wrong < 0 or not marked or blob[start + 10] != _T:
        return UNREAD
    days = _days(century * 100 + year, month, day)
    tail = _tail(blob, start + 19, end)
    at = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + tail
    return at if (days | at | (_LATEST - at)) >= 0 else UNREAD


@compiled
def _two(tens: int, ones: int) -> tuple[int, int]:
    """Two digits, and a negative number if they are none."""
    tens, ones = int(tens) - 48, int(ones) - 48
    return tens * 10 + ones, tens | ones | (9 - tens) | (9 - ones)


@compiled
def _days(year: int, month: int, day: int) -> int:
    """Days since the epoch in the Gregorian calendar; negative before it and for days that never were.

    Years begin in March, so that the leap day is the last (H. Hinnant, "chrono-compatible low-level date algorithms").
    """
    if ((month - 1) | (12 - month) | (day - 1)) < 0 or (day > 28 and day > _last_day(year, month)):
        return -1
    before = 1 if month <= 2 else 0
    year -= before
    day_of_year = (153 * (month + 12 * before - 3) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year - 719_468


@compiled
def _last_day(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@compiled
def _tail(blob: NDArray[np.uint8], at: int, end: int) -> int:
    """Milliseconds that the fraction of the second and the zone add; `_NO_TAIL` if they are none."""
    millisecond, weight, digits = 0, 100, 0
    if blob[at] == _POINT:
        at += 1
        while at < end and 48 <= blob[at] <= 57:
            millisecond += (int(blob[at]) - 48) * weight
            weight //= 10
            digits += 1
            at += 1
        if digits == 0:
            return _NO_TAIL
    if end - at == 1 and blob[at] == _Z:
        return millisecond
    if end - at != 6 or blob[at + 3] != _COLON or (blob[at] != _PLUS and blob[at] != _DASH):
        return _NO_TAIL
    hour, no_hour = _two(blob[at + 1], blob[at + 2])
    minute, no_minute = _two(blob[at + 4], blob[at + 5])
    if (no_hour | no_minute | (23 - hour) | (59 - minute)) < 0:
        return _NO_TAIL
    offset = (hour * 60 + minute) * 60_000
    return millisecond + offset if blob[at] == _DASH else millisecond - offset
