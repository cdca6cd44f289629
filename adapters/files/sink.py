"""Topic files as a Bytewax sink that goes on where the file ends.

Delivery: records carry a number that rises within a file. When a partition is built it cuts a line that a kill has
torn, looks for the number of the last record, and from then on drops what comes with that number or a lower one. As the
run is deterministic, a crash shows nowhere in the file. Every batch is handed to the operating system before the write
returns, and to the disk before the epoch commits.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from typing_extensions import override

from adapters.files.tail import cut_torn_line, line_before
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Record = dict[str, Any]
State = tuple[int, int, dict[Any, int]]
"""Bytes written, number of the last record, and records by value of the counted field."""

TOMBSTONE: Final = "tombstone"
"""By which those are counted that say no more than that a record is gone."""
LINE: Final = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY


class ForeignOutputError(FaultsError):
    """An output file that is not what this state has written."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a sink's records are numbered and counted."""

    number: str
    """Field of the number that rises from record to record."""
    dense: bool
    """Whether the numbers are 1, 2, 3 without a gap."""
    counted: str
    """Field by whose values the records are counted."""


class FileSink(FixedPartitionedSink["Sequence[Record]", State]):
    """Writes lists of records to files; a partition is a file, and the key of an item is its partition's name."""

    def __init__(self, paths: Mapping[str, Path], layout: Layout) -> None:
        """Write to `paths` by partition, as `layout` says."""
        self.paths = paths
        self._layout = layout
        self._place = {name: place for place, name in enumerate(sorted(paths))}
        self.counts: dict[str, Counter[Any]] = {name: Counter() for name in paths}
        """By partition, the records that the run has had so far by value of the counted field."""

    @override
    def list_parts(self) -> list[str]:
        return list(self.paths)

    @override
    def part_fn(self, item_key: str) -> int:
        return self._place[item_key]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: State | None) -> FileWriter:
        writer = FileWriter(self.paths[for_part], self._layout, resume_state)
        self.counts[for_part] = writer.counts
        return writer


class FileWriter(StatefulSinkPartition["Sequence[Record]", State]):
    """One file of a `FileSink`. Raises `ForeignOutputError` for a file that is not its own."""

    def __init__(self, path: Path, layout: Layout, state: State | None) -> None:
        self._path = path
        self._layout = layout
        written, last, counts = state or (0, 0 if layout.dense else -1, {})
        self.counts = Counter(counts)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        self._size = cut_torn_line(self._file)
        if self._size < written or self._number_before(written, last) != last:
            raise self._foreign("it does not hold what the state has written")
        self._last = self._number_before(self._size, last)

    @override
    def write_batch(self, values: list[Sequence[Record]]) -> None:
        records = [record for batch in values for record in batch]
        counted = self._layout.counted  # a tombstone has nothing but its key
        self.counts.update(record.get(counted, TOMBSTONE) for record in records)
        self._append([record for record in records if record[self._layout.number] > self._last])

    @override
    def snapshot(self) -> State:
        os.fsync(self._file)
        return self._size, self._last, dict(self.counts)

    @override
    def close(self) -> None:
        os.close(self._file)

    def _append(self, records: list[Record]) -> None:
        if not records:
            return
        first = records[0][self._layout.number]
        if self._layout.dense and first != self._last + 1:
            raise self._foreign(f"it ends at {self._last} and the run goes on at {first}")
        data = memoryview(b"".join([orjson.dumps(record, option=LINE) for record in records]))
        self._size += len(data)
        while data:
            data = data[os.write(self._file, data) :]
        self._last = records[-1][self._layout.number]

    def _number_before(self, end: int, default: int) -> int:
        line = line_before(self._file, end)
        if not line:
            return default
        try:
            return int(orjson.loads(line)[self._layout.number])
        except (ValueError, KeyError, TypeError) as error:
            raise self._foreign("its last line is no record") from error

    def _foreign(self, reason: str) -> ForeignOutputError:
        return ForeignOutputError([f"cannot go on writing {self._path}: {reason}; give another --state and start anew"])
