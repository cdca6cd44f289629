"""Zones in which a rule failed: set aside with all that waits for them, told of, and taken back when somebody says so.

The other zones go on as if the zone were not there. What waits counts at the instant after it has been taken back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.outputs.zone_health import MOST_OUTAGES
from models.outages.inference.knowledge import NEVER, UNKNOWN
from models.outages.state.record_writer import SCHEMA_VERSION, format_time
from models.outages.versions.carrying import carried_outage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.evidence.backlog import Columns, Due, PendingRow
    from models.evidence.batch import CommandRow, CrewRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition
    from models.outages.versions.places import Places

Record = dict[str, Any]
LONGEST_ERROR: Final = 500
_PLACE_IN_MEMORY: Final = re.compile(r"0x[0-9a-f]+")


@dataclass(slots=True)
class SetAside:
    """What waits for a zone that was set aside."""

    points: list[Columns] = field(default_factory=list)
    devices: list[Columns] = field(default_factory=list)
    crew: list[PendingRow[CrewRow]] = field(default_factory=list)
    commands: list[PendingRow[CommandRow]] = field(default_factory=list)
    unsaid: dict[str, Outage] = field(default_factory=dict)
    """Outages with news that nobody has been told."""
    resumed: bool = False
    """It is to be taken back at the next instant."""


@dataclass(slots=True)
class Quarantine:
    """All zones that are set aside, and how often each zone's health has been told."""

    zones: dict[int, SetAside] = field(default_factory=dict)
    revisions: dict[int, int] = field(default_factory=dict)

    def resumed(self) -> list[int]:
        """The zones that are to be taken back at the next instant."""
        return [zone for zone, aside in self.zones.items() if aside.resumed]

    def revise(self, zone: int) -> int:
        """Number the next record of a zone's health."""
        self.revisions[zone] = self.revisions.get(zone, 0) + 1
        return self.revisions[zone]

    def move(self, partition: Partition, places: Places) -> None:
        """What is unsaid stands elsewhere by now."""
        for aside in self.zones.values():
            aside.unsaid = {
                name: partition.by_name.get(name) or carried_outage(outage, places)
                for name, outage in aside.unsaid.items()
            }

    def hold(self, partition: Partition, due: Due, point_at: int, device_at: int) -> None:
        """Keep the rows of zones that are set aside from the places on; what is due goes without them."""
        forest, of_point, of_device = partition.forest, due.points[0], due.devices[0]
        for zone in sorted(partition.quarantined):
            aside = self.zones[zone]
            mine = forest.device_zone[forest.point_device[of_point[due.point_order[point_at:]]]] == zone
            rows, due.point_order, due.point_instants = _split(due.point_order, due.point_instants, point_at, mine)
            if len(rows):
                aside.points.append(_numbered(due.points, rows, partition.network.point_number))
            mine = forest.device_zone[of_device[due.device_order[device_at:]]] == zone
            rows, due.device_order, due.device_instants = _split(due.device_order, due.device_instants, device_at, mine)
            if len(rows):
                aside.devices.append(_numbered(due.devices, rows, partition.network.device_number))


def _numbered(columns: Columns, rows: NDArray[np.int64], numbers: NDArray[np.int32]) -> Columns:
    """Some rows, with stable numbers in place of positions: they may wait for longer than the network stays."""
    return (numbers[columns[0][rows]], *(column[rows] for column in columns[1:]))


def _split(
    order: NDArray[np.int64], instants: NDArray[np.int64], at: int, mine: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The rows to keep, and order and instants without them."""
    stays = np.concatenate([np.ones(at, bool), ~mine])
    return order[~stays], order[stays], instants[stays]


def take_back(partition: Partition, zone: int, aside: SetAside) -> None:
    """Look at all of a zone that was set aside."""
    mine = partition.by_zone.get(zone, {})
    partition.dirty.update(aside.unsaid)
    partition.dirty.update((name, outage) for name, outage in mine.items() if not outage.suspected)
    partition.to_review.add(zone)
    partition.switched.add(zone)
    partition.backfeed.why = None
    first, last = partition.network.zone_device_start[zone : zone + 2].tolist()
    known = partition.devices.position[first:last] != UNKNOWN
    known |= partition.devices.crew_open_at[first:last] != NEVER
    partition.spoken_of.setdefault(zone, set()).update((first + np.flatnonzero(known)).tolist())


def health(
    partition: Partition, zone: int, revision: int, error: Exception | None, place: tuple[int, int], now: int
) -> dict[str, Any]:
    """The record of a zone that was set aside by an error, or taken back; `sequence` still to come.

    `place` are partition and offset of the evidence.
    """
    mine = partition.by_zone.get(zone, {})
    zone_id = partition.network.zone_ids[zone]
    return {
        "event_id": f"{zone_id}:{revision}",
        "schema_version": SCHEMA_VERSION,
        "organisation": partition.writer.organisation,
        "zone_id": zone_id,
        "revision": revision,
        "status": "healthy" if error is None else "quarantined",
        "since": format_time(now),
        "updated_at": format_time(now),
        "evidence_partition": place[0],
        "evidence_offset": place[1],
        "error": None if error is None else describe(error),
        "outage_ids": sorted(name for name, outage in mine.items() if not outage.suspected)[:MOST_OUTAGES],
    }


def passed_over(partition: Partition, zone: int, revision: int, what: str, place: tuple[int, int], now: int) -> Record:
    """The record of a zone of which evidence may be missing: at a place of the log something was passed over."""
    status = "quarantined" if zone in partition.quarantined else "healthy"
    return health(partition, zone, revision, None, place, now) | {"status": status, "error": what[:LONGEST_ERROR]}


def describe(error: Exception) -> str:
    """An exception in one line, the same in each process: its type, where it was raised, what it says."""
    frames = extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    said = _PLACE_IN_MEMORY.sub("0x", " ".join(str(error).split()))
    return f"{type(error).__name__}{place}: {said}"[:LONGEST_ERROR]
