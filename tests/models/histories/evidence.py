"""What the oracle of histories hears. Times are milliseconds; `arrived_at` is the log time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, TypeVar


class Report(NamedTuple):
    """What a meter or a caller said of a usage point; `kind` as in evidence."""

    point: int
    kind: str
    observed_at: int
    arrived_at: int


class Position(NamedTuple):
    """What SCADA said of a device: `open` or `closed`, `good`, `uncertain` or `bad`."""

    device: int
    position: str
    quality: str
    observed_at: int
    arrived_at: int


class Finding(NamedTuple):
    """A crew found this device open."""

    device: int
    observed_at: int
    arrived_at: int


_Row = TypeVar("_Row", Report, Position, Finding)


@dataclass(frozen=True)
class Evidence:
    """All that was heard, in any order."""

    reports: Sequence[Report] = ()
    positions: Sequence[Position] = ()
    findings: Sequence[Finding] = ()

    def until(self, now: int) -> Evidence:
        """What had arrived before an instant: copies counted once, in order of observation."""
        return Evidence(_heard(self.reports, now), _heard(self.positions, now), _heard(self.findings, now))

    def shifted(self, by: int) -> Evidence:
        """The same, later by so many milliseconds."""
        moved = {
            one.name: [
                row._replace(observed_at=row.observed_at + by, arrived_at=row.arrived_at + by)
                for row in getattr(self, one.name)
            ]
            for one in fields(self)
        }
        return replace(self, **moved)


def _heard(rows: Sequence[_Row], now: int) -> list[_Row]:
    once = {row[:-1]: row for row in rows if row.arrived_at < now}
    return sorted(once.values(), key=lambda row: (row.observed_at, row))
