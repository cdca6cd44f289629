"""A table from a CSV file."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import numpy as np

from adapters.tables.arrow_text import replace_invalid
from adapters.tables.csv_records import Header, read_header, read_records
from adapters.tables.raw_table import RawTable
from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from adapters.tables.layout import TableLayout

UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_csv_table(path: Path, layout: TableLayout) -> RawTable:
    """Read the known columns of a CSV file; raises `NetworkFaults` where it cannot be taken for a table at all."""
    data = _bytes_of(path)
    if data[:2].tobytes() in UTF_16:
        raise NetworkFaults([f"{path}:1: is UTF-16; save it as UTF-8"])
    header = read_header(data)
    if header is None:
        raise NetworkFaults([f"{path}:1: is empty; write a header line with {', '.join(layout.required)}"])
    if repeated := sorted({name for name in header.names if name in layout.columns and header.names.count(name) > 1}):
        raise NetworkFaults([f"{path}:{header.line}: column {name} stands twice; keep one" for name in repeated])
    table = _table(path, data, header, [name for name in layout.columns if name in header.names])
    table.refuse_missing(layout.required, header.names)
    return table


def _bytes_of(path: Path) -> NDArray[np.uint8]:
    with path.open("rb") as file:
        if not path.stat().st_size:
            return np.empty(0, np.uint8)
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)


def _table(path: Path, data: NDArray[np.uint8], header: Header, names: list[str]) -> RawTable:
    records = read_records(data, header, names)
    if records.unclosed:
        raise NetworkFaults([f"{path}:{records.line[-1]}: opens a quote that is never closed; close it"])
    ragged = np.flatnonzero(records.fields != len(header.names)).tolist()
    repaired = {name: replace_invalid(column) for name, column in zip(names, records.columns, strict=True)}
    table = RawTable(
        path,
        len(records.line),
        {name: column for name, (column, _) in repaired.items()},
        records.line,
        header.line,
        frozenset(ragged),
    )
    for row in ragged:
        have, want = int(records.fields[row]), len(header.names)
        table.faults.append((row, f"has {have} field{'s' * (have > 1)} instead of {want}; give one for each column"))
    for name, (_, invalid) in repaired.items():
        table.add_faults(invalid, f"{name} is not UTF-8; save the file as UTF-8")
    return table
