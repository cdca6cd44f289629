"""Which files and columns describe a utility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TableLayout:
    """A table's columns; columns of other names are ignored."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    numbers: frozenset[str]
    """The columns that hold numbers; all others hold text."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return all known columns."""
        return self.required + self.optional


SPREADSHEETS: Final = (".xlsx", ".xls", ".ods")

DEVICES: Final = TableLayout(
    name="devices",
    required=("device_id", "kind", "parent_id", "feeder_id", "substation_id", "longitude", "latitude"),
    optional=("phases", "ganged", "telemetered", "other_parent_id", "territory_id"),
    numbers=frozenset({"longitude", "latitude"}),
)

USAGE_POINTS: Final = TableLayout(
    name="usage_points",
    required=("usage_point_id", "meter_id", "device_id", "load_kw", "longitude", "latitude"),
    optional=("collector_id", "phases", "customers", "priority", "account_id", "customer_class"),
    numbers=frozenset({"load_kw", "longitude", "latitude", "customers"}),
)

AREAS: Final = TableLayout(
    name="areas", required=("usage_point_id", "kind", "area_id"), optional=(), numbers=frozenset()
)
"""Optional beside the two."""
LIFE_SUPPORT: Final = TableLayout(name="life_support", required=("usage_point_id",), optional=(), numbers=frozenset())
"""Restricted, and so never beside the others: whose supply somebody's life depends on."""


def find_areas(folder: Path) -> Path | None:
    """Return the file of the areas, if there is one. Raises `NetworkFaults` where it stands there in both forms."""
    forms = [path for path in (folder / f"{AREAS.name}.csv", folder / f"{AREAS.name}.parquet") if path.is_file()]
    if len(forms) > 1:
        raise NetworkFaults([f"{folder}: holds {_either(AREAS).replace(' or ', ' and ')}; remove one of them"])
    return forms[0] if forms else None


def find_tables(folder: Path) -> tuple[Path, Path]:
    """Return the files of the devices and of the usage points, each `.csv` or `.parquet`.

    Raises `NetworkFaults` where a table is missing or stands there in both forms.
    """
    if folder.is_file():
        raise NetworkFaults([f"{folder}: is a file; give the folder that holds it"])
    if not folder.is_dir():
        wanted = f"{_either(DEVICES)} and {_either(USAGE_POINTS)}"
        raise NetworkFaults([f"{folder}: no such folder; give one that holds {wanted}"])
    faults: list[str] = []
    files = []
    for layout in (DEVICES, USAGE_POINTS):
        forms = [path for path in (folder / f"{layout.name}.csv", folder / f"{layout.name}.parquet") if path.exists()]
        files += forms
        if not forms:
            faults.append(f"{folder}: the table {layout.name} is missing; {_remedy(folder, layout)}")
        elif len(forms) > 1:
            faults.append(f"{folder}: holds {_either(layout).replace(' or ', ' and ')}; remove one of them")
        elif not forms[0].is_file():
            faults.append(f"{forms[0]}: is no file; put the table itself there")
    if faults:
        raise NetworkFaults(faults)
    return files[0], files[1]


def _remedy(folder: Path, layout: TableLayout) -> str:
    """Say what to do about a missing table, by what stands near it."""
    for path in sorted(folder.iterdir()):
        if path.stem.casefold().replace("-", "_").replace(" ", "_") in (layout.name, layout.name.removesuffix("s")):
            if path.suffix.casefold() in SPREADSHEETS:
                return f"save {path.name} as {layout.name}.csv (CSV UTF-8)"
            return f"{path.name} is there: name it {layout.name}{path.suffix.casefold()}"
    return f"add {_either(layout)}"


def _either(layout: TableLayout) -> str:
    return f"{layout.name}.csv or {layout.name}.parquet"
