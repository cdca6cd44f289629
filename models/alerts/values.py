"""How times, quantities and lists are written in CAP 1.2, and what is wrong with a text that is written otherwise."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from models.alerts.element import entries

EXAMPLE: Final = "2026-07-01T18:04:05-00:00"
IDENTIFIER: Final = re.compile(r"[^\s,<&]+")
"""An identifier or a sender (3.2.1)."""
INTEGER: Final = re.compile(r"[+-]?[0-9]+")
DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
LANGUAGE: Final = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*")
ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")
"""An absolute URI, roughly: a scheme and something."""
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_WIDEST_OFFSET: Final = 14 * 60


class Reference(NamedTuple):
    """An earlier message, as `references` names it."""

    sender: str
    identifier: str
    sent: int
    """Seconds since the epoch."""


def parse_time(text: str) -> int:
    """Read a time of section 3.3.2 into seconds since the epoch; ValueError with the reason."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"is no time; write it like {EXAMPLE}")
    year, month, day, hour, minute, second = (int(match[place]) for place in range(1, 7))
    if match[7]:
        raise ValueError(f"has a fraction of a second; leave it out, as in {EXAMPLE}")
    if match[8] is None:
        raise ValueError(f"has no offset from UTC; append it, as in {EXAMPLE}")
    if match[8] in "Zz":
        raise ValueError(f'ends in "{match[8]}", which CAP forbids; write UTC as -00:00, as in {EXAMPLE}')
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise ValueError("has an impossible time of day: hours go to 23, minutes and seconds to 59")
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise ValueError("has an impossible date: no such day in the calendar") from None
    return ((days * 24 + hour) * 60 + minute - _offset_minutes(match[8])) * 60 + second


def format_time(seconds: int, offset_minutes: int = 0) -> str:
    """Write seconds since the epoch as section 3.3.2 asks, by the clock of an offset; UTC has the offset -00:00."""
    local = (_EPOCH + timedelta(seconds=seconds, minutes=offset_minutes)).strftime("%Y-%m-%dT%H:%M:%S")
    sign = "+" if offset_minutes > 0 else "-"
    return f"{local}{sign}{abs(offset_minutes) // 60:02d}:{abs(offset_minutes) % 60:02d}"


def parse_references(text: str) -> list[Reference]:
    """Read `references`: `sender,identifier,sent`, divided by white space; ValueError with the reason.

    The time is the earlier message's own, so its offset may be +00:00, if that is what stands there.
    """
    return [_reference(entry) for entry in entries(text)]


def quotes_match(text: str) -> bool:
    """Whether each double quote of a list divided by white space encloses a whole entry."""
    return re.fullmatch(r"\s*(?:\"[^\"]*\"(?:\s+|$)|[^\s\"]+(?:\s+|$))*", text) is not None


def _reference(entry: str) -> Reference:
    sender, _, rest = entry.partition(",")
    identifier, _, sent = rest.partition(",")
    if not (IDENTIFIER.fullmatch(sender) and IDENTIFIER.fullmatch(identifier) and sent):
        raise ValueError(f"has the entry {entry!r}; each names an earlier message as sender,identifier,sent")
    try:
        return Reference(sender, identifier, parse_time(sent))
    except ValueError as fault:
        raise ValueError(f"has the entry {entry!r}, whose time {fault}") from None


def _offset_minutes(text: str) -> int:
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59 or hours * 60 + minutes > _WIDEST_OFFSET:
        raise ValueError("has an impossible offset from UTC: they go to 14:00")
    return (hours * 60 + minutes) * (-1 if text[0] == "-" else 1)
