"""Columns into the files of a network: CSV or Parquet, part after part, so that a large utility needs little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Self

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from adapters.tables.layout import AREAS, DEVICES, LIFE_SUPPORT, USAGE_POINTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from adapters.tables.layout import TableLayout

    Columns = Mapping[str, NDArray[np.generic]]

Form = Literal["csv", "parquet"]
ROWS_AT_ONCE: Final = 200_000
FORMS: Final = ("csv", "parquet")
RESTRICTED: Final = "restricted"
"""The folder below that of a network in which its restricted tables are written."""


class TableWriter:
    """One table, in a file that has its name only when all of it is written; it takes the place of another form."""

    def __init__(self, folder: Path, layout: TableLayout, form: Form) -> None:
        """Write `layout` into an existing folder."""
        self._files = {each: folder / f"{layout.name}.{each}" for each in FORMS}
        self._form = form
        self._part = folder / f".{layout.name}.{form}.part"
        self._layout = layout
        self._waiting: list[pa.Table] = []
        self._writer: pa.csv.CSVWriter | pa.parquet.ParquetWriter | None = None
        self.rows = 0

    def write(self, columns: Columns) -> None:
        """Add rows; every part has the same columns of the layout. Texts must not hold commas, quotes or line ends."""
        names = [name for name in self._layout.columns if name in columns]
        self._waiting.append(pa.table({name: pa.array(columns[name]) for name in names}))
        self.rows += self._waiting[-1].num_rows
        if sum(table.num_rows for table in self._waiting) >= ROWS_AT_ONCE:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()
        if kind is not None:
            self._part.unlink(missing_ok=True)
            return
        self._part.replace(self._files[self._form])
        for form, path in self._files.items():
            if form != self._form:
                path.unlink(missing_ok=True)

    def _flush(self) -> None:
        """Write what waits, as one group of rows."""
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        self._waiting.clear()
        if self._writer is None:
            self._writer = self._open(table.schema)
        self._writer.write_table(table)

    def _open(self, schema: pa.Schema) -> pa.csv.CSVWriter | pa.parquet.ParquetWriter:
        if self._form == "parquet":
            return pa.parquet.ParquetWriter(self._part, schema, compression="zstd")
        with self._part.open("wb") as file:
            file.write(",".join(schema.names).encode() + b"\n")
        options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
        return pa.csv.CSVWriter(pa.OSFile(str(self._part), "ab"), schema, write_options=options)


def write_tables(
    folder: Path, form: Form, parts: Iterable[tuple[Columns, Columns, Columns, Columns]]
) -> tuple[int, int]:
    """Write devices, usage points, areas and who is on life support, part after part, into an existing folder.

    The last are restricted and stand in a folder of their own. Returns how many devices and usage points there are.
    """
    restricted = folder / RESTRICTED
    restricted.mkdir(mode=0o700, exist_ok=True)
    with (
        TableWriter(folder, DEVICES, form) as devices,
        TableWriter(folder, USAGE_POINTS, form) as usage_points,
        TableWriter(folder, AREAS, form) as areas,
        TableWriter(restricted, LIFE_SUPPORT, form) as life_support,
    ):
        for part in parts:
            for writer, columns in zip((devices, usage_points, areas, life_support), part, strict=True):
                writer.write(columns)
    return devices.rows, usage_points.rows
