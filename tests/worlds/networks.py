"""Small networks written by hand, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.columns.packed_text import PackedText
from models.network.compiler import compile_network
from models.network.network import DEVICE_KINDS, PRIORITIES, Network
from models.network.placement import EVIDENCE_PARTITIONS
from models.network.tables import UNSPECIFIED, Categories, DeviceColumns, PointColumns


@dataclass(frozen=True)
class Device:
    """A row of the device table."""

    id: str
    parent: str = ""
    kind: str = "switch"
    substation: str = "sub"
    feeder: str = "feeder"
    phases: int = 0
    ganged: int = UNSPECIFIED
    telemetered: int = UNSPECIFIED
    other_parent: str = ""


@dataclass(frozen=True)
class Point:
    """A row of the table of usage points; the meter is `M` and the id unless said otherwise."""

    id: str
    device: str
    meter: str | None = None
    collector: str = ""
    customers: int = 1
    priority: str = "none"
    account: str = ""
    customer_class: str = ""
    phases: int = 0


def columns_of(devices: Sequence[Device], points: Sequence[Point]) -> tuple[DeviceColumns, PointColumns]:
    """Put rows into columns; they lie at 0° 0°."""
    row = {"": -1} | {device.id: row for row, device in enumerate(devices)}
    nowhere, somewhere = np.zeros(len(devices)), np.zeros(len(points))
    return DeviceColumns(
        device_id=PackedText.of([device.id for device in devices]),
        kind=np.array([DEVICE_KINDS.index(device.kind) for device in devices], np.uint8),
        parent=np.array([row[device.parent] for device in devices], np.int32),
        substation=Categories.of([device.substation for device in devices]),
        feeder=Categories.of([device.feeder for device in devices]),
        longitude=nowhere,
        latitude=nowhere,
        phases=np.array([device.phases for device in devices], np.uint8),
        ganged=np.array([device.ganged for device in devices], np.int8),
        telemetered=np.array([device.telemetered for device in devices], np.int8),
        other_parent=np.array([row[device.other_parent] for device in devices], np.int32),
        territory=Categories.none(len(devices)),
    ), PointColumns(
        usage_point_id=PackedText.of([point.id for point in points]),
        meter_id=PackedText.of([f"M{point.id}" if point.meter is None else point.meter for point in points]),
        device=np.array([row[point.device] for point in points], np.int32),
        load_kw=np.ones(len(points), np.float32),
        longitude=somewhere,
        latitude=somewhere,
        collector=Categories.of([point.collector for point in points]),
        phases=np.array([point.phases for point in points], np.uint8),
        customers=np.array([point.customers for point in points], np.int32),
        priority=np.array([PRIORITIES.index(point.priority) for point in points], np.uint8),
        account=Categories.of([point.account for point in points]),
        customer_class=Categories.of([point.customer_class for point in points]),
    )


def network_of(
    devices: Sequence[Device],
    points: Sequence[Point],
    previous: Network | None = None,
    evidence_partitions: int = EVIDENCE_PARTITIONS,
) -> Network:
    """Compile rows."""
    return compile_network(*columns_of(devices, points), previous, evidence_partitions)
