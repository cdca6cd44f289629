"""Whether the engines' clocks move while evidence comes: a clock that stands is a picture that stands still."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from models.evidence.batch import END_OF_LOG
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping

STANDS_SECONDS: Final = 30.0
"""Of the wall clock. An origin that stands still is left out after ten; where files are played none is."""


@dataclass(slots=True)
class ClockWatch:
    """By evidence partition, where the clock is, and since when rows wait for it (monotonic seconds)."""

    _at: dict[int, int] = field(default_factory=dict)
    _waiting_since: dict[int, float] = field(default_factory=dict)
    _unread_since: dict[int, float] = field(default_factory=dict)
    """Partitions that are not read on. What was read of them before may still move their clocks."""

    def take(self, partition: int, clock: int, rows: int, now: float) -> None:
        """Note where a partition's clock (ms) is after some rows."""
        if clock != self._at.get(partition):
            self._at[partition] = clock
            self._waiting_since.pop(partition, None)
        elif rows:
            self._waiting_since.setdefault(partition, now)

    def stands(self, partition: int, now: float) -> None:
        """Note that a partition is not read on: evidence is missing there, and what comes waits for it."""
        self._unread_since[partition] = now

    def goes_on(self, partition: int) -> None:
        """Note that a partition is read on."""
        self._unread_since.pop(partition, None)

    def standing(self, now: float) -> float:
        """Give the longest time, in seconds, for which a clock has stood although rows wait for it; 0 for none."""
        return max(
            (now - since for since in (*self._waiting_since.values(), *self._unread_since.values())), default=0.0
        )

    def hindrance(self, partition: int, marks: Mapping[str, int], now: float) -> str | None:
        """Say that a partition's clock stands, and which origin holds it; None if it moves."""
        since = self._waiting_since.get(partition, now)
        if now - since < STANDS_SECONDS:
            return None
        origin, mark = min(marks.items(), key=lambda item: item[1])
        until = "its end" if mark == END_OF_LOG else format_time(mark)
        return (
            f"evidence comes, but the clock of evidence partition {partition} has stood for "
            f"{now - since:.0f} s: {origin} has been read to {until}; see whether ingest reads it "
            "and whether its topic gets records or marks"
        )
