"""Texts into values. What is wrong is noted with the table and replaced by a harmless value, so that all is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from adapters.tables.arrow_text import categories, to_arrow
from adapters.tables.raw_table import RawTable, shown
from models.columns.hash_index import index_names
from models.columns.packed_text import PackedText
from models.network.network import ALL_PHASES, PHASES
from models.network.tables import UNSPECIFIED, Categories

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a column of numbers may hold, bounds included; an empty one is a fault unless there is a default."""

    what: str
    low: float
    high: float
    whole: bool = False
    default: float | None = None

    def __str__(self) -> str:
        return f"{self.what} from {self.low:,.15g} to {self.high:,.15g}"


LONGITUDE: Final = Numbers("longitude in degrees", -180, 180)
LATITUDE: Final = Numbers("latitude in degrees", -90, 90)
LOAD: Final = Numbers("load in kW", -1e9, 1e9)
CUSTOMERS: Final = Numbers("whole number of customers", 0, 1e6, whole=True, default=1)
TRUTHS: Final = {"true": 1, "yes": 1, "1": 1, "false": 0, "no": 0, "0": 0}


def ids(table: RawTable, column: str, *, may_be_empty: bool = False) -> PackedText:
    """Return a column of ids."""
    texts = table.text(column)
    if texts is None:
        return PackedText(np.empty(0, np.uint8), np.zeros(table.rows + 1, np.int64))
    if not may_be_empty:
        table.add_faults(np.flatnonzero(texts.lengths() == 0), f"{column} is empty; give one")
    return texts


def labels(table: RawTable, column: str, *, may_be_empty: bool = True) -> Categories:
    """Return a column whose ids repeat."""
    return categories(ids(table, column, may_be_empty=may_be_empty))


def references(table: RawTable, column: str, device_id: PackedText) -> NDArray[np.int32]:
    """Return the row of the device that each text names, -1 for none; nothing is said if no device has an id."""
    texts = ids(table, column, may_be_empty=True)
    rows = index_names(device_id).find_names(device_id, texts)
    unknown = np.flatnonzero((rows < 0) & (texts.lengths() > 0) & bool(device_id.offsets[-1]))
    for row, text in zip(unknown.tolist(), texts.take(unknown), strict=True):
        table.add_fault(row, f"{column} {shown(text)} is no device_id of the devices; correct it")
    return rows


def numbers(table: RawTable, column: str, wanted: Numbers) -> NDArray[np.float64]:
    """Return a column of numbers; 0 in place of those that are none."""
    found = table.columns.get(column)
    if found is None:
        return np.full(table.rows, wanted.default or 0.0)
    if isinstance(found, PackedText):
        values, empty = _read_numbers(to_arrow(found)), found.lengths() == 0
    else:
        values, empty = found.copy(), np.isnan(found)
    if wanted.default is not None:
        values[empty] = wanted.default
    with np.errstate(invalid="ignore"):
        bad = ~((values >= wanted.low) & (values <= wanted.high))
        bad |= wanted.whole & (values != np.floor(values))
    rows = np.flatnonzero(bad)
    texts = found.take(rows) if isinstance(found, PackedText) else [str(value) for value in found[rows]]
    for row, text in zip(rows.tolist(), texts, strict=True):
        table.add_fault(row, f"{column} {shown(text)} is no {wanted}; correct it")
    values[bad] = 0.0
    return values


def _read_numbers(texts: pa.LargeStringArray) -> NDArray[np.float64]:
    """Read numbers, NaN where there is none: halve what does not read as a whole, down to the faulty rows."""
    try:
        return np.array(texts.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            return np.array([np.nan])
        half = len(texts) // 2
        return np.concatenate([_read_numbers(texts[:half]), _read_numbers(texts[half:])])


def coded(
    table: RawTable, column: str, default: int, read: Callable[[str], int | None], wanted: str
) -> NDArray[np.int64]:
    """Return a code for each text, `default` where it is empty; `read` returns None for a text it does not know."""
    texts = labels(table, column)
    codes = [read(text) for text in texts.values]
    unknown = [place for place, code in enumerate(codes) if code is None]
    for row in np.flatnonzero(np.isin(texts.codes, unknown)).tolist():
        table.add_fault(row, f"{column} {shown(texts.values[texts.codes[row]])} is not known; give {wanted}")
    return np.array([default if code is None else code for code in [*codes, None]], np.int64)[texts.codes]


def choices(table: RawTable, column: str, known: tuple[str, ...], default: int | None) -> NDArray[np.uint8]:
    """Return the index of each text in `known`; an empty one is a fault unless there is a default."""
    if default is None and (texts := table.text(column)) is not None:
        table.add_faults(np.flatnonzero(texts.lengths() == 0), f"{column} is empty; give {_one_of(known)}")
    places = {text: place for place, text in enumerate(known)}
    return coded(table, column, default or 0, places.get, _one_of(known)).astype(np.uint8)


def truths(table: RawTable, column: str) -> NDArray[np.int8]:
    """Return 1, 0 or `UNSPECIFIED`."""
    return coded(table, column, UNSPECIFIED, lambda text: TRUTHS.get(text.lower()), "true or false").astype(np.int8)


def phases(table: RawTable, column: str) -> NDArray[np.uint8]:
    """Return the sum of the phases, 0 where nothing is said."""
    return coded(table, column, 0, _phases, "some of A, B and C, such as ABC or B").astype(np.uint8)


def _phases(text: str) -> int | None:
    bits = {PHASES.get(letter, ALL_PHASES + 1) for letter in text.upper()}
    return sum(bits) if sum(bits) <= ALL_PHASES and len(bits) == len(text) else None


def _one_of(known: tuple[str, ...]) -> str:
    return f"{', '.join(known[:-1])} or {known[-1]}"
