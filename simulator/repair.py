"""The crews' work where the closing times stand already: who is sent to which fault, when they arrive and are done."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from simulator.chance import between
from simulator.course import NEVER, CrewStep

if TYPE_CHECKING:
    from numpy.random import Generator

    from models.contracts.inputs.crew import CrewStatus
    from simulator.course import Course, Fault

STATUSES: Final[tuple[CrewStatus, ...]] = ("assigned", "en_route", "on_site", "repairing", "completed")
_SHARES: Final = ((0.05, 0.15), (0.02, 0.05), (0.15, 0.3), (0.05, 0.2))
"""Of the time from a fault to its closing: how long each step before the completion takes."""


def send_crews(course: Course, lots: Generator, work_begins: dict[int, int]) -> None:
    """Send a crew to each sustained fault; `work_begins` says where work could not begin with the opening.

    The crews are as many as it takes: whoever has been free the longest is sent, or else a new one.
    """
    ways = sorted(
        (_way(lots, fault, work_begins.get(number, fault.opened_at)), number)
        for number, fault in enumerate(course.faults)
        if fault.kind != "isolation" and not fault.momentary and fault.closed_at < NEVER
    )
    free: list[tuple[int, int]] = []
    crews = 0
    for way, number in ways:
        if free and free[0][0] <= way[0]:
            crew = heappop(free)[1]
        else:
            crew = crews = crews + 1
        heappush(free, (way[-1], crew))
        course.crew_steps += [CrewStep(crew, number, *step) for step in zip(STATUSES, way, strict=True)]


def _way(lots: Generator, fault: Fault, begin: int) -> list[int]:
    """Return when a crew takes up each status; planned work has its crew there when it begins."""
    span = fault.closed_at - begin
    way = [begin + round(span * lots.uniform(*_SHARES[0]))]
    for shares in _SHARES[1:]:
        way.append(way[-1] + round(span * lots.uniform(*shares)))
    if fault.kind == "planned":
        shift = way[2] - begin - between(lots, 10, 60)
        way = [at - shift for at in way]
    return [*way, fault.closed_at + between(lots, 10, 120)]
