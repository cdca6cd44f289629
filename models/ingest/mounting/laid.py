"""Mountings laid over a version of the network: who hangs where, as its tables and later messages say.

A version has what happened before its tables were drawn (`drawn_at`), so mountings before that say nothing more. Those
that it has itself, of the ones told before it came into force, are *confirmed*, and what is older at the same meter or
usage point went before them. All others lie on top of the tables.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from models.ingest.mounting.mountings import NOWHERE
from models.ingest.mounting.plain import Plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.ingest.mounting.mountings import Mounting, Mountings, Seen
    from models.network.network import Network

Standing = Literal["standing", "confirmed", "overruled"]
ABSENT: Final = -1
_TURN: Final = attrgetter("turn")
_NEVER: Final = -(1 << 62)
Lists = dict[str, list["Mounting"]]


class InForce(NamedTuple):
    """When a version of the network counts, and of when it is; milliseconds, 0 where nobody says."""

    at: int = 0
    """The log time from which it is in force."""
    drawn_at: int = 0
    """Mountings before this moment are in its tables, whatever these say."""


FROM_THE_START: Final = InForce()


@dataclass(slots=True, eq=False)
class Laid:
    """A version of the network with mountings on top. Raises nothing: what names no point of it says nothing."""

    mountings: Mountings
    network: Network
    in_force: InForce = FROM_THE_START
    by_meter: Lists = field(default_factory=dict)
    by_point: Lists = field(default_factory=dict)
    touched: NDArray[np.bool_] | None = None
    """By position: the table's meter there was moved, or another one was put up there. None while nothing was."""
    patience: int = 1000
    """So many messages are joined one by one before exchanges are put in columns anew, or a fourth of their number."""
    plain: Plain | None = None
    _joined_alone: int = 0
    _taken: int = 0
    _floors: dict[tuple[str, str], int] = field(default_factory=dict)
    """Of meters and of usage points, since when the tables know better than what was told before."""

    def refresh(self) -> bool:
        """Lay what has been heard of since; returns whether anything lies on top."""
        if new := self.mountings.heard[self._taken :]:
            self._taken += len(new)
            points = self.network.find_points([one.usage_point_id for one in new]).tolist()
            tables = self.network.find_meters([one.meter_id for one in new]).tolist()
            for mounting, point, table in zip(new, points, tables, strict=True):
                self._lay(mounting, point, table)
        return bool(self.by_meter)

    def joined_alone(self, messages: int) -> None:
        """So many messages of exchanged meters were joined one by one: if that is often, put exchanges into columns."""
        self._joined_alone += messages
        if self._joined_alone > max(self.patience, len(self.by_meter) // 4):
            self._joined_alone = 0
            self.plain = self._in_columns()

    def _in_columns(self) -> Plain | None:
        once = [mine[0] for mine in self.by_meter.values() if len(mine) == 1]
        some = [one for one in once if len(self.by_point.get(one.usage_point_id, ())) == 1]
        position = self.network.find_points([one.usage_point_id for one in some])
        plain = (position != ABSENT) & (self.network.find_meters([one.meter_id for one in some]) == ABSENT)
        some = [one for one, fits in zip(some, plain.tolist(), strict=True) if fits]
        return Plain.of(some, position[plain]) if some else None

    def standing(self, mounting: Mounting) -> Standing:
        """Say what the version makes of a mounting: on top of it, known to it, or older than its tables."""
        if self._confirms(mounting, self.position(mounting.usage_point_id), self.table_position(mounting.meter_id)):
            return "confirmed"
        return "standing" if mounting.since > self._floor(mounting) else "overruled"

    def _confirms(self, mounting: Mounting, point: int, table: int) -> bool:
        """Whether the tables have it, told before the version came into force, by the positions of point and meter."""
        return mounting.log_time < self.in_force.at and point != ABSENT and table == point

    def position(self, usage_point_id: str) -> int:
        """Give the position of a usage point; -1 unknown."""
        return int(self.network.find_points([usage_point_id])[0])

    def table_position(self, meter_id: str) -> int:
        """Give the position at which the tables have a meter; -1 none."""
        return int(self.network.find_meters([meter_id])[0])

    def _floor(self, mounting: Mounting) -> int:
        return max(self.in_force.drawn_at - 1, *(self._floors.get(name, _NEVER) for name in _names(mounting)))

    def _lay(self, mounting: Mounting, point: int, table: int) -> None:
        if self._confirms(mounting, point, table):
            for name in _names(mounting):
                self._floors[name] = max(self._floors.get(name, _NEVER), mounting.since)
            self._drop_known(mounting)
        elif mounting.since > self._floor(mounting):
            self._spoil([mounting])
            lay(mounting, self.by_meter, self.by_point)
            self._touch(point, table)

    def _drop_known(self, confirmed: Mounting) -> None:
        """Take away what went before a mounting that the tables have."""
        lists = (self.by_meter.get(confirmed.meter_id, ()), self.by_point.get(confirmed.usage_point_id, ()))
        gone = [old for some in lists for old in some if old.since <= self._floor(old)]
        self._spoil([confirmed, *gone])
        for old in gone:
            for by, name in ((self.by_meter, old.meter_id), (self.by_point, old.usage_point_id)):
                if old in (left := by.get(name, [])):
                    left.remove(old)
                    if not left:
                        del by[name]

    def _spoil(self, mountings: list[Mounting]) -> None:
        if self.plain is not None:
            self.plain.spoil(mountings)

    def _touch(self, *positions: int) -> None:
        """The tables' word alone counts no more where the meter was, and where it is."""
        if self.touched is None:
            self.touched = np.zeros(len(self.network.point_ids), np.bool_)
        for position in positions:
            if position != ABSENT:
                self.touched[position] = True


def _names(mounting: Mounting) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("meter", mounting.meter_id), ("point", mounting.usage_point_id)


def lay(mounting: Mounting, by_meter: Lists, by_point: Lists) -> None:
    """Put a mounting among those of its meter and of its usage point, in their order."""
    insort(by_meter.setdefault(mounting.meter_id, []), mounting, key=_TURN)
    if mounting.usage_point_id != NOWHERE:
        insort(by_point.setdefault(mounting.usage_point_id, []), mounting, key=_TURN)


def seen_of(name: str, seen: Seen, sources: Sequence[Lists]) -> list[Mounting]:
    """Give the mountings of a meter or a usage point that were told before, in their order."""
    found = [mounting for source in sources for mounting in source.get(name, ()) if seen.sees(mounting)]
    return sorted(found, key=_TURN) if len(found) > 1 else found
