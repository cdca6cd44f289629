"""The crews' work: who is sent to which fault, when they arrive, find the damage and are done."""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from simulator.chance import between
from simulator.course import NEVER, Work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.random import Generator

    from simulator.course import Course, Fault


def send_crews(course: Course, lots: Generator, work_begins: dict[int, int]) -> None:
    """Send a crew to each sustained fault; `work_begins` says where work could not begin with the opening.

    The closing times stand already; the crews are as many as it takes, and one that is done is the next to be sent.
    """
    orders = sorted(
        (work_begins.get(number, fault.opened_at), number)
        for number, fault in enumerate(course.faults)
        if fault.kind != "isolation" and not fault.momentary and fault.closed_at < NEVER
    )
    for work in _with_crews(_work(lots, course.faults[number], number, begin) for begin, number in orders):
        course.works.append(work)


def _work(lots: Generator, fault: Fault, number: int, begin: int) -> Work:
    """Lay the steps of a repair between its begin and the closing; planned work has its crew there from the opening."""
    span = fault.closed_at - begin
    if fault.kind == "planned":
        on_site_at = fault.opened_at + between(lots, 10, 60)
        assigned_at, en_route_at = on_site_at - between(lots, 2400, 3600), on_site_at - between(lots, 1200, 2100)
    else:
        assigned_at = begin + round(span * lots.uniform(0.05, 0.15))
        en_route_at = assigned_at + round(span * lots.uniform(0.02, 0.05))
        on_site_at = en_route_at + round(span * lots.uniform(0.15, 0.3))
    repairing_at = on_site_at + round((fault.closed_at - on_site_at) * lots.uniform(0.1, 0.4))
    return Work(0, number, assigned_at, en_route_at, on_site_at, repairing_at, fault.closed_at + between(lots, 10, 120))


def _with_crews(works: Iterable[Work]) -> list[Work]:
    """Give each work the crew that has been free the longest, or a new one."""
    free: list[tuple[int, int]] = []
    crews = 0
    manned = []
    for work in sorted(works, key=lambda work: (work.assigned_at, work.fault)):
        if free and free[0][0] <= work.assigned_at:
            crew = heappop(free)[1]
        else:
            crews += 1
            crew = crews
        heappush(free, (work.completed_at, crew))
        manned.append(replace(work, crew=crew))
    return manned
