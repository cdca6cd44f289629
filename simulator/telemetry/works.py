"""Planned works as their planning would have announced them: before they begin, when they start, when they are done.

One in twenty is not announced at all. Some that were announced are called off, and power fails there all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.network.network import DEVICE_KINDS
from simulator.chance import between, chance
from simulator.course import NEVER, NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

    from models.contracts.inputs.planned_work import WorkKind, WorkStatus
    from models.network.network import Network
    from simulator.course import Course, Fault
    from simulator.options import StormOptions

_QUARTER_MS: Final = 900_000
_UNKNOWN_END_MS: Final = 4 * 3_600_000
_ANNOUNCED_SHARE: Final = 0.95
_CALLED_OFF_SHARE: Final = 0.05
"""Of faults, those at whose device a work was planned just then that was called off."""
_OVERRUN_SHARE: Final = 0.1
_AHEAD_SECONDS: Final = (3_600, 6 * 3_600)
_STARTED_SECONDS: Final = (0, 120)
_FINISHED_SECONDS: Final = (10, 300)
_REPORT_SECONDS: Final = (1, 30)


@dataclass(frozen=True, slots=True)
class WorkReport:
    """One report of a work's planning; times are milliseconds since the epoch."""

    fault: int
    """The fault in whose course the work opens its device, and by which it is numbered."""
    device: int
    kind: WorkKind
    status: WorkStatus
    planned_from: int
    planned_to: int
    observed_at: int
    received_at: int


def work_reports(network: Network, course: Course, options: StormOptions) -> list[WorkReport]:
    """Return what the planning reports, in the order in which it comes in."""
    lots = chance(options.seed, "planned works")
    reports: list[WorkReport] = []
    for number, fault in enumerate(course.faults):
        if fault.device == NONE:
            continue
        lot = lots.random()
        if fault.kind == "planned" and lot < _ANNOUNCED_SHARE:
            reports += _work(network, lots, options, number, fault)
        elif fault.kind == "fault" and lot < _CALLED_OFF_SHARE:
            reports += _called_off(network, lots, options, number, fault)
    return sorted(reports, key=lambda report: (report.received_at, report.fault))


def announced(reports: list[WorkReport]) -> list[int]:
    """Return the faults that are works which were announced and not called off."""
    return sorted({report.fault for report in reports} - {one.fault for one in reports if one.status == "cancelled"})


def work_id(fault: int) -> str:
    """Return the id of a work by the number of its fault."""
    return f"W{fault + 1:05d}"


def _work(network: Network, lots: Generator, options: StormOptions, number: int, fault: Fault) -> Iterator[WorkReport]:
    steps: list[tuple[WorkStatus, int]] = [("started", fault.opened_at - between(lots, *_STARTED_SECONDS))]
    if fault.closed_at < NEVER:
        steps.append(("finished", fault.closed_at + between(lots, *_FINISHED_SECONDS)))
    yield from _reports(network, lots, options, (number, fault), steps)


def _called_off(
    network: Network, lots: Generator, options: StormOptions, number: int, fault: Fault
) -> Iterator[WorkReport]:
    off_at = max(options.start_at, fault.opened_at - between(lots, *_AHEAD_SECONDS) // 2)
    yield from _reports(network, lots, options, (number, fault), [("cancelled", off_at)])


def _reports(
    network: Network,
    lots: Generator,
    options: StormOptions,
    of: tuple[int, Fault],
    steps: list[tuple[WorkStatus, int]],
) -> Iterator[WorkReport]:
    number, fault = of
    ends = fault.closed_at if fault.closed_at < NEVER else fault.opened_at + _UNKNOWN_END_MS
    planned_from = fault.opened_at // _QUARTER_MS * _QUARTER_MS
    planned_to = max(planned_from + _QUARTER_MS, -(-ends // _QUARTER_MS) * _QUARTER_MS)
    if lots.random() < _OVERRUN_SHARE:
        planned_to = planned_from + max(_QUARTER_MS, (planned_to - planned_from) // 2)
    planned_at = max(options.start_at - between(lots, 60, 600), planned_from - between(lots, *_AHEAD_SECONDS))
    planned_at = min(planned_at, steps[0][1] - 1000 * _REPORT_SECONDS[1])  # what is called off was announced before
    for status, at in [("planned", planned_at), *steps]:
        received_at = at + between(lots, *_REPORT_SECONDS)
        kind = _kind(network, fault)
        yield WorkReport(number, fault.device, kind, status, planned_from, planned_to, at, received_at)


def _kind(network: Network, fault: Fault) -> WorkKind:
    if fault.cause == "public safety shut-off":
        return "safety_shutoff"
    return "switching" if DEVICE_KINDS[network.device_kind[fault.device]] == "switch" else "maintenance"
