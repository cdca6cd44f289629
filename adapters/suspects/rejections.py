"""What was looked at and found right: a CSV file of usage points and the devices that do feed them."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Final

from adapters.files.whole import write_whole
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FIELDS: Final = ("usage_point_id", "device_id", "audit")
Rejection = tuple[str, str]
"""A usage point and the device at which it is right."""


def read_rejections(path: Path | None) -> frozenset[Rejection]:
    """Read the file; none, or one that is not there yet, rejects nothing. Raises `FaultsError`, all faults at once."""
    rows = [] if path is None or not path.exists() else _rows(path)
    return frozenset((row["usage_point_id"], row["device_id"]) for row in rows)


def add_rejections(path: Path, rejections: Sequence[Rejection], audit: str) -> None:
    """Add to the file, with who says so and why. Raises `FaultsError`."""
    rows = _rows(path) if path.exists() else []
    rows += [dict(zip(FIELDS, (*one, audit), strict=True)) for one in rejections]
    text = StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())


def _rows(path: Path) -> list[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            rows: list[Mapping[str, str]] = list(table)
            heads = table.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FaultsError([f"{path}: is no CSV file that can be read ({error}); mend it"]) from error
    if tuple(heads) != FIELDS:
        raise FaultsError([f"{path}: has the columns {', '.join(heads) or 'none'}; give {', '.join(FIELDS)}"])
    faults = [
        f"{path}:{number}: names no usage point or no device; mend the line"
        for number, row in enumerate(rows, 2)
        if not row["usage_point_id"] or not row["device_id"]
    ]
    if faults:
        raise FaultsError(faults)
    return rows
