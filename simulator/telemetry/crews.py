"""What the crews say on their way: assigned, en route, on site, repairing, completed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.chance import between, chance
from simulator.course import NEVER, NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.course import Course, Fault, Work
    from simulator.options import StormOptions

_REPORT_SECONDS = (1, 20)


@dataclass(frozen=True, slots=True)
class CrewReport:
    """One step of a crew's work; devices are `NONE` as long as it does not know them."""

    crew: int
    status: str
    observed_at: int
    received_at: int
    device: int
    """The open device that it works at, from `on_site` on."""
    found_device: int
    """The damaged device, from `repairing` on."""


def crew_reports(course: Course, options: StormOptions) -> list[CrewReport]:
    """Return what the crews report, in the order in which it comes in."""
    lots = chance(options.seed, "crew reports")
    reports = [
        CrewReport(work.crew, status, at, at + between(lots, *_REPORT_SECONDS), device, found)
        for work in course.works
        for status, at, device, found in _steps(work, course.faults[work.fault])
    ]
    return sorted(reports, key=lambda report: report.received_at)


def _steps(work: Work, fault: Fault) -> Iterator[tuple[str, int, int, int]]:
    steps = (
        ("assigned", work.assigned_at, NONE, NONE),
        ("en_route", work.en_route_at, NONE, NONE),
        ("on_site", work.on_site_at, fault.device, NONE),
        ("repairing", work.repairing_at, fault.device, fault.found_device),
        ("completed", work.completed_at, fault.device, fault.found_device),
    )
    return (step for step in steps if step[1] < NEVER)
