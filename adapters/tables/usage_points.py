"""The table of usage points: its rows into columns, its faults into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.tables.devices import refuse_repeated
from adapters.tables.fields import (
    CUSTOMERS,
    LATITUDE,
    LOAD,
    LONGITUDE,
    choices,
    ids,
    labels,
    numbers,
    phases,
    references,
)
from models.network.network import PRIORITIES
from models.network.tables import PointColumns

if TYPE_CHECKING:
    from adapters.tables.raw_table import RawTable
    from models.columns.packed_text import PackedText


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
        priority=choices(table, "priority", PRIORITIES, 0),
        account=labels(table, "account_id"),
    )
    refuse_repeated(table, "usage_point_id", points.usage_point_id)
    refuse_repeated(table, "meter_id", points.meter_id)
    return points
