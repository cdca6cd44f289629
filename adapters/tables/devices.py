"""The table of devices: its rows into columns, its faults into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.tables.fields import LATITUDE, LONGITUDE, choices, ids, labels, numbers, phases, references, truths
from adapters.tables.raw_table import HEADER, RawTable, shown
from models.network.network import DEVICE_KINDS
from models.network.tables import DeviceColumns
from models.network.topology_check import DEEPEST, across_substations, cycles, repeated, too_deep

if TYPE_CHECKING:
    from models.columns.packed_text import PackedText


def read_devices(table: RawTable) -> DeviceColumns:
    """Return the devices; each fault is noted with the table."""
    device_id = ids(table, "device_id")
    devices = DeviceColumns(
        device_id=device_id,
        kind=choices(table, "kind", DEVICE_KINDS, None),
        parent=references(table, "parent_id", device_id),
        substation=labels(table, "substation_id", may_be_empty=False),
        feeder=labels(table, "feeder_id"),
        longitude=numbers(table, "longitude", LONGITUDE),
        latitude=numbers(table, "latitude", LATITUDE),
        phases=phases(table, "phases"),
        ganged=truths(table, "ganged"),
        telemetered=truths(table, "telemetered"),
        other_parent=references(table, "other_parent_id", device_id),
        territory=labels(table, "territory_id"),
    )
    if not table.rows:
        table.add_fault(HEADER, "has no devices; add a row for each")
    refuse_repeated(table, "device_id", device_id)
    _refuse_no_forest(table, devices)
    return devices


def refuse_repeated(table: RawTable, column: str, names: PackedText) -> None:
    """Note each id that stands in an earlier row too."""
    rows, firsts = repeated(names)
    for row, first, name in zip(rows.tolist(), firsts.tolist(), names.take(rows), strict=True):
        table.add_fault(row, f"{column} {shown(name)} stands in line {table.line_of(first)} too; give each its own")


def _refuse_no_forest(table: RawTable, devices: DeviceColumns) -> None:
    names, parent, substation = devices.device_id, devices.parent, devices.substation
    for cycle in cycles(parent):
        shown_way = [shown(name) for name in names.take([*cycle[:5], cycle[0]])]
        way = " under ".join(shown_way[:-1] + ["..."] * (len(cycle) > 5) + shown_way[-1:])
        table.add_fault(cycle[0], f"parent_id leads back to the device itself ({way}); let one be fed from elsewhere")
    for row in across_substations(parent, substation.codes).tolist():
        own, above = substation.values.take(substation.codes[[row, parent[row]]])
        table.add_fault(
            row,
            f"substation_id {shown(own)} differs from the parent's {shown(above)}; a tree stays within one substation",
        )
    table.add_faults(too_deep(parent), f"stands more than {DEEPEST:,} devices from its source; leave some out")
    itself = np.flatnonzero(devices.other_parent == np.arange(table.rows))
    table.add_faults(itself, "other_parent_id is the device itself; give the device on its other side")
