"""Times of the raw events: ISO 8601 with a zone or epoch milliseconds, read into int milliseconds since the epoch.

Accepted texts are a calendar date and a time of day with a zone, extended or basic format (ISO 8601-1:2019, 5.4.2):

    2026-07-01T18:04:05.250Z    2026-07-01 18:04+02:00    20260701T180405,25-0730

The zone is `Z`, `+hh:mm`, `+hhmm` or `+hh`. Seconds may be left out, a fraction of a second may have any number of
digits and is cut to milliseconds. Refused are texts without a zone, week and ordinal dates, `24:00`, the leap second
`:60`, and everything outside the years 1970 to 9999. Numbers are whole milliseconds; a text of digits is no time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.packed_text import PackedText
from models.times.iso8601_kernel import UNREAD, read_common_times
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LATEST: Final = 253_402_300_799_999
"""The last millisecond of the year 9999; the first time accepted is 0."""

YEAR_2000: Final = 946_684_800_000
"""No head-end had a message before this: an earlier time is a clock that lost its date, or another unit."""

INVALID: Final = -1
"""What `parse_times` puts in the place of something that is no time."""

_ZONE: Final = r"(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_EXTENDED: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?" + _ZONE
)
_BASIC: Final = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:[.,]([0-9]+))?)?" + _ZONE
)
_DIGITS: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()


def parse_time(value: object) -> int:
    """Read one time, exactly; ValueError with the reason and what to send instead."""
    if isinstance(value, str):
        at = _parse_text(value)
    elif type(value) is int:
        at = value
    else:
        raise ValueError("must be a time: send ISO 8601 with a zone or whole epoch milliseconds")
    if not 0 <= at <= LATEST:
        raise ValueError("is outside the years 1970 to 9999: check the unit (milliseconds) and the clock")
    return at


def parse_received_time(value: object) -> int:
    """Read the time at which something was received: as `parse_time`, and ValueError before the year 2000."""
    at = parse_time(value)
    if at < YEAR_2000:
        if YEAR_2000 <= at * SECOND <= LATEST and type(value) is int:
            raise ValueError("is before the year 2000 and looks like epoch seconds: send whole epoch milliseconds")
        raise ValueError("is before the year 2000: set the receiver's clock")
    return at


def parse_times(values: Sequence[str | int]) -> NDArray[np.int64]:
    """Read a batch of times, n int64; what `parse_time` refuses is `INVALID`."""
    try:
        return _parse_texts(values)  # type: ignore[arg-type]
    except TypeError:
        return _parse_mixed(values)


def format_time(at: int) -> str:
    """Write milliseconds since the epoch as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    return f"{_second(at // 1000)}{at % 1000:03d}Z"


@lru_cache(8192)
def _second(at: int) -> str:
    """Write all but the milliseconds; what is written at a time is mostly of few seconds."""
    return (_EPOCH + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S.")


def _parse_text(text: str) -> int:
    match = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if match is None:
        if _DIGITS.fullmatch(text):
            raise ValueError("is digits in a text: send whole epoch milliseconds as a number, without quotes")
        raise ValueError(
            "is no time of ISO 8601: send for example 2026-07-01T18:04:05.250Z or whole epoch milliseconds"
        )
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if zone is None:
        raise ValueError("has no zone: append Z or an offset such as +02:00")
    if hour > "23" or minute > "59" or (second or "0") > "59":
        raise ValueError("has an impossible time of day: hours go to 23, minutes and seconds to 59")
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        raise ValueError("has an impossible date: no such day in the calendar") from None
    seconds = ((days * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second or 0) - _offset_seconds(zone)
    return seconds * 1000 + int(((fraction or "") + "000")[:3])


def _offset_seconds(zone: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError("has an impossible zone: offsets go to 23:59")
    seconds = (hours * 60 + minutes) * 60
    return -seconds if zone[0] == "-" else seconds


def _parse_texts(texts: Sequence[str]) -> NDArray[np.int64]:
    packed = PackedText.of(texts)
    times = read_common_times(packed.blob, packed.offsets)
    for unread in np.flatnonzero(times == UNREAD).tolist():
        times[unread] = _parse_or_invalid(texts[unread])
    return times


def _parse_mixed(values: Sequence[str | int]) -> NDArray[np.int64]:
    times = np.full(len(values), INVALID, np.int64)
    texts = [position for position, value in enumerate(values) if isinstance(value, str)]
    times[texts] = _parse_texts([values[position] for position in texts])  # type: ignore[misc]
    numbers = [position for position, value in enumerate(values) if type(value) is int]
    times[numbers] = [at if 0 <= at <= LATEST else INVALID for at in (values[number] for number in numbers)]  # type: ignore[operator]
    return times


def _parse_or_invalid(text: str) -> int:
    try:
        return parse_time(text)
    except ValueError:
        return INVALID
