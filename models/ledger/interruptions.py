"""Interruptions of usage points, read off the ledger (`outage.membership.events.v1`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from models.contracts.outputs.membership import INTERRUPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Entry(NamedTuple):
    """The last that was said of an outage and a usage point; times in milliseconds."""

    change: str
    out_at: int
    at: int
    other: str | None


class Interruption(NamedTuple):
    """A usage point without power; times in milliseconds."""

    out_at: int
    back_at: int | None
    """None while it is out."""
    outage_id: str
    basis: str | None
    """On which its return is known: `confirmed`, `inferred`; `removed` if it left the network; None while it is out."""


class InterruptionLedger:
    """Takes the records in their order, of all usage points or of some."""

    def __init__(self, wanted: Iterable[int] | None = None) -> None:
        """Keep the usage points with these stable numbers; None all."""
        self._wanted = None if wanted is None else frozenset(wanted)
        self.entries: dict[int, dict[str, Entry]] = {}
        """By usage point and outage."""

    def take(self, record: Mapping[str, Any]) -> None:
        """Take in a record of the topic."""
        names = ("usage_points", "changes", "out_at", "at", "others")
        for number, *entry in zip(*(record[name] for name in names), strict=True):
            if self._wanted is None or number in self._wanted:
                self.entries.setdefault(number, {})[record["outage_id"]] = Entry(*entry)

    def interruptions(self, number: int) -> list[Interruption]:
        """Give the interruptions of a usage point by its stable number, in the order of their beginnings."""
        found = []
        for outage_id, entry in self.entries.get(number, {}).items():
            if entry.change in INTERRUPTIONS:
                basis = None if entry.change == "gained" else entry.change.removeprefix("restored_")
                found.append(Interruption(entry.out_at, None if basis is None else entry.at, outage_id, basis))
        return sorted(found, key=lambda one: (one.out_at, one.outage_id))
