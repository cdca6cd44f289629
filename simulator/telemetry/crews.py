"""What the crews say on their way: assigned, en route, on site, repairing, completed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.chance import between, chance
from simulator.course import NONE

if TYPE_CHECKING:
    from models.contracts.inputs.crew import CrewStatus
    from simulator.course import Course
    from simulator.options import StormOptions

_REPORT_SECONDS: Final = (1, 20)
_AT_THE_DEVICE: Final = ("on_site", "repairing", "completed")
_DAMAGE_KNOWN: Final = ("repairing", "completed")


@dataclass(frozen=True, slots=True)
class CrewReport:
    """One step of a crew's work; devices are `NONE` as long as it does not know them."""

    crew: int
    status: CrewStatus
    observed_at: int
    received_at: int
    device: int
    """Where it is sent or works."""
    found_device: int
    """The damaged device, from `repairing` on."""
    open_device: int = NONE
    """The open device that it found."""


def crew_reports(course: Course, options: StormOptions) -> list[CrewReport]:
    """Return what the crews report, in the order in which it comes in."""
    lots = chance(options.seed, "crew reports")
    reports = [
        CrewReport(
            crew=step.crew,
            status=step.status,
            observed_at=step.at,
            received_at=step.at + between(lots, *_REPORT_SECONDS),
            device=course.faults[step.fault].device if step.status in _AT_THE_DEVICE else NONE,
            open_device=course.faults[step.fault].device if step.status in _AT_THE_DEVICE else NONE,
            found_device=course.faults[step.fault].found_device if step.status in _DAMAGE_KNOWN else NONE,
        )
        for step in course.crew_steps
    ]
    return sorted(reports, key=lambda report: report.received_at)
