"""What operators said of outages, which goes before all that others say, and which commands have been answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

HOUR: Final = 3_600_000
CONFIRMED_OPEN: Final = 3
"""Beside `OPERATOR_OPEN` and `OPERATOR_CLOSED`: a device was open, and may have closed again since."""
MOST_COMMANDS: Final = 20
"""An outage's record names so many commands, the latest."""


@dataclass(slots=True)
class OperatorFacts:
    """What operators said of one outage; times in milliseconds."""

    acknowledged_at: int | None = None
    cause: tuple[str, str | None] | None = None
    """Its category of IEEE 1782, and the utility's own code."""
    publication_held: bool = False
    start_is_set: bool = False
    """Nobody else moves the start of the outage."""
    said_out_at: int | None = None
    """Up to when a single service has been without power by their word."""
    whole_until: int | None = None
    """What opened below its device up to then is a part of it: another outage was merged into it."""
    commands: list[tuple[str, str, int]] = field(default_factory=list)
    """The latest that were carried out: id, kind, when they were given."""

    def note(self, command_id: str, kind: str, at: int) -> None:
        """A command was carried out."""
        self.commands = [*self.commands, (command_id, kind, at)][-MOST_COMMANDS:]

    def cause_view(self) -> dict[str, Any] | None:
        """Give the cause as records have it."""
        if self.cause is None:
            return None
        return {"code": self.cause[0], "utility_cause": self.cause[1], "source": "operator"}

    def view(self, disputed_by: list[str]) -> dict[str, Any]:
        """Give what an outage's record says of it, and who speaks against it."""
        return {
            "publication_held": self.publication_held,
            "disputed_by": disputed_by,
            "acknowledged_at": None if self.acknowledged_at is None else format_time(self.acknowledged_at),
            "commands": [
                {"command_id": command_id, "kind": kind, "at": format_time(at)}
                for command_id, kind, at in self.commands
            ],
        }


class Answered:
    """The commands that have been answered lately, by zone: none is carried out or answered twice."""

    def __init__(self) -> None:
        self._at: dict[str, dict[str, int]] = {}
        self._tidied_at = 0

    def take(self, zone_id: str, command_id: str, now: int, kept: int) -> bool:
        """Remember a command from now on; False if it was answered no longer ago than is kept (ms)."""
        self._tidy(now, kept)
        here = self._at.setdefault(zone_id, {})
        if here.get(command_id, now - kept) > now - kept:
            return False
        here[command_id] = now
        return True

    def forget(self, zone_id: str, command_id: str) -> None:
        """A command is to be carried out later: it failed with its zone."""
        self._at.get(zone_id, {}).pop(command_id, None)

    def _tidy(self, now: int, kept: int) -> None:
        """Once an hour forget what is no longer kept."""
        if now < self._tidied_at + HOUR:
            return
        self._tidied_at = now
        for zone_id, here in list(self._at.items()):
            self._at[zone_id] = {command_id: at for command_id, at in here.items() if at > now - kept}
            if not self._at[zone_id]:
                del self._at[zone_id]

    def save(self) -> tuple[int, list[tuple[str, list[tuple[str, int]]]]]:
        """Give all that is remembered, in an order of its own."""
        return self._tidied_at, [(zone_id, sorted(here.items())) for zone_id, here in sorted(self._at.items())]

    def restore(self, saved: tuple[int, Iterable[tuple[str, Iterable[tuple[str, int]]]]]) -> None:
        """Know what `save` gave, and nothing else."""
        self._tidied_at, zones = saved
        self._at = {zone_id: dict(here) for zone_id, here in zones}
