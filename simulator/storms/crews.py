"""The crews of a storm: a pool that works off what is out, the most customers first, and reports what it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import ceil
from typing import TYPE_CHECKING, Final

from simulator.chance import between, chance
from simulator.course import NONE, Course, CrewStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.contracts.inputs.crew import CrewStatus
    from simulator.options import StormOptions
    from simulator.storms.troubles import Trouble

_EN_ROUTE_SECONDS: Final = (60, 300)
_TRAVEL_SECONDS: Final = (480, 2100)
_ASSESS_SECONDS: Final = (240, 900)
_COMPLETED_SECONDS: Final = (10, 120)
_WORK_MS: Final = 5 * 3_600_000
"""So many crews are called in that the work would take each of them about so long."""
_WAY_MS: Final = 35 * 60_000
"""What a job takes besides the repair."""
_LEAST_CREWS: Final = 2


@dataclass(slots=True)
class Job:
    """What a crew has to do: repair the damage below an open device or at a service, and close it."""

    fault: int
    """The fault to close; that of the isolating device once the upper one is closed in."""
    damage: list[Trouble]
    customers: int
    crew: int = NONE
    cut: int = NONE
    """The isolating device's fault as long as the upper one is open too."""
    fed: list[int] = field(default_factory=list)
    """The faults of devices that stand open because a tie feeds what is below them."""


class Crews:
    """Jobs that wait, and crews that are free."""

    def __init__(self, options: StormOptions, troubles: Sequence[Trouble], course: Course) -> None:
        self._lots = chance(options.seed, "crews")
        self._course = course
        work = sum(trouble.repair_ms + _WAY_MS for trouble in troubles if not trouble.planned)
        self._pool = options.crew_count or max(_LEAST_CREWS, ceil(work / _WORK_MS))
        self._free = list(range(1, self._pool + 1))
        self._waiting: list[tuple[int, int, Job]] = []
        self._planned = 0

    def add(self, job: Job) -> None:
        """Put a job into the queue."""
        heappush(self._waiting, (-job.customers, job.fault, job))

    def next_job(self) -> Job | None:
        """Give the most urgent job to a free crew; None if there is no job or no crew."""
        if not self._free or not self._waiting:
            return None
        job = heappop(self._waiting)[2]
        job.crew = heappop(self._free)
        return job

    def travel(self, job: Job, at: int) -> int:
        """Send a job's crew on its way; returns when it has found the damage."""
        self._step(job, "assigned", at)
        at += between(self._lots, *_EN_ROUTE_SECONDS)
        self._step(job, "en_route", at)
        at += between(self._lots, *_TRAVEL_SECONDS)
        self._step(job, "on_site", at)
        at += between(self._lots, *_ASSESS_SECONDS)
        self._step(job, "repairing", at)
        return at

    def work_planned(self, job: Job, at: int) -> None:
        """Have a crew of its own at planned work as it begins."""
        self._planned += 1
        job.crew = self._pool + self._planned
        self._step(job, "assigned", at - 2 * between(self._lots, *_TRAVEL_SECONDS))
        self._step(job, "en_route", at - between(self._lots, *_TRAVEL_SECONDS))
        self._step(job, "on_site", at + between(self._lots, 10, 60))
        self._step(job, "repairing", at + between(self._lots, *_ASSESS_SECONDS))

    def move(self, job: Job, at: int) -> None:
        """Say that the work goes on behind the isolating device."""
        self._step(job, "repairing", at + between(self._lots, *_COMPLETED_SECONDS))

    def complete(self, job: Job, at: int) -> int:
        """Say that the work is done; returns when the crew is free."""
        at += between(self._lots, *_COMPLETED_SECONDS)
        self._step(job, "completed", at)
        return at

    def release(self, job: Job) -> None:
        """Take a crew back; one that came for planned work goes home."""
        if job.crew <= self._pool:
            heappush(self._free, job.crew)

    def _step(self, job: Job, status: CrewStatus, at: int) -> None:
        self._course.crew_steps.append(CrewStep(job.crew, job.fault, status, at))
