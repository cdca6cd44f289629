"""How an account stands: its usage points by what is said of them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.timeline.rows import SaidRows

ON: Final = frozenset({"restored", "probably_restored_please_confirm"})
MISTAKEN: Final = frozenset({"never_out", "cancelled"})
"""Codes of who was said to be out, and was not."""
OUT: Final = frozenset({"planned", "estimate", "crew_assigned", "assessing", "still_out"})
"""Codes of who is out for longer than a moment."""
_TOLD: Final = ON | MISTAKEN | OUT


class View(NamedTuple):
    """Usage points of one account of which the same is said."""

    code: str
    """`still_out` only as long as it says so; nothing is to be told of codes that are in none of the sets above."""
    parameters: Mapping[str, str | None]
    """Without `since`."""
    outage_id: str
    revision: int
    since: int | None
    """Out or on since, the first of them (ms)."""
    shut_off: bool
    """Power is off to prevent harm."""
    points: Sequence[tuple[int, int, int]]
    """Stable number, since when (ms, negative unknown), and when that was found (ms)."""

    @property
    def plain_code(self) -> str:
        """What all others are told that are out by the outage."""
        return str(self.parameters["otherwise"]) if self.code == "still_out" else self.code

    @property
    def promised(self) -> int | None:
        """By when power is to be back (ms)."""
        time = self.parameters.get("etr_public")
        return None if time is None else parse_time(time)


class Standing:
    """How some usage points stand that have ever been out, by number."""

    def __init__(self, rows: SaidRows) -> None:
        since, as_of = rows.times["since"].tolist(), rows.times["as_of"].tolist()
        groups, numbers = rows.groups.tolist(), rows.numbers.tolist()
        self._shared = [_Alike.of(said) for said in rows.shared]
        self._by_number = dict(zip(numbers, zip(groups, since, as_of, strict=True), strict=True))

    def views(self, numbers: Sequence[int]) -> list[View]:
        """Give how an account's points stand, those that are out longest first; who was never out is left out."""
        alike: dict[int, list[tuple[int, int, int]]] = {}
        for number in numbers:
            if (found := self._by_number.get(number)) is not None:
                alike.setdefault(found[0], []).append((number, found[1], found[2]))
        views = [_view(said, some) for group, some in alike.items() if (said := self._shared[group]).code in _TOLD]
        views.sort(key=lambda view: (view.since or 0, view.outage_id, view.code))
        return views


class _Alike(NamedTuple):
    """What a view has of what is said of all that stand alike."""

    code: str
    parameters: Mapping[str, str | None]
    outage_id: str
    revision: int
    shut_off: bool

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> _Alike:
        """Take it; nothing of those of whom nothing is said any more."""
        if "message_code" not in said:
            return cls("", {}, "", 0, shut_off=False)
        planned = said["planned"]
        return cls(
            said["message_code"] or "",
            {name: value for name, value in said["message_parameters"].items() if name != "since"},
            said["outage_id"],
            said["revision"],
            planned is not None and planned["kind"] == "safety_shutoff",
        )


def _view(said: _Alike, points: Sequence[tuple[int, int, int]]) -> View:
    code, parameters, outage_id, revision, shut_off = said
    known = [since for _, since, _ in points if since >= 0]
    return View(code, parameters, outage_id, revision, min(known, default=None), shut_off, points)
