"""Delivery rates as they are given: one number for all meters, or a table by head-end source and collector."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.outages.weights.delivery import ANY, DeliveryRate
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS: Final = ("source", "collector_id", "rate")


class DeliveryFileFaultsError(FaultsError):
    """A delivery rate or table that cannot be read."""


def read_delivery(given: str) -> list[DeliveryRate]:
    """Read a rate, or the path of a CSV file with the columns `source,collector_id,rate`, in the order of its rows.

    Whether sources and collectors are known, and the rates of a table possible, says `lay_delivery` in
    `models.outages.weights.delivery`.
    Raises `DeliveryFileFaultsError` with a sentence for each wrong line.
    """
    try:
        rate = float(given)
    except ValueError:
        return _read_table(Path(given))
    if not 0 <= rate <= 1:
        raise DeliveryFileFaultsError([f"delivery {given} is outside 0 to 1; give the share of messages that arrive"])
    return [DeliveryRate(ANY, ANY, rate)]


def _read_table(path: Path) -> list[DeliveryRate]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, strict=True)
            missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
            read = [] if missing else list(_read_rows(path, rows))
    except OSError as error:
        reason = (
            f"delivery {path} is neither a rate nor a file: {(error.strerror or str(error)).lower()}; check --delivery"
        )
        raise DeliveryFileFaultsError([reason]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DeliveryFileFaultsError([f"delivery {path} is no CSV: {error}; mend it there"]) from error
    faults = [f"delivery {path}: column {column} is missing; write {','.join(COLUMNS)} on line 1" for column in missing]
    faults += [row for row in read if isinstance(row, str)]
    if faults:
        raise DeliveryFileFaultsError(faults)
    return [row for row in read if not isinstance(row, str)]


def _read_rows(path: Path, rows: csv.DictReader[str]) -> Iterator[DeliveryRate | str]:
    """Give each row, or a sentence about it."""
    for row in rows:
        try:
            yield DeliveryRate(row["source"].strip(), row["collector_id"].strip(), float(row["rate"]))
        except (ValueError, TypeError, AttributeError):
            wrong = ",".join(str(row[column]) for column in COLUMNS)
            yield f"delivery {path}, line {rows.line_num}: {wrong!r} is no row; write source,collector_id,rate"
