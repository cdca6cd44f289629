"""The tables of usage points and of their areas: rows into columns, faults into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from adapters.tables.devices import refuse_repeated
from adapters.tables.fields import (
    CUSTOMERS,
    LATITUDE,
    LOAD,
    LONGITUDE,
    coded,
    ids,
    labels,
    numbers,
    phases,
    references,
)
from adapters.tables.raw_table import shown
from models.columns.hash_index import index_names
from models.network.network import PRIORITIES
from models.network.tables import AreaColumns, PointColumns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from adapters.tables.raw_table import RawTable
    from models.columns.packed_text import PackedText

LIFE_SUPPORT: Final = "life_support"
"""A priority once, now a restricted table of its own (`adapters.restricted.life_support.py`)."""


def read_usage_points(table: RawTable, device_id: PackedText) -> PointColumns:
    """Return the usage points; each fault is noted with the table."""
    ids(table, "device_id")
    points = PointColumns(
        usage_point_id=ids(table, "usage_point_id"),
        meter_id=ids(table, "meter_id", may_be_empty=True),
        device=references(table, "device_id", device_id),
        load_kw=numbers(table, "load_kw", LOAD).astype(np.float32),
        longitude=numbers(table, "longitude", LONGITUDE),
        latitude=numbers(table, "latitude", LATITUDE),
        collector=labels(table, "collector_id"),
        phases=phases(table, "phases"),
        customers=numbers(table, "customers", CUSTOMERS).astype(np.int32),
        priority=_priorities(table),
        account=labels(table, "account_id"),
        customer_class=labels(table, "customer_class"),
    )
    refuse_repeated(table, "usage_point_id", points.usage_point_id)
    refuse_repeated(table, "meter_id", points.meter_id)
    return points


def _priorities(table: RawTable) -> NDArray[np.uint8]:
    """Return the index of each priority. Who depends on life support is no business of whoever may read this table."""
    places: dict[str, int] = {name: place for place, name in enumerate((*PRIORITIES, LIFE_SUPPORT))}
    codes = coded(table, "priority", 0, places.get, "none, critical or key")
    rows = np.flatnonzero(codes == places[LIFE_SUPPORT])
    table.add_faults(
        rows, "priority is life_support, a fact of health; leave it empty and list the point in the table life_support"
    )
    codes[rows] = 0
    return codes.astype(np.uint8)


def read_areas(table: RawTable, usage_point_id: PackedText) -> AreaColumns:
    """Return the rows about known usage points; each fault is noted with the table."""
    names = ids(table, "usage_point_id")
    point = index_names(usage_point_id).find_names(usage_point_id, names)
    unknown = np.flatnonzero((point < 0) & (names.lengths() > 0) & bool(usage_point_id.offsets[-1]))
    for row, name in zip(unknown.tolist(), names.take(unknown), strict=True):
        table.add_fault(row, f"usage_point_id {shown(name)} is none of the usage points; correct it")
    areas = AreaColumns(point, labels(table, "kind", may_be_empty=False), labels(table, "area_id", may_be_empty=False))
    _refuse_second(table, areas)
    return areas


def _refuse_second(table: RawTable, areas: AreaColumns) -> None:
    """Note each row that gives a point another area of a kind."""
    rows = np.flatnonzero((areas.point >= 0) & (areas.kind.codes >= 0))
    pairs = areas.point[rows].astype(np.int64) * len(areas.kind.values) + areas.kind.codes[rows]
    _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
    earlier = first[inverse.reshape(-1)]
    for place in np.flatnonzero(earlier != np.arange(len(rows))).tolist():
        line = table.line_of(int(rows[earlier[place]]))
        kind = areas.kind.values[int(areas.kind.codes[rows[place]])]
        table.add_fault(
            int(rows[place]), f"the usage point has an area of kind {shown(kind)} in line {line}; leave one of them out"
        )
