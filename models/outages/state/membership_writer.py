"""From the ledger's entries to the records that others read: `MembershipRecord` as plain dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.contracts.outputs.membership import MOST_ENTRIES
from models.outages.context.ledger import CHANGES, GAINED, LOST, TRANSFERRED
from models.outages.state.record_writer import SCHEMA_VERSION, format_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.context.ledger import Entries
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

Record = dict[str, Any]


def points_of(partition: Partition, outage: Outage) -> NDArray[np.int64]:
    """The usage points that an outage has, ascending; none if it is over: its slot may be another one's by now."""
    if outage.final:
        return np.zeros(0, np.int64)
    first, last = outage.span
    return first + np.flatnonzero(partition.points.owner[first:last] == outage.slot)


def memberships(partition: Partition, outage: Outage, here: NDArray[np.int64], now: int) -> list[Record]:
    """What the revision just written changes of who is out by it, in parts, `sequence` still to come."""
    restored = [(one.basis, one.restored_at, one.points) for one in outage.restorations]
    entries = partition.context.ledger.entries(outage.outage_id, here, restored, partition.points, now)
    if entries is None:
        return []
    names = _others(partition, entries)
    change = entries.change.copy()
    change[(change == TRANSFERRED) & np.array([name is None for name in names], np.bool_)] = LOST
    columns = {
        "usage_points": partition.network.point_number[entries.points].tolist(),
        "changes": [CHANGES[code] for code in change.tolist()],
        "out_at": entries.out_at.tolist(),
        "at": entries.at.tolist(),
        "others": names,
    }
    starts = range(0, len(names), MOST_ENTRIES)
    event_id = f"{outage.outage_id}:{outage.revision}"
    return [
        {
            "event_id": event_id if part == 1 else f"{event_id}:{part}",
            "schema_version": SCHEMA_VERSION,
            "organisation": partition.writer.organisation,
            "outage_id": outage.outage_id,
            "revision": outage.revision,
            "zone_id": partition.network.zone_ids[outage.zone],
            "updated_at": format_time(now),
            "network_version": partition.network.version,
            "part": part,
            "parts": len(starts),
            **{name: column[first : first + MOST_ENTRIES] for name, column in columns.items()},
        }
        for part, first in enumerate(starts, start=1)
    ]


def _others(partition: Partition, entries: Entries) -> list[str | None]:
    """From which outage each point was gained, to which published one it was transferred."""
    names: list[str | None] = []
    for change, other in zip(entries.change.tolist(), entries.other.tolist(), strict=True):
        if change == GAINED:
            names.append(partition.context.ledger.names.get(other))
        elif change == TRANSFERRED:
            heir = partition.by_slot[other]
            names.append(None if heir is None or heir.suspected else heir.outage_id)
        else:
            names.append(None)
    return names
