"""The common spelling of a time, read from bytes: `YYYY-MM-DDTHH:MM:SS[.fraction]` and `Z` or `+hh:mm`.

Everything else, and everything impossible, is left `UNREAD` for the exact reader in `models.times`. Checks are signs of
differences put together with `|`, which is negative as soon as one of them is: one branch for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNREAD: Final = -2

_LATEST: Final = 253_402_300_799_999
_ZERO, _NINE = ord("0"), ord("9")
_DASH, _COLON, _POINT, _PLUS, _T, _Z = map(ord, "-:.+TZ")


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
    day, wrong_day = _days(blob, start)
    second, wrong_second = _seconds(blob, start + 11)
    zone, millisecond = _milliseconds(blob, start + 19, end)
    offset, wrong_offset = _offset_seconds(blob, zone, end)
    at = (day * 86_400 + second - offset) * 1000 + millisecond
    marked = blob[start + 10] == _T
    return at if marked and (wrong_day | wrong_second | wrong_offset | at | (_LATEST - at)) >= 0 else UNREAD


@compiled
def _two(blob: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Two digits, and a negative number if they are none."""
    tens, ones = int(blob[at]) - _ZERO, int(blob[at + 1]) - _ZERO
    return tens * 10 + ones, tens | ones | (9 - tens) | (9 - ones)


@compiled
def _days(blob: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Days since the epoch in the Gregorian calendar, and a negative number if there is no such day.

    Years begin in March, so that the leap day is the last (H. Hinnant, "chrono-compatible low-level date algorithms").
    """
    century, no_century = _two(blob, at)
    year, no_year = _two(blob, at + 2)
    month, no_month = _two(blob, at + 5)
    day, no_day = _two(blob, at + 8)
    year += century * 100
    wrong = no_century | no_year | no_month | no_day | (year - 1969) | (month - 1) | (12 - month) | (day - 1)
    if wrong < 0 or blob[at + 4] != _DASH or blob[at + 7] != _DASH or (day > 28 and day > _last_day(year, month)):
        return 0, -1
    before = 1 if month <= 2 else 0
    year -= before
    day_of_year = (153 * (month + 12 * before - 3) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year - 719_468, 0


@compiled
def _last_day(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@compiled
def _seconds(blob: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Seconds since midnight, and a negative number if there is no such time of day."""
    hour, no_hour = _two(blob, at)
    minute, no_minute = _two(blob, at + 3)
    second, no_second = _two(blob, at + 6)
    wrong = no_hour | no_minute | no_second | (23 - hour) | (59 - minute) | (59 - second)
    if blob[at + 2] != _COLON or blob[at + 5] != _COLON:
        wrong = -1
    return (hour * 60 + minute) * 60 + second, wrong


@compiled
def _milliseconds(blob: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Where the zone begins, and the fraction of the second cut to milliseconds; no zone behind a point without digits."""
    if blob[at] != _POINT:
        return at, 0
    millisecond, weight, first, at = 0, 100, at + 1, at + 1
    while at < end and _ZERO <= blob[at] <= _NINE:
        millisecond += (int(blob[at]) - _ZERO) * weight
        weight //= 10
        at += 1
    return at if at > first else end, millisecond


@compiled
def _offset_seconds(blob: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Offset of the zone from UTC, and a negative number if there is no such zone."""
    if end - at == 1 and blob[at] == _Z:
        return 0, 0
    if end - at != 6 or blob[at + 3] != _COLON or (blob[at] != _PLUS and blob[at] != _DASH):
        return 0, -1
    hour, no_hour = _two(blob, at + 1)
    minute, no_minute = _two(blob, at + 4)
    seconds = (hour * 60 + minute) * 60
    return -seconds if blob[at] == _DASH else seconds, no_hour | no_minute | (23 - hour) | (59 - minute)
