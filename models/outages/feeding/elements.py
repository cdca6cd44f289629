"""Supplies from outside: a tie to another zone, or a device that is open, heads what they feed and interrupts it.

The engine says of such a device what the supply does: it opens when the supply is lost, and closes when it is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.network.feeding.arrangement import turned
from models.network.feeding.paths import NEVER as STILL
from models.outages.feeding.links import links_of
from models.outages.feeding.positions import stand
from models.outages.inference.knowledge import NEVER
from models.outages.rules.operators.positions import declare_closed_again, declare_open

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.outages.feeding.links import Link
    from models.outages.state.partition import Partition


def stand_in(partition: Partition, zones: Iterable[int]) -> None:
    """Let devices stand in for the supplies over which something is fed in some zones, and that are none of these."""
    ways, normal = partition.ways, partition.shared.normal.network
    outside = {
        zone: [(segment, over) for segment, (over, _) in sorted(there.items()) if _is_outside(partition, over)]
        for zone in zones
        if (there := ways.by_zone.get(zone))
    }
    if not any(outside.values()):
        return
    head = turned(normal, ways.all_on(normal))[1]
    for zone, some in sorted(outside.items()):
        links = {link.over: link for link in links_of(partition, zone, stand(partition, zone))}
        for segment, over in some:
            if (at := normal.device_at(segment)) >= 0 and over in links:
                _tell(partition, int(normal.device_number[head[at]]), links[over])


def _is_outside(partition: Partition, over: int) -> bool:
    """Whether power comes in by an element, or a tie to another zone."""
    normal = partition.shared.normal.network
    tie = normal.device_at(over)
    if tie < 0:
        return True
    other = int(normal.other_parent[tie])
    return other >= 0 and int(normal.device_zone[tie]) != int(normal.device_zone[other])


def _tell(partition: Partition, number: int, link: Link) -> None:
    ways, devices, device = partition.ways, partition.devices, partition.network.device_at(number)
    told = ways.told.get(number)
    if number != link.over and number not in ways.kept_open:
        since = max(int(devices.crew_open_at[device]), int(devices.open_last[device]))
        ways.kept_open[number] = since
        devices.crew_open_at[device], devices.operator[device], devices.operator_at[device] = NEVER, 0, NEVER
        devices.settled_at[device] = max(int(devices.settled_at[device]), since)
    if link.ended < STILL and told != link.ended:
        ways.told[number] = link.ended
        declare_open(partition, device, link.ended, link.ended)
    elif link.ended == STILL and told is not None and link.joined > told:
        ways.told[number] = link.joined
        declare_closed_again(partition, device, link.joined)
