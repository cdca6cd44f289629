"""From the ledger's entries to the records that others read: `MembershipRecord` as dictionaries.

Columns of numbers stay arrays up to the edge: a blackout of a million would be three million objects at one instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.outputs.membership import MOST_ENTRIES
from models.network.network import PRIORITIES
from models.outages.context.last_revision import Returned, read_last_revision
from models.outages.context.ledger import BASES, CHANGES, CONFIRMED, GAINED, INFERRED, LOST, TRANSFERRED
from models.outages.context.put_right import find
from models.outages.inference.knowledge import RETURNED
from models.outages.state.outage import ENDED
from models.outages.state.record_writer import SCHEMA_VERSION, format_time
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from models.outages.context.last_revision import LastRevision
    from models.outages.context.ledger import Entries, Restored
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

    Columns = dict[str, list[Any] | NDArray[Any]]
    Times = NDArray[np.int64]

Record = dict[str, Any]
Place = tuple[str, int, int]
"""Of which revision entries are: the outage, its revision, and its zone."""
_CHANGES: Final = np.array(CHANGES, np.object_)
_RESTORED: Final = frozenset(CHANGES[basis] for basis in BASES.values())


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


def restored(outage: Outage) -> list[Restored]:
    """The returns that the next revision of an outage tells."""
    return [(one.basis, one.restored_at, one.points) for one in outage.restorations]


def memberships(partition: Partition, outage: Outage, here: NDArray[np.int64], now: int) -> list[Record]:
    """What the revision just written changes of who is out by it, in parts, `sequence` still to come."""
    entries = partition.context.ledger.entries(outage.outage_id, here, restored(outage), partition.points, now)
    if entries is None:
        return []
    names = _others(partition, entries)
    change = entries.change.copy()
    if names is not None:
        moved = np.flatnonzero(entries.change == TRANSFERRED)
        change[[row for row in moved.tolist() if names[row] is None]] = LOST
    alike = bool((change == change[0]).all())  # of a blackout: thousands who all lost their power
    columns = {
        "usage_points": partition.network.point_number[entries.points],
        "changes": [CHANGES[change[0]]] * len(change) if alike else _CHANGES[change].tolist(),
        "out_at": entries.out_at,
        "at": entries.at,
        "others": [None] * len(change) if names is None else names.tolist(),
    }
    return _records(partition, (outage.outage_id, outage.revision, outage.zone), columns, now)


def _records(partition: Partition, place: Place, columns: Columns, now: int) -> list[Record]:
    outage_id, revision, zone = place
    starts = range(0, len(columns["at"]), MOST_ENTRIES)
    event_id = f"{outage_id}:{revision}"
    return [
        {
            "event_id": event_id if part == 1 else f"{event_id}:{part}",
            "schema_version": SCHEMA_VERSION,
            "organisation": partition.writer.organisation,
            "outage_id": outage_id,
            "revision": revision,
            "zone_id": partition.network.zone_ids[zone],
            "updated_at": format_time(now),
            "network_version": partition.network.version,
            "part": part,
            "parts": len(starts),
            **{name: column[first : first + MOST_ENTRIES] for name, column in columns.items()},
        }
        for part, first in enumerate(starts, start=1)
    ]


def returned_points(partition: Partition, outage: Outage, members: list[Record]) -> Returned:
    """Who got power back from an outage that is over; `members` is what its last revision adds to the ledger."""
    if outage.status not in ENDED:
        return Returned()
    numbers, lost, back = (
        np.concatenate([np.zeros(0, np.int64), *(record[name] for record in members)])
        for name in ("usage_points", "out_at", "at")
    )
    changes = [change for record in members for change in record["changes"]]
    last = np.array([change in _RESTORED for change in changes], np.bool_)
    now_confirmed = np.array([change == CHANGES[CONFIRMED] for change in changes], np.bool_)[last]
    earlier, out_at, confirmed = partition.context.ledger.returned(outage.outage_id)
    known = partition.network.point_number[earlier].astype(np.int32)
    stay = ~np.isin(known, numbers)
    earlier, out_at, known, confirmed = earlier[stay], out_at[stay], known[stay], confirmed[stay]
    at = np.maximum(partition.points.back_at[earlier], out_at)
    return Returned(
        np.append(numbers[last].astype(np.int32), known).tobytes(),
        np.append(lost[last], out_at).tobytes(),
        np.append(back[last], at).tobytes(),
        np.append(now_confirmed, confirmed).tobytes(),
        np.append(np.ones(int(last.sum()), np.bool_), np.zeros(len(earlier), np.bool_)).tobytes(),
    )


def set_start(partition: Partition, outage: Outage, at: int) -> None:
    """Who went out with an open outage did so at another time (ms); to be called before its start is moved."""
    here, points = points_of(partition, outage), partition.points
    since = partition.context.ledger.put_right.since(points, here)
    _put(partition, outage, here[np.abs(since - outage.started_at) <= partition.scores.coherence], at)


def hold_start(partition: Partition, outage: Outage, here: Times) -> None:
    """Who is found only now to have gone out with an outage did so at the start that operators gave it."""
    if not outage.start_is_given or outage.final:
        return
    found = partition.points.interrupted_at[here]
    fresh = (np.abs(found - outage.wave_at) <= partition.scores.coherence) & (found != outage.started_at)
    fresh &= partition.context.ledger.put_right.since(partition.points, here) == found
    _put(partition, outage, here[fresh], outage.started_at)


def _put(partition: Partition, outage: Outage, some: Times, at: int) -> None:
    if not len(some):
        return
    points = partition.points
    numbers, found = partition.network.point_number[some].astype(np.int64), points.interrupted_at[some]
    earliest = _back_before(partition, outage.zone, numbers, found)
    back_at = points.back_at[some]
    earliest = np.maximum(earliest, np.where(back_at <= found, back_at, 0))
    told = np.maximum(at, earliest)
    back = points.phase[some] == RETURNED
    told[back] = np.minimum(told, back_at)[back]
    partition.context.ledger.put_right.put(points, some, told)


def _back_before(partition: Partition, zone: int, numbers: Times, since: Times) -> Times:
    """When points, by stable number, had power back from an outage that is over before they went out anew; 0: never."""
    back = np.zeros(len(numbers), np.int64)
    for ended in partition.ended.values():
        if ended.zone != zone:
            continue
        returned = read_last_revision(ended.last_revision).returned
        known = np.frombuffer(returned.numbers, np.int32).astype(np.int64)
        at = np.frombuffer(returned.at, np.int64)
        if not len(known):
            continue
        order = np.argsort(known, kind="stable")
        there, place = find(known[order], numbers)
        then = at[order][place]
        back = np.where(there & (then <= since), np.maximum(back, then), back)
    return back


def corrected(
    partition: Partition, place: Place, last: LastRevision, known: Mapping[str, Any], now: int
) -> list[Record]:
    """What times of an outage that is over change that were put right; `known` are the facts of before.

    Nobody was out after its restoration, and the last ones up to it; who is out anew by another outage was so from then
    on. Who went out with it did so at its start. `last` knows of it from now on.
    """
    returned = last.returned
    numbers = np.frombuffer(returned.numbers, np.int32)
    out_before, before = np.frombuffer(returned.out_at, np.int64), np.frombuffer(returned.at, np.int64)
    basis = np.frombuffer(returned.confirmed, np.bool_)
    out_at, at = out_before, before
    if last.facts["started_at"] != known["started_at"]:
        out_at = _started(partition, place[2], last, parse_time(known["started_at"]))
    if last.facts["restored_at"] != known["restored_at"]:
        at = _restored(partition, last, out_at)
    rows = np.flatnonzero((at != before) | (out_at != out_before))
    basis = basis | (at != before)
    returned.out_at, returned.at, returned.confirmed = out_at.tobytes(), at.tobytes(), basis.tobytes()
    columns: Columns = {
        "usage_points": numbers[rows],
        "changes": [CHANGES[CONFIRMED if confirmed else INFERRED] for confirmed in basis[rows].tolist()],
        "out_at": out_at[rows],
        "at": at[rows],
        "others": [None] * len(rows),
    }
    return _records(partition, place, columns, now)


def _started(partition: Partition, zone: int, last: LastRevision, before: int) -> Times:
    numbers = np.frombuffer(last.returned.numbers, np.int32).astype(np.int64)
    out_at = np.frombuffer(last.returned.out_at, np.int64)
    since = np.maximum(parse_time(last.facts["started_at"]), _back_before(partition, zone, numbers, out_at))
    since = np.minimum(since, np.frombuffer(last.returned.at, np.int64))
    return np.where(np.abs(out_at - before) <= partition.scores.coherence, since, out_at)


def _restored(partition: Partition, last: LastRevision, out_at: Times) -> Times:
    until, returned = parse_time(last.facts["restored_at"]), last.returned
    before = np.frombuffer(returned.at, np.int64)
    moved = (before > until) | np.frombuffer(returned.last, np.bool_)
    points, at_point = partition.points, partition.network.point_position[np.frombuffer(returned.numbers, np.int32)]
    anew = points.interrupted_at[at_point]
    again = (points.owner[at_point] >= 0) | (points.back_at[at_point] >= anew)  # else it was released: it never was out
    again &= at_point >= 0  # else it has left the network
    again &= (anew > out_at) & (anew >= before)  # else it is this interruption
    latest = np.where(again, np.minimum(anew, until), until)
    return np.where(moved, np.maximum(latest, out_at), before)


def _others(partition: Partition, entries: Entries) -> NDArray[np.object_] | None:
    """From which outage each point was gained, to which published one it was transferred; None from and to none."""
    if not (entries.other >= 0).any() and not (entries.change == TRANSFERRED).any():
        return None
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
