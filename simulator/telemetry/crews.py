"""What the crews say on their way: assigned, en route, on site, repairing, completed."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from simulator.chance import between, chance
from simulator.course import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.contracts.inputs.cause import CauseCode
    from models.contracts.inputs.crew import CrewKind, CrewStatus
    from simulator.course import Course
    from simulator.options import StormOptions

_REPORT_SECONDS: Final = (1, 20)
_AT_THE_DEVICE: Final = ("on_site", "repairing", "completed")
_DAMAGE_KNOWN: Final = ("repairing", "completed")
CAUSE_CODES: Final[Mapping[str, CauseCode]] = MappingProxyType(
    {
        "tree": "vegetation",
        "wind": "weather",
        "storm": "weather",
        "lightning": "lightning",
        "equipment": "equipment",
        "animal": "wildlife",
        "vehicle": "public",
        "planned work": "planned",
        "public safety shut-off": "planned",
        "unknown": "unknown",
    }
)
"""What a crew reports of the causes of faults."""


@dataclass(frozen=True, slots=True)
class CrewReport:
    """One step of a crew's work; devices are `NONE` as long as they are not known."""

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
    kind: CrewKind = "line"
    cause_code: CauseCode | None = None
    """Why, from `repairing` on."""


def crew_reports(course: Course, options: StormOptions) -> list[CrewReport]:
    """Return what the crews report, in the order in which it comes in."""
    lots = chance(options.seed, "crew reports")
    faults = course.faults
    reports = [
        CrewReport(
            crew=step.crew,
            status=step.status,
            observed_at=step.at,
            received_at=step.at + between(lots, *_REPORT_SECONDS),
            device=faults[step.fault].device if step.place_known or step.status in _AT_THE_DEVICE else NONE,
            open_device=faults[step.fault].device if step.status in _AT_THE_DEVICE else NONE,
            found_device=faults[step.fault].found_device if step.status in _DAMAGE_KNOWN else NONE,
            kind=step.kind,
            cause_code=CAUSE_CODES.get(faults[step.fault].cause, "other") if step.status in _DAMAGE_KNOWN else None,
        )
        for step in course.crew_steps
    ]
    return sorted(reports, key=lambda report: report.received_at)
