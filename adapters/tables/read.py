"""A folder of tables into columns, or into the list of all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.tables.csv_table import read_csv_table
from adapters.tables.devices import read_devices
from adapters.tables.layout import AREAS, DEVICES, USAGE_POINTS, TableLayout, find_areas, find_tables
from adapters.tables.parquet_table import read_parquet_table
from adapters.tables.usage_points import read_areas, read_usage_points
from models.columns.packed_text import PackedText
from models.network.canary.rows import reserved
from models.network.faults import NetworkFaults
from models.network.tables import AreaColumns

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.tables.raw_table import RawTable
    from models.network.tables import DeviceColumns, PointColumns


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The tables of a utility, checked."""

    devices: DeviceColumns
    points: PointColumns
    areas: AreaColumns
    """None where that table is missing."""
    empty_rows: int = 0
    """Rows of all in which nothing stands: they were passed over."""


def read_tables(folder: Path) -> Tables:
    """Read and check `devices`, `usage_points` and, if it is there, `areas`.

    Raises `NetworkFaults` with every fault, by file and line.
    """
    (device_path, point_path), area_path = find_tables(folder), find_areas(folder)
    faults: list[str] = []
    device_table, point_table = _open(device_path, DEVICES, faults), _open(point_path, USAGE_POINTS, faults)
    devices = None if device_table is None else read_devices(device_table)
    device_id = PackedText.of(()) if devices is None else devices.device_id
    points = None if point_table is None else read_usage_points(point_table, device_id)
    area_table = None if area_path is None else _open(area_path, AREAS, faults)
    areas = AreaColumns.none()
    if area_table is not None:
        areas = read_areas(area_table, PackedText.of(()) if points is None else points.usage_point_id)
    tables = [table for table in (device_table, point_table, area_table) if table is not None]
    faults += [fault for table in tables for fault in table.report()]
    if faults or devices is None or points is None:
        raise NetworkFaults(faults)
    if kept := reserved(devices, points):
        raise NetworkFaults([f"{device_path.parent}: {fault}" for fault in kept])
    return Tables(devices, points, areas, sum(table.empty_rows for table in tables))


def _open(path: Path, layout: TableLayout, faults: list[str]) -> RawTable | None:
    """Read a table's columns; one that cannot be read at all is noted among the faults."""
    try:
        return read_csv_table(path, layout) if path.suffix == ".csv" else read_parquet_table(path, layout)
    except NetworkFaults as refused:
        faults += refused.faults
    except OSError as error:
        faults.append(f"{path}: cannot be read ({error.strerror}); make it readable")
    return None
