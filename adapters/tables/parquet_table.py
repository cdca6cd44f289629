"""A table from a Parquet file. Its rows are counted as lines of a CSV file would be: the first row is line 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from adapters.tables.arrow_text import from_arrow, replace_invalid
from adapters.tables.header_faults import missing_faults
from adapters.tables.raw_table import HEADER, RawTable
from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.tables.layout import TableLayout


def read_parquet_table(path: Path, layout: TableLayout) -> RawTable:
    """Read the known columns of a Parquet file; raises `NetworkFaults` where it cannot be read as one."""
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            _refuse_repeated(path, file.schema_arrow.names, layout)
            schema_names = file.schema_arrow.names
            names = [name for name in layout.columns if name in schema_names]
            content = file.read(columns=names)
    except (pa.ArrowException, OSError, ValueError) as error:  # column names that are no UTF-8 are a ValueError
        raise NetworkFaults([f"{path}:1: is no readable Parquet file; write it anew ({_reason(error)})"]) from error
    table = RawTable(path, content.num_rows, {}, None)
    for fault in missing_faults(schema_names, layout):
        table.add_fault(HEADER, fault)
    for name in names:
        _add_column(table, name, content[name], number=name in layout.numbers)
    return table


def _refuse_repeated(path: Path, names: list[str], layout: TableLayout) -> None:
    if repeated := sorted({name for name in names if name in layout.columns and names.count(name) > 1}):
        raise NetworkFaults([f"{path}:1: column {name} stands twice; keep one" for name in repeated])


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _add_column(table: RawTable, name: str, content: pa.ChunkedArray, *, number: bool) -> None:
    kind = content.type.value_type if types.is_dictionary(content.type) else content.type
    if number and _any(kind, types.is_integer, types.is_floating, types.is_decimal, types.is_null):
        table.columns[name] = np.array(content.cast(pa.float64(), safe=False).to_numpy())
    elif _any(kind, types.is_string, types.is_large_string, types.is_string_view, types.is_null) or (
        not number and _any(kind, types.is_integer, types.is_boolean)
    ):
        texts, invalid = replace_invalid(from_arrow(content.cast(pa.large_string()).combine_chunks()))
        table.columns[name] = texts
        table.add_faults(invalid, f"{name} is not UTF-8; write it as text")
    else:
        table.add_fault(HEADER, f"column {name} has type {kind}; write it as {'numbers' if number else 'text'}")


def _any(kind: pa.DataType, *tests: Callable[[pa.DataType], bool]) -> bool:
    return any(test(kind) for test in tests)
