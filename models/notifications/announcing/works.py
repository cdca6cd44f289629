"""Works that were announced: of each at each device the latest report counts, whatever the order in which they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from models.contracts.inputs.planned_work import WorkKind, WorkStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

KEPT: Final = 8 * 86_400_000
"""So long a work that is over is remembered: longer than any interval between two messages."""
KINDS: Final[tuple[WorkKind, ...]] = get_args(WorkKind)
STATUSES: Final[tuple[WorkStatus, ...]] = get_args(WorkStatus)
_PLANNED, _CANCELLED = STATUSES.index("planned"), STATUSES.index("cancelled")
_SHUT_OFF: Final = KINDS.index("safety_shutoff")
Key = tuple[str, str]
"""Work and device."""


class Work(NamedTuple):
    """A work at one device, in JSON's types."""

    work_id: str
    device_id: str
    report: Sequence[int]
    """observed_at (ms), status, kind, planned_to, planned_from (ms): the largest counts."""
    runs: Sequence[Sequence[int]]
    """Usage points below the device: a stable number, and how many follow it without a gap, itself included."""

    @property
    def numbers(self) -> Iterator[int]:
        """The usage points."""
        return (number for first, count in self.runs for number in range(first, first + count))


class Plan(NamedTuple):
    """What a work means to an account: from the first to the last of its devices that matter to it."""

    work_id: str
    shut_off: bool
    live: bool
    """It is to come."""
    called_off: bool
    begins: int
    """Milliseconds since the epoch, as the others."""
    ends: int
    numbers: tuple[int, ...]
    """The account's usage points that are to lose power."""
    found_at: int
    """When that was planned."""
    look_again: int | None
    """When it will be another one by time alone: the next of its devices is over."""


class Works:
    """All works of a partition, by usage point."""

    def __init__(self, saved: Iterable[Sequence[Any]] = ()) -> None:
        self._works: dict[Key, Work] = {}
        self._of_point: dict[int, tuple[Key, ...]] = {}
        for said in saved:
            self.take(said)

    def save(self) -> list[Work]:
        """Give all of them."""
        return [self._works[key] for key in sorted(self._works)]

    def take(self, said: Sequence[Any]) -> set[int]:
        """Take a report; returns the usage points of which it is news."""
        work = Work(*said)
        key = work.work_id, work.device_id
        known = self._works.get(key)
        if known is not None and list(work.report) <= list(known.report):
            return set()
        before = set(known.numbers) if known is not None else set()
        now = set(work.numbers)
        self._works[key] = work
        for number in before - now:
            self._remove(number, key)
        alike: dict[tuple[Key, ...], tuple[Key, ...]] = {}  # one tuple for all points that have the same works
        for number in now - before:
            keys = self._of_point.get(number, ())
            self._of_point[number] = alike.setdefault(keys, tuple(sorted({*keys, key})))
        return before | now

    def plans(self, numbers: Sequence[int], now: int) -> list[Plan]:
        """Give what an account is to know of that is not over: those that begin first come first."""
        if not self._of_point:
            return []
        found: dict[str, dict[Key, list[int]]] = {}
        for number in numbers:
            for key in self._of_point.get(number, ()):
                if now >= self._works[key].report[3]:
                    continue  # it is over
                found.setdefault(key[0], {}).setdefault(key, []).append(number)
        plans = (self._plan(work_id, by_device, now) for work_id, by_device in found.items())
        return sorted(plans, key=lambda plan: (plan.begins, plan.work_id))

    def let_go(self, now: int) -> set[str]:
        """Forget works that have been over for long; returns their names."""
        old = [key for key, work in self._works.items() if max(work.report[0], work.report[3]) < now - KEPT]
        for key in old:
            for number in self._works.pop(key).numbers:
                self._remove(number, key)
        return {work_id for work_id, _ in old} - {work_id for work_id, _ in self._works}

    def _plan(self, work_id: str, by_device: dict[Key, list[int]], now: int) -> Plan:
        standing = {key for key in by_device if self._works[key].report[1] != _CANCELLED}
        reports = [self._works[key].report for key in standing or by_device]
        begins = min(report[4] for report in reports)
        return Plan(
            work_id,
            any(report[2] == _SHUT_OFF for report in reports),
            now < begins and all(report[1] == _PLANNED for report in reports),
            not standing,
            begins,
            max(report[3] for report in reports),
            tuple(sorted({number for key in standing or by_device for number in by_device[key]})),
            max(report[0] for report in reports),
            min(self._works[key].report[3] for key in by_device) if len(by_device) > 1 else None,
        )

    def _remove(self, number: int, key: Key) -> None:
        left = tuple(one for one in self._of_point[number] if one != key)
        if left:
            self._of_point[number] = left
        else:
            del self._of_point[number]


def runs_of(numbers: Iterable[int]) -> list[list[int]]:
    """Write stable numbers as runs, which they mostly are: points below a device stand next to each other."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][0] + runs[-1][1] == number:
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    return runs
