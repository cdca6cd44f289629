"""From the ledger's entries to the records that others read: `MembershipRecord` as plain dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.outputs.membership import MOST_ENTRIES
from models.network.network import PRIORITIES
from models.outages.context.ledger import CHANGES, GAINED, LOST, TRANSFERRED
from models.outages.inference.knowledge import RETURNED
from models.outages.state.record_writer import SCHEMA_VERSION, format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from models.outages.context.ledger import Entries
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

Record = dict[str, Any]
_CHANGES: Final = np.array(CHANGES, np.object_)


def points_of(partition: Partition, outage: Outage) -> NDArray[np.int64]:
    """The usage points that an outage has, ascending; none if it is over: its slot may be another one's by now."""
    if outage.final:
        return np.zeros(0, np.int64)
    first, last = outage.span
    return first + np.flatnonzero(partition.points.owner[first:last] == outage.slot)


def whom(partition: Partition, outage: Outage, here: NDArray[np.int64]) -> Record:
    """Whom an outage has out of its points, by priority, class and area: fields of its record."""
    out = here[partition.points.phase[here] != RETURNED]
    life_support = partition.breakdown.life_support(out, outage.customers_out)
    priorities = dict(zip(PRIORITIES[1:], outage.priority_out, strict=True))
    return {"priority_out": {"life_support": life_support, **priorities}, **partition.breakdown.fields(out)}


def memberships(partition: Partition, outage: Outage, here: NDArray[np.int64], now: int) -> list[Record]:
    """What the revision just written changes of who is out by it, in parts, `sequence` still to come."""
    restored = [(one.basis, one.restored_at, one.points) for one in outage.restorations]
    entries = partition.context.ledger.entries(outage.outage_id, here, restored, partition.points, now)
    if entries is None:
        return []
    names = _others(partition, entries)
    change, moved = entries.change.copy(), np.flatnonzero(entries.change == TRANSFERRED)
    change[[row for row in moved.tolist() if names[row] is None]] = LOST
    columns = {
        "usage_points": partition.network.point_number[entries.points].tolist(),
        "changes": _CHANGES[change].tolist(),
        "out_at": entries.out_at.tolist(),
        "at": entries.at.tolist(),
        "others": names.tolist(),
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


def _others(partition: Partition, entries: Entries) -> NDArray[np.object_]:
    """From which outage each point was gained, to which published one it was transferred; None from and to none."""
    names = np.full(len(entries.points), None, np.object_)
    for change, name_of in ((GAINED, partition.context.ledger.names.get), (TRANSFERRED, _published(partition))):
        rows = np.flatnonzero((entries.change == change) & (entries.other >= 0))
        others = entries.other[rows]
        for other in set(others.tolist()):
            names[rows[others == other]] = name_of(other)
    return names


def _published(partition: Partition) -> Callable[[int], str | None]:
    def name_of(slot: int) -> str | None:
        heir = partition.by_slot[slot]
        return None if heir is None or heir.suspected else heir.outage_id

    return name_of
