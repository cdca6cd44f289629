"""Tables of a snapshot: of the rows that an engine writes, those that differ from "nothing known", as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.outages.delivery.memory import Memory, nothing_remembered
from models.outages.inference.knowledge import Devices, Points, default_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest

TOLD_BY: Final = ("heard_at", "out_at")
"""Of a usage point that has neither spoken nor been out nothing is known: two columns of sixteen tell the rows."""
BY_ZONE: Final = ("gasps_steady", "returns_steady")
"""Columns of `Memory` with a row a zone; the others have one a collector."""

Saved = dict[str, Any]


def columns_of(rows: tuple[np.ndarray[Any, Any], ...]) -> list[tuple[str, bytes]]:
    """Write columns with their types."""
    return [(column.dtype.str, column.tobytes()) for column in rows]


def arrays_of(columns: list[tuple[str, bytes]]) -> tuple[np.ndarray[Any, Any], ...]:
    """Read columns back; they may be written to."""
    return tuple(np.frombuffer(data, dtype).copy() for dtype, data in columns)


def save_rows(table: Points | Devices, own: NDArray[np.int64] | None) -> Saved:
    """Own rows of which anything is known, and their columns."""
    names = TOLD_BY if isinstance(table, Points) else table._fields
    known = np.zeros(len(table[0]) if own is None else len(own), bool)
    for name in names:
        column = getattr(table, name)
        known |= (column if own is None else column[own]) != default_of(type(table), name)[1]
    rows = np.flatnonzero(known)
    rows = rows if own is None else own[rows]
    return {"rows": rows.tobytes(), "columns": columns_of(tuple(column[rows] for column in table))}


def restore_rows(table: Points | Devices, saved: Saved, own: NDArray[np.int64] | None) -> None:
    """Put own rows back as they were saved; those of other engines stay."""
    rows = np.frombuffer(saved["rows"], np.int64)
    columns: tuple[np.ndarray[Any, Any], ...] = tuple(table)
    for name, column, values in zip(table._fields, columns, arrays_of(saved["columns"]), strict=True):
        column[slice(None) if own is None else own] = default_of(type(table), name)[1]
        column[rows] = values


def save_memory(memory: Memory, forest: Forest, zones: NDArray[np.bool_]) -> Saved:
    """What was learned of the collectors of own zones, by column: rows that differ from the first, and their values."""
    saved = {}
    for name, column, own, first in _memories(memory, forest, zones):
        differ = column[own] != first[own]
        rows = own[differ if differ.ndim == 1 else differ.any(axis=1)]
        saved[name] = rows.tobytes(), column[rows].tobytes()
    return saved


def restore_memory(memory: Memory, saved: Saved, forest: Forest, zones: NDArray[np.bool_]) -> None:
    """Remember of own zones what was saved, and nothing else."""
    for name, column, own, first in _memories(memory, forest, zones):
        rows, values = (np.frombuffer(data, np.int64) for data in saved[name])
        column[own] = first[own]
        column[rows] = values.reshape(len(rows), *column.shape[1:])


def _memories(
    memory: Memory, forest: Forest, zones: NDArray[np.bool_]
) -> list[tuple[str, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Of each column its name, itself, own rows, and what it was before anything was learned."""
    collectors = np.flatnonzero(np.repeat(zones, np.diff(forest.zone_row_start)))
    first = nothing_remembered(len(forest.row_class), len(zones))
    return [
        (name, column, np.flatnonzero(zones) if name in BY_ZONE else collectors, before)
        for name, column, before in zip(Memory._fields, memory, first, strict=True)
    ]
