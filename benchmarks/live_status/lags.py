"""How late each channel says what the life cycle has said, by when both came to who reads them."""

from __future__ import annotations

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
        yield "notification by a timer, behind its instant", self._timers(channels.notifications)
        yield "alert of a revision", list(self._behind(channels.alerts))
        yield "alert by a timer, behind its instant", self._timers(channels.alerts)

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

    def _timers(self, some: list[Seen]) -> list[float]:
        """Of what no revision of its instant is about: behind that instant, as the life cycle is itself."""
        return self._behind_instant([one for one in some if self._base(one) is None])

    @staticmethod
    def _behind_instant(some: list[Seen]) -> list[float]:
        return [(one.at - parse_time(one.record["updated_at"])) / 1000 for one in some]


def told(seconds: list[float]) -> str:
    """Say how many, and the percentiles."""
    if not seconds:
        return "0 | | | "
    middle, tail = np.percentile(seconds, (50, 99))
    return f"{len(seconds):,} | {middle:.2f} | {tail:.2f} | {max(seconds):.2f}"
