"""Where crews are, as their latest reports have it: at an outage that they name, or at a device; and the cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Saved = tuple[Iterable[Sequence[object]], Iterable[tuple[str, Sequence[object]]], Iterable[tuple[str, int]]]
    """What `save` gives, as it comes back from the state."""

BEFORE: Final = 12 * 3_600_000
"""A crew at a device stands in an outage there if it was sent there at most so long (ms) before that began."""
NO_CLASS: Final = -1 << 62
GONE: Final = frozenset({"available"})
"""Statuses of a crew that is nowhere."""


class CrewAt(NamedTuple):
    """A crew that has to do with an outage; times in milliseconds."""

    crew_id: str
    kind: str | None
    status: str
    at: int
    """Since when it has this status."""
    eta: int | None
    """When it expects to be on site."""
    etr: int | None
    """When it expects power to be back, by its latest word on that."""
    outage_id: str
    """The outage that it names; empty if it names a device."""
    key: int
    """Else the class of that device; `NO_CLASS`."""


class CrewCause(NamedTuple):
    """Why power is off, as a crew has it."""

    at: int
    crew_id: str
    code: str | None
    utility_cause: str | None


class Crews:
    """The crews that are anywhere, and by outage the latest cause that one reported."""

    def __init__(self) -> None:
        self.by_crew: dict[str, CrewAt] = {}
        self._by_place: dict[str | int, dict[str, CrewAt]] = {}
        self.moved: list[CrewAt] = []
        """Where crews are, or were, of which anything was said at this instant."""
        self.causes: dict[str, CrewCause] = {}
        self.operator_at: dict[str, int] = {}
        """By crew, when an operator sent it somewhere or away: older reports of its place no longer count."""

    def __bool__(self) -> bool:
        return bool(self.by_crew or self.causes)

    def put(self, crew: CrewAt) -> None:
        """A crew is somewhere, and nowhere else."""
        self.release(crew.crew_id)
        self.moved.append(crew)
        self.by_crew[crew.crew_id] = crew
        self._by_place.setdefault(_place(crew), {})[crew.crew_id] = crew

    def release(self, crew_id: str) -> CrewAt | None:
        """A crew is nowhere; returns where it was."""
        crew = self.by_crew.pop(crew_id, None)
        if crew is not None:
            self.moved.append(crew)
            here = self._by_place[_place(crew)]
            del here[crew_id]
            if not here:
                del self._by_place[_place(crew)]
        return crew

    def at(self, outage_id: str, key: int, started_at: int) -> list[CrewAt]:
        """The crews of an outage at a class of devices, by their ids.

        Who has completed at the device before the outage began has to do with another one.
        """
        there = [
            crew
            for crew in self._by_place.get(key, {}).values()
            if crew.at >= (started_at if crew.status == "completed" else started_at - BEFORE)
        ]
        return sorted([*self._by_place.get(outage_id, {}).values(), *there], key=lambda crew: crew.crew_id)

    def report_cause(self, outage_id: str, cause: CrewCause) -> None:
        """A crew says why; the latest word counts."""
        known = self.causes.get(outage_id)
        if known is None or _rank(known) < _rank(cause):
            self.causes[outage_id] = cause

    def forget(self, outage_id: str) -> None:
        """An outage is over: who named it is nowhere."""
        for crew_id in list(self._by_place.get(outage_id, {})):
            self.release(crew_id)
        self.causes.pop(outage_id, None)

    def move(self, outage_id: str, heir_id: str) -> bool:
        """An outage is part of another one: so are its crews and its cause. Whether there are any."""
        crews = list(self._by_place.get(outage_id, {}).values())
        for crew in crews:
            self.put(crew._replace(outage_id=heir_id))
        cause = self.causes.pop(outage_id, None)
        if cause is not None:
            self.report_cause(heir_id, cause)
        return bool(crews or cause)

    def save(self) -> tuple[list[CrewAt], list[tuple[str, CrewCause]], list[tuple[str, int]]]:
        """Give all that is known, in an order of its own."""
        crews = sorted(self.by_crew.values(), key=lambda crew: crew.crew_id)
        return crews, sorted(self.causes.items()), sorted(self.operator_at.items())

    def restore(self, saved: Saved) -> None:
        """Know what `save` gave, and nothing else."""
        crews, causes, operator_at = saved
        self.operator_at = dict(operator_at)
        self.by_crew, self._by_place = {}, {}
        for crew in crews:
            self.put(CrewAt(*crew))  # type: ignore[arg-type]
        self.causes = {outage_id: CrewCause(*cause) for outage_id, cause in causes}  # type: ignore[arg-type]
        self.moved.clear()


def _place(crew: CrewAt) -> str | int:
    return crew.outage_id or crew.key


def _rank(cause: CrewCause) -> tuple[int, str, str, str]:
    return cause.at, cause.crew_id, cause.code or "", cause.utility_cause or ""
