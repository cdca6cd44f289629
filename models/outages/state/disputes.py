"""Who speaks against the position that operators have an outage's device in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.context.operators import CONFIRMED_OPEN
from models.outages.inference.knowledge import CLOSED, GOOD, OPEN, OPERATOR_OPEN
from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def disputed_by(partition: Partition, outage: Outage) -> list[str]:
    """Give who says that a device is closed, or its customers have power, that operators have open."""
    devices = partition.devices
    if outage.device < 0 or outage.final or not (outage.operators or devices.operator[outage.device]):
        return []
    members = [
        d
        for d in class_members(partition.network, outage.device)
        if devices.operator[d] in (OPERATOR_OPEN, CONFIRMED_OPEN)
    ]
    if not members:
        return []
    scada = any(devices.position[d] == CLOSED and devices.quality[d] == GOOD for d in members)
    scada = scada and not any(devices.position[d] == OPEN and devices.quality[d] == GOOD for d in members)
    points, here = partition.points, slice(*outage.span)
    since = max(int(devices.operator_at[d]) for d in members)
    back = (
        (points.owner[here] == outage.slot)
        & (points.on_last[here] > since)
        & (points.on_last[here] > points.out_last[here])
    )
    return (["scada"] if scada else []) + (["meters"] if back.any() else [])
