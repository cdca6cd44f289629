"""Who was really out, from when to when: every interruption of every usage point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from models.columns.packed_text import PackedText
from models.refusal import FaultsError
from simulator.course import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.network.network import Network


SEQUENCE_MS: Final = 300_000
"""How long after its first trip a device's trips are of one event."""


class Calendar:
    """Orders pairs of a usage point and a time by one number, for binary search among pairs that are so ordered."""

    def __init__(self, times: NDArray[np.int64]) -> None:
        """Take the times of the pairs that are searched."""
        self._first = int(times.min(initial=NEVER))
        self._length = int(times.max(initial=self._first)) - self._first + 3

    def keys(self, point: NDArray[np.int32], moment: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a number for each pair; times before and after all that are searched stay before and after."""
        return point.astype(np.int64) * self._length + np.clip(moment - self._first + 1, 0, self._length - 1)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """n interruptions, ordered by usage point and then time; those of one point do not overlap."""

    point: NDArray[np.int32]
    out_at: NDArray[np.int64]
    back_at: NDArray[np.int64]
    """`NEVER` where power stays away."""
    fault: NDArray[np.int32]
    """Number of the fault that interrupted the point; -1 where the truth does not say."""

    @classmethod
    def of(
        cls,
        point: NDArray[np.int32],
        out_at: NDArray[np.int64],
        back_at: NDArray[np.int64],
        fault: NDArray[np.int32] | None = None,
    ) -> Interrupted:
        """Put interruptions in order. Raises `FaultsError` where a point goes out while it is out."""
        fault = np.full(len(point), -1, np.int32) if fault is None else fault
        order = np.lexsort((out_at, point))
        point, out_at, back_at, fault = point[order], out_at[order], back_at[order], fault[order]
        if ((point[1:] == point[:-1]) & (out_at[1:] < back_at[:-1])).any():
            raise FaultsError(["interruptions of one usage point overlap; simulate the storm again"])
        return cls(point, out_at, back_at, fault)

    def at(self, point: NDArray[np.int32], moment: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which interruption each point is in at its moment, -1 if it has power."""
        if not len(self.point):
            return np.full(len(point), -1, np.int64)
        calendar = Calendar(self.out_at)
        found = np.searchsorted(calendar.keys(self.point, self.out_at), calendar.keys(point, moment), "right") - 1
        inside = (
            (found >= 0)
            & (self.point[found] == point)
            & (self.out_at[found] <= moment)
            & (self.back_at[found] > moment)
        )
        return np.where(inside, found, -1)

    def next_out_at(self) -> NDArray[np.int64]:
        """Return when the point of each interruption goes out the next time, `NEVER` if it does not."""
        following = np.full(len(self.point), NEVER, np.int64)
        same = self.point[1:] == self.point[:-1]
        following[:-1][same] = self.out_at[1:][same]
        return following

    def joined(self, opened_at: NDArray[np.int64]) -> Interrupted:
        """Return the same with the shots of each reclosing sequence as one, from the first trip to the last closing.

        IEEE 1366 counts what falls within five minutes of the first trip as one event. `opened_at` is by fault.
        """
        if not len(self.point):
            return self
        soon = self.out_at - opened_at[self.fault] <= SEQUENCE_MS if len(opened_at) else np.zeros(len(self.point), bool)
        same = (self.point[1:] == self.point[:-1]) & (self.fault[1:] == self.fault[:-1]) & (self.fault[1:] >= 0)
        first = np.flatnonzero(np.append(True, ~(same & soon[1:])))
        last = np.append(first[1:], len(self.point)) - 1
        return Interrupted(self.point[first], self.out_at[first], self.back_at[last], self.fault[first])


def read_interruptions(folder: Path, network: Network, fault_ids: Sequence[str]) -> Interrupted:
    """Read `interruptions.csv` or `.parquet`. Raises `FaultsError` where both are missing or a point is unknown."""
    table = _read_table(folder)
    ids = table.column("usage_point_id").cast(pa.large_string()).combine_chunks()
    point = network.point_index.find_names(network.point_ids, _names(ids))
    if strange := np.flatnonzero(point < 0)[:10].tolist():
        raise FaultsError(
            [f"usage point {ids[n]} of the truth is not on the network; score with its own" for n in strange]
        )
    known = pa.array(fault_ids, pa.string())
    fault = pc.index_in(table.column("fault_id").cast(pa.string()), value_set=known).fill_null(-1).to_numpy()
    return Interrupted.of(
        point, _times(table.column("out_at")), _times(table.column("back_at")), fault.astype(np.int32)
    )


def _read_table(folder: Path) -> Any:  # noqa: ANN401 (pyarrow ships no types)
    columns = ["usage_point_id", "fault_id", "out_at", "back_at"]
    if (path := folder / "interruptions.parquet").is_file():
        return pyarrow.parquet.read_table(path, columns=columns)
    if (path := folder / "interruptions.csv").is_file():
        types = dict.fromkeys(columns, pa.string())
        options = pyarrow.csv.ConvertOptions(include_columns=columns, column_types=types, strings_can_be_null=False)
        return pyarrow.csv.read_csv(path, convert_options=options)
    raise FaultsError([f"{folder} has no interruptions.csv and no interruptions.parquet; simulate the storm again"])


def _names(ids: Any) -> PackedText:  # noqa: ANN401 (pyarrow ships no types)
    """See an array of texts as names, without a copy."""
    _, offsets, blob = ids.buffers()
    ends = np.frombuffer(offsets, np.int64)[ids.offset : ids.offset + len(ids) + 1]
    return PackedText(np.frombuffer(blob, np.uint8) if blob else np.empty(0, np.uint8), ends)


def _times(column: Any) -> NDArray[np.int64]:  # noqa: ANN401 (pyarrow ships no types)
    """Read a column of times, as text, timestamps or milliseconds; empty is `NEVER`."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.if_else(pc.equal(column, ""), None, column).cast(pa.timestamp("ms", tz="UTC"))
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ms", tz="UTC"))
    times: NDArray[np.int64] = column.cast(pa.int64()).fill_null(NEVER).to_numpy()
    return times
