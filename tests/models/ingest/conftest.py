"""A network small enough to know by heart: a source, a breaker and a transformer with six usage points."""

import numpy as np
import pytest

from models.columns.packed_text import PackedText
from models.network.compiler import compile_network
from models.network.network import Network
from models.network.tables import Categories, DeviceColumns, PointColumns


@pytest.fixture(scope="session")
def network() -> Network:
    """Usage points `point-0` to `point-5`, each with the meter of its number, three accounts of two points each.

    The last point has no meter, and the first meter's id is no ASCII.
    """
    devices = DeviceColumns(
        device_id=PackedText.of(["source", "breaker", "transformer"]),
        kind=np.array([0, 3, 9], np.uint8),
        parent=np.array([-1, 0, 1], np.int32),
        substation=Categories.of(["north"] * 3),
        feeder=Categories.of(["", "north-1", "north-1"]),
        longitude=np.zeros(3),
        latitude=np.zeros(3),
        phases=np.zeros(3, np.uint8),
        ganged=np.full(3, -1, np.int8),
        telemetered=np.full(3, -1, np.int8),
        other_parent=np.full(3, -1, np.int32),
        territory=Categories.none(3),
    )
    points = PointColumns(
        usage_point_id=PackedText.of([f"point-{point}" for point in range(6)]),
        meter_id=PackedText.of(["Zähler-0", "meter-1", "meter-2", "meter-3", "meter-4", ""]),
        device=np.full(6, 2, np.int32),
        load_kw=np.ones(6, np.float32),
        longitude=np.zeros(6),
        latitude=np.zeros(6),
        collector=Categories.none(6),
        phases=np.zeros(6, np.uint8),
        customers=np.ones(6, np.int32),
        priority=np.zeros(6, np.uint8),
        account=Categories.of([f"account-{point % 3}" for point in range(6)]),
        customer_class=Categories.none(6),
    )
    return compile_network(devices, points)
