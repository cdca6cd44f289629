"""The utility's time zone: checked, as the offsets that it has had and will have, and as people read a clock.

What is computed takes offsets, so that it needs no data base of zones. What is written for programs stays in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.times.offsets import Offsets

DAY: Final = 86_400
YEAR_2000: Final = 946_684_800
YEAR_2040: Final = 2_208_988_800
AHEAD: Final = 20 * 366 * DAY
"""Seconds after the history for which offsets are known; later the last one holds."""


def find_zone(name: str) -> ZoneInfo:
    """Find a zone by its name. Raises `FaultsError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FaultsError([f"time zone {name!r} is not known here; give one as in America/Los_Angeles"]) from error


def local_time(at: int, zone: ZoneInfo) -> str:
    """Write a time (ms) as a clock of the zone shows it, to the second, with its offset."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).isoformat(sep=" ")


def offsets_of(name: str, begins: int, ends: int) -> list[tuple[int, int]]:
    """Give from when on (seconds since the epoch) a zone is how many seconds ahead of UTC. Raises `FaultsError`."""
    return list(_offsets(find_zone(name), begins, ends + AHEAD))


def utility_offsets(name: str | None) -> list[tuple[int, int]]:
    """Give the offsets of the utility's clocks in our time; without a zone they show UTC. Raises `FaultsError`."""
    return offsets_of(name or "UTC", YEAR_2000, YEAR_2040)


def _offsets(zone: ZoneInfo, begins: int, ends: int) -> Iterator[tuple[int, int]]:
    before = _ahead(zone, begins)
    yield begins, before
    for day in range(begins, ends, DAY):
        now = _ahead(zone, day + DAY)
        if now != before:
            first, last = day, day + DAY
            while last - first > 1:
                middle = (first + last) // 2
                first, last = (middle, last) if _ahead(zone, middle) == before else (first, middle)
            yield last, now
            before = now


def _ahead(zone: ZoneInfo, at: int) -> int:
    ahead = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return 0 if ahead is None else int(ahead.total_seconds())


class ZoneOffsets:
    """The offsets of any zone by name, in our time; those of the utility's clocks without one."""

    def __init__(self, utility: str | None) -> None:
        self._utility = utility
        self._known: dict[str | None, Offsets] = {}

    def knows(self, name: str) -> bool:
        """Whether there is such a zone here."""
        try:
            self(name)
        except FaultsError:
            return False
        return True

    def __call__(self, name: str | None) -> Offsets:
        """Give the offsets of a zone. Raises `FaultsError` for one that is not known."""
        if name not in self._known:
            self._known[name] = utility_offsets(name or self._utility)
        return self._known[name]
