"""How late each channel says what the life cycle has said, by when both came to who reads them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.live_status.channels import Course
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.live_status.channels import Channels, Seen

COLUMNS: Final = ("n", "p50", "p99", "most")


class Lags:
    """Of a storm."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._outages = Course(channels.revisions, "outage_id")
        self._passed = _passed(channels.clock)

    def rows(self) -> Iterator[tuple[str, list[float]]]:
        """Give seconds by channel."""
        channels = self._channels
        yield "life cycle, behind its instant", self._behind_instant(channels.revisions)
        yield "state", list(self._behind(channels.states))
        probes = channels.probes
        yield (
            "status API",
            [
                (one.told_at - base.at) / 1000
                for one in probes
                if one.told_at is not None and (base := self._outages.of(one.outage_id, one.updated_at)) is not None
            ],
        )
        of_revision = [one for one in channels.notifications if self._base(one) is not None]
        yield "notification of a revision", list(self._behind(of_revision))
        yield "notification by a timer, behind the clock", list(self._timers(channels.notifications))
        yield "alert of a revision", list(self._behind(channels.alerts))
        yield "alert by a timer, behind the clock", list(self._timers(channels.alerts))

    def unanswered(self) -> int:
        """Count what the API did not say in time."""
        return sum(one.told_at is None for one in self._channels.probes)

    def _base(self, one: Seen) -> Seen | None:
        """The revision of the record's instant that it is about."""
        record = one.record
        outage = record.get("outage_id") or (record["area_id"].rpartition("/")[2] if "area_id" in record else "")
        return self._outages.of(outage, record["updated_at"])

    def _behind(self, some: list[Seen]) -> Iterator[float]:
        for one in some:
            if (base := self._base(one)) is not None:
                yield (one.at - base.at) / 1000

    def _timers(self, some: list[Seen]) -> Iterator[float]:
        """Of what no revision of its instant is about: behind the clock of the last partition to come so far."""
        for one in some:
            if self._base(one) is None and (passed := self._passed_at(one.record["updated_at"])) is not None:
                yield (one.at - passed) / 1000

    def _passed_at(self, instant: str) -> int | None:
        found = [(times, at, bisect_left(times, instant)) for times, at in self._passed.values()]
        return max((at[place] for times, at, place in found if place < len(times)), default=None)

    @staticmethod
    def _behind_instant(some: list[Seen]) -> list[float]:
        return [(one.at - parse_time(one.record["updated_at"])) / 1000 for one in some]


def _passed(clock: list[Seen]) -> dict[int, tuple[list[str], list[int]]]:
    """Give instants and when they were seen, by partition."""
    passed: dict[int, tuple[list[str], list[int]]] = {}
    for at, record in clock:
        times, seen = passed.setdefault(record["evidence_partition"], ([], []))
        times.append(record["updated_at"])
        seen.append(at)
    return passed


def told(seconds: list[float]) -> str:
    """Say how many, and the percentiles."""
    if not seconds:
        return "0 | | | "
    middle, tail = np.percentile(seconds, (50, 99))
    return f"{len(seconds):,} | {middle:.2f} | {tail:.2f} | {max(seconds):.2f}"
