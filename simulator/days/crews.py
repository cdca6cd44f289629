"""What a day's crews report: where they are sent, the open device that they find, the damage; and what they do not say.

`device_id` is where the crew is sent or works, and says nothing of what is open. A crew that is sent to the wrong place
first finds nothing there and goes on. Mutual-aid crews often report nothing at all (T&D World).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import between, chance
from simulator.course import NONE
from simulator.telemetry.crews import CAUSE_CODES, CrewReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator

    from models.contracts.inputs.crew import CrewStatus
    from models.network.network import Network
    from simulator.course import Course, CrewStep
    from simulator.days.table import Day
    from simulator.options import StormOptions

_FOUND: Final = ("repairing", "completed")
_SEEN_ON_ARRIVAL: Final = 0.5
"""Share of jobs at which the crew sees the open device as it arrives, not only after it has searched."""
_MUTE_SHARE: Final = 0.5
"""Of the silent crews: those that say nothing at all; the others fall silent once they drive."""
_RADIO_SECONDS: Final = (1, 20)
_SYNCHRONISES_MINUTES: Final = (5, 15)
_EVENING_MINUTES: Final = 8.0
_EVENING_CAP_MINUTES: Final = 90.0
_AT_WRONG_PLACE: Final = (0.3, 0.6)
_LEAVES: Final = (0.65, 0.85)
"""When on its way to the right place a crew comes to the wrong one, and leaves it, as shares of the way."""


def crew_reports(network: Network, course: Course, options: StormOptions, day: Day, family: str) -> list[CrewReport]:
    """Return what the crews report, in the order in which it comes in."""
    lots = chance(options.seed, "crew reports of the day")
    steps = sorted(course.crew_steps, key=lambda step: (step.crew, step.at))
    found: list[CrewReport] = []
    for _, all_of_crew in groupby(steps, key=lambda step: step.crew):
        of_crew = list(all_of_crew)
        silent = lots.random() < day.silent_crews
        mute = silent and lots.random() < _MUTE_SHARE
        minutes = lots.uniform(*_SYNCHRONISES_MINUTES)
        for job in _jobs(of_crew):
            reports = list(_report_job(lots, network, course, job, wrong=lots.random() < day.wrong_device_first))
            said = [report for report in reports if not silent or report.status in ("assigned", "en_route")]
            found += [] if mute else [_received(lots, family, minutes, report) for report in said]
    return sorted(found, key=lambda report: (report.received_at, report.crew, report.observed_at))


def _jobs(steps: Sequence[CrewStep]) -> Iterator[list[CrewStep]]:
    """Split a crew's steps into jobs: each begins as it is assigned."""
    job: list[CrewStep] = []
    for step in steps:
        if step.status == "assigned" and job:
            yield job
            job = []
        job.append(step)
    yield job


def _report_job(
    lots: Generator, network: Network, course: Course, job: Sequence[CrewStep], *, wrong: bool
) -> Iterator[CrewReport]:
    """Report a job step by step, perhaps with another device first."""
    sees = lots.random() < _SEEN_ON_ARRIVAL
    right = _place(network, course, job[0].fault)
    elsewhere = _wrong_device(lots, network, right) if wrong else NONE
    arrival = next((step.at for step in job if step.status == "on_site"), None)
    for step in job:
        fault = course.faults[step.fault]
        place = _place(network, course, step.fault)
        misled = elsewhere != NONE and step.status in ("assigned", "en_route")
        opens = step.status in _FOUND or (step.status == "on_site" and sees)
        yield CrewReport(
            crew=step.crew,
            status=step.status,
            observed_at=step.at,
            received_at=step.at,
            device=elsewhere if misled else place,
            found_device=fault.found_device if step.status in _FOUND else NONE,
            open_device=fault.device if opens else NONE,
            kind=step.kind,
            cause_code=CAUSE_CODES.get(fault.cause, "other") if step.status in _FOUND else None,
        )
        if misled and step.status == "en_route" and arrival is not None:
            way = arrival - step.at
            there: tuple[tuple[CrewStatus, tuple[float, float], int], ...] = (
                ("on_site", _AT_WRONG_PLACE, elsewhere),
                ("en_route", _LEAVES, right),
            )
            for status, share, device in there:
                at = step.at + round(way * lots.uniform(*share))
                yield CrewReport(step.crew, status, at, at, device, NONE)


def _place(network: Network, course: Course, number: int) -> int:
    """Return where a crew works for a fault: at its device, or at the one that feeds its single service."""
    fault = course.faults[number]
    return int(network.point_device[fault.usage_point]) if fault.device == NONE else fault.device


def _wrong_device(lots: Generator, network: Network, right: int) -> int:
    """Draw where dispatchers send a crew in error: to a device above, below or beside the open one."""
    parent, end = int(network.parent[right]), int(network.device_end[right])
    choices = [parent] if parent != NONE else []
    if end > right + 1:
        choices.append(int(lots.integers(right + 1, end)))
    if parent != NONE:
        beside = np.flatnonzero(network.parent[parent : int(network.device_end[parent])] == parent) + parent
        beside = beside[beside != right]
        choices += [int(lots.choice(beside))] if len(beside) else []
    return int(lots.choice(choices)) if choices else NONE


def _received(lots: Generator, family: str, minutes: float, report: CrewReport) -> CrewReport:
    """Say when the work system has it: by radio, when the tablet synchronises, or when somebody types it in."""
    if family == "tablet":
        every = round(60_000 * minutes)
        received_at = report.observed_at + every - report.observed_at % every
    elif family == "evening":
        late = min(lots.exponential(_EVENING_MINUTES), _EVENING_CAP_MINUTES)
        received_at = report.observed_at + 5_000 + round(60_000 * late)
    else:
        received_at = report.observed_at + between(lots, *_RADIO_SECONDS)
    return replace(report, received_at=received_at)
