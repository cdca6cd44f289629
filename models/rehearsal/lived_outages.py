"""The outages of a run as they ended up: where, from when to when, and who was out by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.contracts.outputs.membership import INTERRUPTIONS
from models.contracts.outputs.outage import FINAL_STATUSES
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NO_OUTAGES: Final = ("cancelled", "merged")
"""Last statuses of what was no outage in the end, or part of another one."""


class LivedOutage(NamedTuple):
    """The last that was said of an outage; times in milliseconds."""

    outage_id: str
    zone_id: str
    device_id: str
    device_kind: str
    started_at: int
    ended_at: int | None
    """When it was over; None while it is open."""
    customers: int
    """Ever without power by it."""
    points: frozenset[int]
    """Stable numbers of the usage points whose interruption it is."""

    def named(self) -> tuple[str, int, int | None, int]:
        """Give what is told of it: the device, from when to when, how many customers."""
        return self.device_id, self.started_at, self.ended_at, self.customers


class LivedOutages:
    """Takes revisions and entries of the ledger in their order."""

    def __init__(self) -> None:
        self._last: dict[str, Mapping[str, Any]] = {}
        self._points: dict[str, set[int]] = {}

    def take(self, revisions: Iterable[Mapping[str, Any]], ledger: Iterable[Mapping[str, Any]]) -> None:
        """Take records of the life cycle, and of the ledger."""
        for record in revisions:
            self._last[record["outage_id"]] = record
        for record in ledger:
            points = self._points.setdefault(record["outage_id"], set())
            for number, change in zip(record["usage_points"], record["changes"], strict=True):
                (points.add if change in INTERRUPTIONS else points.discard)(number)

    def __len__(self) -> int:
        """Count all of which anything was said."""
        return len(self._last)

    def begun(self, since: int) -> list[LivedOutage]:
        """Give the outages that began at an instant or later, as they began; without what was none in the end."""
        found = [self._lived(record) for record in self._last.values() if record["status"] not in NO_OUTAGES]
        return sorted(
            (one for one in found if one.started_at >= since), key=lambda one: (one.started_at, one.outage_id)
        )

    def _lived(self, record: Mapping[str, Any]) -> LivedOutage:
        ended = None
        if record["status"] in FINAL_STATUSES:
            ended = parse_time(record["restored_at"] or record["updated_at"])
        name = record["outage_id"]
        return LivedOutage(
            name,
            record["zone_id"],
            record["device_id"],
            record["device_kind"],
            parse_time(record["started_at"]),
            ended,
            record["customers_affected"],
            frozenset(self._points.get(name, ())),
        )
