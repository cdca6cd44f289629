"""The queue between a source and Kafka: bounded, and never silent about what it could not hold.

When it is full the last report of each point waits beside it, in place of those before. Once there is room a declared
gap goes out for each device that has lost something, then the last reports: states are right, and the loss is known.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Condition
from typing import TYPE_CHECKING, Final

from models.telemetry.reports import Report, report_gap

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY: Final = "the connector's queue was full"


@dataclass(slots=True)
class _Overflow:
    """What of one point has found no room."""

    source: str
    last: Report
    begin: int
    """Arrival of the first that found none, milliseconds."""
    end: int
    lost: int = 0
    """Reports that a later one has displaced."""


class ReportQueue:
    """Reports from one thread to another, in order."""

    def __init__(self, size: int) -> None:
        """Hold so many reports, and the last one of each point beside them."""
        self._size = size
        self._reports: deque[Report] = deque()
        self._overflow: dict[str, _Overflow] = {}
        self._changed = Condition()
        self.put_count = 0
        """Reports that came in."""
        self.taken_count = 0
        """Of these, those that went out or were lost."""
        self.lost = 0
        """Reports that were displaced: each device of theirs has a declared gap."""
        self.gaps = 0

    def __len__(self) -> int:
        return len(self._reports) + len(self._overflow)

    def put(self, source: str, point: str, report: Report, at: int) -> None:
        """Take over a report of a point, which arrived at `at`, milliseconds. It never waits."""
        with self._changed:
            self.put_count += 1
            if self._overflow or len(self._reports) >= self._size:
                self._displace(source, point, report, at)
            else:
                self._reports.append(report)
            self._changed.notify()

    def take(self, most: int, seconds: float) -> list[Report]:
        """Give the next reports, at most about so many; none after so many seconds."""
        with self._changed:
            if not self._reports and not self._overflow:
                self._changed.wait(seconds)
            taken = [self._reports.popleft() for _ in range(min(most, len(self._reports)))]
            self.taken_count += len(taken)
            if not self._reports and self._overflow:
                taken += self._take_overflow()
            return taken

    def _displace(self, source: str, point: str, report: Report, at: int) -> None:
        before = self._overflow.pop(point, None)
        if before is None:
            self._overflow[point] = _Overflow(source, report, at, at)
            return
        before.last, before.end = report, at
        before.lost += 1
        self.lost += 1
        self.taken_count += 1
        self._overflow[point] = before  # in the order of what came last

    def _take_overflow(self) -> Iterator[Report]:
        waiting, self._overflow = list(self._overflow.values()), {}
        self.taken_count += len(waiting)
        spans: dict[tuple[str, str], tuple[int, int]] = {}
        for one in waiting:
            if one.lost:
                place = one.source, one.last.device_id
                begin, end = spans.get(place, (one.begin, one.end))
                spans[place] = min(begin, one.begin), max(end, one.end)
        self.gaps += len(spans)
        gaps = [report_gap(*place, *span, WHY) for place, span in spans.items()]
        return iter([*gaps, *(one.last for one in waiting)])
