"""Planned works as they are known: of each work and device the latest report counts, whatever order they came in.

A work is in effect at a device from its window's beginning, or a little before it, up to its end. What has started goes
on until it is finished, but no longer than a day beyond the window; what is cancelled never was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from models.evidence.work_codes import WORK_STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.evidence.batch import WorkRow

    Saved = tuple[int, Sequence[tuple[int, tuple[str, int, list[int], int]]]]
    """What `save` gives, as it comes back from the state."""

HOUR: Final = 3_600_000
EARLY: Final = HOUR // 4
"""So long before its window (ms) a device may be switched off for a work."""
OVERRUN: Final = 24 * HOUR
"""So long beyond its window (ms) a work goes on that has started and that nobody has finished."""
NOT_YET: Final = 1 << 62
_STARTED, _FINISHED, _CANCELLED = (WORK_STATUSES.index(name) for name in ("started", "finished", "cancelled"))


class PlannedWork(NamedTuple):
    """What is known of a work at one device; times in milliseconds."""

    work_id: str
    device: int
    """Position."""
    latest: tuple[int, int, int, int, int]
    """observed_at, status, kind, planned_to, planned_from of the report that counts: the largest."""
    started_at: int
    """The earliest report of its start; `NOT_YET` without one."""

    @property
    def kind(self) -> int:
        """Place in `models.evidence.work_codes.WORK_KINDS`."""
        return self.latest[2]

    @property
    def window(self) -> tuple[int, int]:
        """From when to when it was announced."""
        return self.latest[4], self.latest[3]

    @property
    def until(self) -> int:
        """When it ends at the latest, as far as is known."""
        at, status, _, planned_to, _ = self.latest
        if status == _FINISHED:
            return at
        return planned_to + OVERRUN if status == _STARTED else planned_to

    @property
    def gone_at(self) -> int:
        """From when on nothing that is said of it matters."""
        return max(self.until, self.latest[0], self.latest[3])

    def covers(self, at: int) -> bool:
        """Whether it is in effect at a moment."""
        begins = min(self.latest[4] - EARLY, self.started_at)
        return self.latest[1] != _CANCELLED and begins <= at <= self.until


class PlannedWorks:
    """All works of some zones, by the class of their devices."""

    def __init__(self) -> None:
        self.by_class: dict[int, dict[tuple[str, int], PlannedWork]] = {}
        self.tidied_at = 0
        """The instant at which old ones were last looked for."""

    def join(self, key: int, device: int, row: WorkRow) -> bool:
        """Take in a report about a device (position) of a class; whether it says anything new."""
        works = self.by_class.setdefault(key, {})
        report = row.observed_at, row.status, row.kind, row.planned_to, row.planned_from
        started = row.observed_at if row.status == _STARTED else NOT_YET
        before = works.get((row.work_id, device))
        work = PlannedWork(row.work_id, device, report, started)
        if before is not None:
            work = PlannedWork(row.work_id, device, max(before.latest, report), min(before.started_at, started))
        works[row.work_id, device] = work
        return work != before

    def tidy(self, now: int, kept: int) -> None:
        """Once an hour forget what was over, and said, longer ago than is kept (ms)."""
        if now < self.tidied_at + HOUR:
            return
        self.tidied_at = now
        for key, works in list(self.by_class.items()):
            left = {name: work for name, work in works.items() if work.gone_at >= now - kept}
            self.by_class[key] = left
            if not left:
                del self.by_class[key]

    def save(self) -> tuple[int, list[tuple[int, PlannedWork]]]:
        """Give all works with their classes, in an order of their own."""
        return self.tidied_at, sorted((key, work) for key, works in self.by_class.items() for work in works.values())

    def restore(self, saved: Saved) -> None:
        """Know what `save` gave, and nothing else."""
        self.tidied_at, works = saved
        self.by_class = {}
        for key, (work_id, device, latest, started_at) in works:
            at, status, kind, planned_to, planned_from = latest
            work = PlannedWork(work_id, device, (at, status, kind, planned_to, planned_from), started_at)
            self.by_class.setdefault(key, {})[work_id, device] = work
