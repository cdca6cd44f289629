"""How the devices of a zone stand by all that is known, and since when, in the order of the normal network."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.network.feeding.paths import ALWAYS
from models.network.feeding.paths import NEVER as STILL
from models.outages.inference.knowledge import CLOSED, GOOD, NEVER, OPEN, OPERATOR_CLOSED, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.state.partition import Partition


class Stand(NamedTuple):
    """Of n devices; an operator's word goes before a crew's, that before SCADA's."""

    opened: NDArray[np.int64]
    """Since when a device is open; STILL while it is closed. One that is normally open is so always until it closes."""
    closed: NDArray[np.int64]
    """When it last closed; ALWAYS if it has never been open."""


def stand(partition: Partition, zone: int) -> Stand:
    """Say how the devices of a zone stand."""
    normal, devices = partition.shared.normal.network, partition.devices
    first, last = normal.zone_device_start[zone : zone + 2].tolist()
    rows = partition.network.device_position[normal.device_number[first:last]]
    position, at = devices.position[rows], devices.position_at[rows]
    operator, crew_open = devices.operator[rows], devices.crew_open_at[rows]
    for number, told_at in partition.ways.told.items():  # of a supply, not of the device
        place = normal.device_at(number) - first
        if 0 <= place < last - first and devices.operator_at[rows[place]] == told_at:
            operator[place], crew_open[place] = 0, NEVER
    tie = normal.other_parent[first:last] >= 0
    by_operator = operator == OPERATOR_CLOSED
    told_closed = (position == CLOSED) & (~tie | (devices.quality[rows] == GOOD))
    by_crew = (crew_open != NEVER) & ~by_operator & ~(told_closed & (at > crew_open))
    is_closed = by_operator | (~by_crew & (told_closed | (~tie & (position == UNKNOWN))))
    known = {outage.device: outage.wave_at for outage in partition.open_in(zone)}
    for place in np.flatnonzero(crew_open != NEVER).tolist():  # a crew tells of what has been open since then
        crew_open[place] = min(crew_open[place], known.get(int(rows[place]), crew_open[place]))
    opened = np.where(by_crew, crew_open, np.where(position == OPEN, at, np.int64(ALWAYS)))
    was_open = tie | (devices.open_last[rows] != NEVER) | (by_operator & (crew_open != NEVER))
    closed = np.where(by_operator, devices.crew_done_at[rows], np.where(told_closed & was_open, at, np.int64(ALWAYS)))
    here = Stand(np.where(is_closed, np.int64(STILL), opened), closed)
    _keep_open(partition, zone, here, np.maximum(devices.crew_done_at[rows], np.where(told_closed, at, NEVER)))
    return here


def _keep_open(partition: Partition, zone: int, here: Stand, told: NDArray[np.int64]) -> None:
    """Lines are cut, and what was known to be open stays so until somebody says that it has closed since."""
    normal, ways = partition.shared.normal.network, partition.ways
    first, last = normal.zone_device_start[zone : zone + 2].tolist()
    for number, since in ways.kept_open.items():
        at = normal.device_at(number) - first
        if 0 <= at < last - first and told[at] <= since:
            here.opened[at] = min(int(here.opened[at]), since)
    for element in ways.in_zone(zone):
        at = normal.device_at(element.device) - first
        if element.kind == "cut" and at >= 0:
            since, until = element.since, element.until
            here.opened[at] = min(int(here.opened[at]), since) if until is None else here.opened[at]
            here.closed[at] = here.closed[at] if until is None else max(int(here.closed[at]), until)
