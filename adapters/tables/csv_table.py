"""A table from a CSV file."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import numpy as np

from adapters.tables.arrow_text import replace_invalid
from adapters.tables.csv_records import Header, Records, read_header, read_records
from adapters.tables.header_faults import delimiter_fault, missing_faults
from adapters.tables.raw_table import HEADER, RawTable
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
    if set(layout.required).difference(header.names) and (fault := delimiter_fault(header.text, layout)):
        raise NetworkFaults([f"{path}:{header.line}: {fault}"])
    table = _table(path, data, header, [name for name in layout.columns if name in header.names])
    for fault in missing_faults(header.names, layout):
        table.add_fault(HEADER, fault)
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
    filled = _filled(records) if names else np.arange(len(records.line))
    fields = records.fields[filled]
    ragged = np.flatnonzero(fields != len(header.names)).tolist()
    columns = [column.gather(filled) if len(filled) < len(records.line) else column for column in records.columns]
    repaired = {name: replace_invalid(column) for name, column in zip(names, columns, strict=True)}
    table = RawTable(
        path,
        len(filled),
        {name: column for name, (column, _) in repaired.items()},
        records.line[filled],
        header.line,
        len(records.line) - len(filled),
        frozenset(ragged),
    )
    for row in ragged:
        have, want = int(fields[row]), len(header.names)
        table.faults.append((row, f"has {have} field{'s' * (have > 1)} instead of {want}; give one for each column"))
    for name, (_, invalid) in repaired.items():
        table.add_faults(invalid, f"{name} is not UTF-8; save the file as UTF-8")
    return table


def _filled(records: Records) -> NDArray[np.int64]:
    """Return the rows in which something stands."""
    return np.flatnonzero(np.any([column.lengths() > 0 for column in records.columns], axis=0))
