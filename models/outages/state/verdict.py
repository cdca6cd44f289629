"""What becomes of a command, before anything of it is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.contracts.outputs.command_answer import Refusal
    from models.outages.state.outage import Outage


@dataclass(frozen=True, slots=True)
class Verdict:
    """Done, unless it has a reason, or is left to others."""

    outage_id: str | None = None
    outage: Outage | None = None
    """If it is or was open in this instant: the answer has its revision, else the last one of what is over."""
    reason: Refusal | None = None
    message: str | None = None
    storm_order: dict[str, Any] | None = None
    """What of it others carry out, as the answer has it."""


class Refused(Exception):  # noqa: N818 (a verdict, not a fault of the program)
    """A command cannot be carried out."""

    def __init__(self, reason: Refusal, message: str, outage_id: str | None = None) -> None:
        super().__init__(message)
        self.reason: Refusal = reason
        self.message, self.outage_id = message, outage_id


def check_unchanged(touched: Mapping[str, int], fields: tuple[str, ...], seen: int) -> None:
    """Refuse a command if a field that it touches has changed since the revision that its sender saw."""
    for name in fields:
        if touched.get(name, 0) > seen:
            message = f"{name} has changed in revision {touched[name]}, you saw {seen}; look again and order anew"
            raise Refused("outdated", message)
