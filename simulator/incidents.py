"""A historical storm as its utility published it: incidents and, beside them, what was said of the crews.

A row of the crews that cannot be used is counted and passed over: a public map changes its sentences from year to year,
and what a crew did is not what makes the storm. A faulty incident is refused.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from models.refusal import FaultsError
from models.times.iso8601 import parse_time
from simulator.course import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from models.contracts.inputs.crew import CrewKind, CrewStatus

CREW_SENTENCES: Final[Mapping[str, CrewStatus]] = MappingProxyType(
    {
        "PG&E has assigned a crew to assess the outage.": "assigned",
        "PG&E assessment crew is en route to the outage.": "en_route",
        "PG&E is assessing the cause at the outage location.": "on_site",
        "PG&E is sending a repair crew to the outage location.": "assigned",
        "PG&E repair crew is en route to the outage location.": "en_route",
        "PG&E repair crew is on-site working to restore power.": "repairing",
        "PG&E is unable to access the affected equipment.": "unavailable",
    }
)
"""What the public map says of a crew, and the status that it stands for."""

_ASSESSORS: Final = re.compile(r"assess|unable to access")
"""Of whose crew a sentence speaks; all others speak of the repair crew."""

_COLUMNS: Final = (
    "incident_id",
    "started_at",
    "restored_at",
    "customers_max",
    "latitude",
    "longitude",
    "planned_shutoff",
)
_CREW_COLUMNS: Final = ("at", "incident_id", "status")
_MOST_FAULTS: Final = 20
_LONGEST_SENTENCE: Final = 100


@dataclass(frozen=True, slots=True)
class Incident:
    """One interruption as published; times are milliseconds since the epoch."""

    incident_id: str
    started_at: int
    restored_at: int
    """`NEVER` where it was open at the end."""
    customers: int
    longitude: float
    latitude: float
    planned: bool
    crew: tuple[tuple[int, CrewStatus, CrewKind], ...] = ()
    """When which crew took up which status: the assessors, or the repair crew."""


class IncidentTables(NamedTuple):
    """The incidents, and what of the crews' table was passed over."""

    incidents: list[Incident]
    passed_over: dict[str, int]
    """How many rows by reason, the most first; an unknown sentence is a reason of its own."""


def read_incidents(path: Path) -> IncidentTables:
    """Read incidents in the order of their starts, those of no customer left out; `crew_status.csv` may lie beside.

    Raises `FaultsError` with a line for each fault of the incidents, or a column that is missing.
    """
    faults: list[str] = []
    crew_path = path.parent / "crew_status.csv"
    crews: dict[str, list[tuple[int, CrewStatus, CrewKind]]] = {}
    passed_over: Counter[str] = Counter()
    for _, row in _rows(crew_path, _CREW_COLUMNS, faults) if crew_path.exists() else ():
        reason = _note_crew(crews, row)
        if reason is not None:
            passed_over[reason] += 1
    incidents = [_incident(place, row, crews, faults) for place, row in _rows(path, _COLUMNS, faults)]
    if faults:
        more = [f"and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise FaultsError(faults[:_MOST_FAULTS] + more)
    found = (incident for incident in incidents if incident is not None and incident.customers > 0)
    ordered = sorted(found, key=lambda incident: (incident.started_at, incident.incident_id))
    return IncidentTables(ordered, dict(sorted(passed_over.items(), key=lambda reason: (-reason[1], reason[0]))))


def _rows(path: Path, columns: tuple[str, ...], faults: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each row and where it stands."""
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            faults.append(f"{path}: the columns {', '.join(missing)} are missing; add them")
            return
        yield from ((f"{path}:{reader.line_num}", row) for row in reader)


def _note_crew(crews: dict[str, list[tuple[int, CrewStatus, CrewKind]]], row: dict[str, str]) -> str | None:
    """Note what a row says of a crew; returns why it says nothing."""
    if empty := [name for name in _CREW_COLUMNS if not (row[name] or "").strip()]:
        return f"{empty[0]} is empty"
    status = CREW_SENTENCES.get(row["status"])
    if status is None:
        return f"unknown sentence {row['status'][:_LONGEST_SENTENCE]!r}"
    try:
        at = parse_time(row["at"])
    except ValueError:
        return "at is no time of the years 1970 to 9999 with a zone"
    kind: CrewKind = "assessor" if _ASSESSORS.search(row["status"]) else "line"
    crews.setdefault(row["incident_id"], []).append((at, status, kind))
    return None


def _incident(
    place: str, row: dict[str, str], crews: dict[str, list[tuple[int, CrewStatus, CrewKind]]], faults: list[str]
) -> Incident | None:
    try:
        started_at = parse_time(row["started_at"])
        restored_at = parse_time(row["restored_at"]) if row["restored_at"] else NEVER
        customers, longitude, latitude = int(row["customers_max"]), float(row["longitude"]), float(row["latitude"])
    except (TypeError, ValueError) as reason:
        faults.append(f"{place}: {reason}")
        return None
    if restored_at <= started_at:
        faults.append(f"{place}: restored_at is not after started_at; correct it or leave it empty")
        return None
    crew = tuple(at for at in sorted(crews.get(row["incident_id"], ())) if started_at <= at[0] < restored_at)
    planned = row["planned_shutoff"] == "1"
    return Incident(row["incident_id"], started_at, restored_at, customers, longitude, latitude, planned, crew)
