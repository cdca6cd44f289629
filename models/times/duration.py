"""Lengths of time as people write them: 30d, 12h, 90m."""

from __future__ import annotations

import re
from typing import Final

UNITS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_WRITTEN: Final = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)


def parse_duration(text: str) -> int:
    """Give milliseconds. Raises `ValueError` for what is no whole number and a unit, or nothing."""
    written = _WRITTEN.fullmatch(text)
    if written is None or not int(written[1]):
        raise ValueError("is no length of time; give a whole number and one of s, m, h, d, w, as 30d")
    return int(written[1]) * UNITS[written[2]]
