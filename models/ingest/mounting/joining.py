"""Meter messages joined to usage points where the tables' word alone does not do: an exchange, message by message.

Only messages of meters that the tables do not have, of usage points where something was exchanged, and those that tell
of an exchange are looked at one by one; a batch without any of them costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.evidence.kinds import INSTALLED, REMOVED
from models.ingest.mounting.hanging import Hanging, unknown_point
from models.ingest.mounting.laid import ABSENT
from models.ingest.mounting.mountings import NOWHERE, Mounting, Seen, believed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from models.columns.packed_text import PackedText
    from models.decoding.validation import Reason
    from models.ingest.mounting.laid import Laid


class Messages(NamedTuple):
    """Messages of meters, n in the order of their records."""

    meter_ids: PackedText
    kind: NDArray[np.uint8]
    table: NDArray[np.int32]
    """Position of the usage point at which the tables have the meter; -1 none."""
    observed_at: NDArray[np.int64]
    received_at: NDArray[np.int64]
    offset: NDArray[np.int64]
    log_time: NDArray[np.int64]
    """Of the record; in a file, whose log times follow from what is accepted, that before the batch."""
    partition: int
    named: Mapping[int, str | None]
    """By row, the usage point that a message of mounting names, of each that may be believed."""


@dataclass(slots=True)
class Joined:
    """What became of them."""

    point: NDArray[np.int32]
    """Position of the usage point that a message counts for; -1 none."""
    since: NDArray[np.int64] | None = None
    """By row, since when (ms) its meter hangs there; 0 always. None where that is so of all."""
    refused: dict[int, Reason] = field(default_factory=dict)
    mounted: dict[int, Mounting] = field(default_factory=dict)
    """What it tells, by row."""


def join(laid: Laid, messages: Messages, without: Collection[int] = ()) -> Joined:
    """Join messages to usage points; rows `without` tell of no mounting: they are refused for something else."""
    joining = _Joining(laid, messages, without)
    rows = joining.left(joining.rows())
    for row in rows:
        joining.take(row)
    laid.joined_alone(len(rows))
    return joining.joined


class _Joining:
    def __init__(self, laid: Laid, messages: Messages, without: Collection[int]) -> None:
        self._hanging, self._messages = Hanging(laid), messages
        self._named = {row: name for row, name in messages.named.items() if row not in without}
        self._since = np.zeros(len(messages.table), np.int64)
        self.joined = Joined(messages.table.copy(), self._since)

    def rows(self) -> NDArray[np.intp]:
        """The rows to look at, in their order."""
        messages, laid = self._messages, self._hanging.laid
        table = messages.table
        moved = self._moved()
        look = np.zeros(len(table), np.bool_)
        look[list(messages.named)] = True
        if laid.by_meter or moved:
            look |= table == ABSENT
        if laid.touched is not None:
            look |= laid.touched[table] & (table != ABSENT)
        if moved:
            look |= np.isin(table, moved)
        return np.flatnonzero(look)

    def left(self, rows: NDArray[np.intp]) -> list[int]:
        """Join those of plain exchanges at once; give the rows that are left, in their order."""
        messages, plain = self._messages, self._hanging.laid.plain
        if plain is None:
            return list(rows.tolist())
        kind = messages.kind[rows]
        some = rows[(messages.table[rows] == ABSENT) & (kind != INSTALLED) & (kind != REMOVED)]
        places = messages.partition, messages.offset[some], messages.log_time[some]
        found = plain.find(messages.meter_ids.gather(some), *places)
        found[np.isin(found, plain.spoilt_by(self._told_of()))] = -1
        joined, which = some[found >= 0], found[found >= 0]
        self.joined.point[joined], self._since[joined] = plain.position[which], plain.since[which]
        return list(rows[~np.isin(rows, joined)].tolist())

    def _told_of(self) -> list[tuple[str, str]]:
        """The meters and usage points that the batch's own mountings are about."""
        meters = [("meter", self._messages.meter_ids[row]) for row in self._named]
        return meters + [("point", name) for name in self._named.values() if name]

    def _moved(self) -> list[int]:
        """The positions that the batch's own mountings touch."""
        laid, messages = self._hanging.laid, self._messages
        named = {row: name for row, name in self._named.items() if name and messages.kind[row] == INSTALLED}
        table = [int(messages.table[row]) for row in named]
        return [position for position in [*table, *map(laid.position, named.values())] if position != ABSENT]

    def take(self, row: int) -> None:
        messages, joined = self._messages, self.joined
        meter_id, table = messages.meter_ids[row], int(messages.table[row])
        observed_at, received_at = int(messages.observed_at[row]), int(messages.received_at[row])
        at = believed(observed_at, received_at)
        seen = Seen(messages.partition, int(messages.offset[row]), int(messages.log_time[row]))
        if messages.kind[row] == INSTALLED and self._named.get(row):
            if (refused := self._put_up(row, (meter_id, table), at, seen)) is not None:
                joined.refused[row], joined.point[row] = refused, ABSENT
                return
            seen = seen._replace(offset=seen.offset + 1)
        elif messages.kind[row] == REMOVED and row in self._named:
            self._take_down(row, meter_id, at, seen)
        place = self._hanging.find(meter_id, table, at, seen)
        joined.point[row] = place.position
        if messages.kind[row] == REMOVED and not self._hanging.hangs(meter_id, table, place.position, seen):
            joined.point[row] = ABSENT  # whatever came first, another one hangs there by now
        if place.position != ABSENT and place.since > 0:
            self._since[row] = place.since
        if place.refused is not None and messages.kind[row] not in (INSTALLED, REMOVED):
            joined.refused[row] = place.refused

    def _put_up(self, row: int, meter: tuple[str, int], at: int, seen: Seen) -> Reason | None:
        """Take note of an `installed`, unless it is no news; returns why it is refused."""
        usage_point_id = str(self._named[row])
        position = self._hanging.laid.position(usage_point_id)
        if position == ABSENT:
            return unknown_point(usage_point_id)
        if not self._hanging.hangs(*meter, position, seen):
            self._note(row, Mounting(meter[0], usage_point_id, at, seen.log_time, seen.partition, seen.offset))
        return None

    def _take_down(self, row: int, meter_id: str, at: int, seen: Seen) -> None:
        """Take note of a `removed`, but where the tables alone have the meter: there only another one ends that."""
        if self._hanging.was_put_up(meter_id, seen):
            self._note(row, Mounting(meter_id, NOWHERE, at, seen.log_time, seen.partition, seen.offset))

    def _note(self, row: int, mounting: Mounting) -> None:
        self.joined.mounted[row] = mounting
        self._hanging.add(mounting)


def at_log_times(mounted: Mapping[int, Mounting], log_time: NDArray[Any]) -> list[Mounting]:
    """Give mountings with the log times of their records, by row."""
    return [mounting._replace(log_time=int(log_time[row])) for row, mounting in sorted(mounted.items())]
