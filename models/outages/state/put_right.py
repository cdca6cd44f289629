"""Start and restoration times that operators put right, in the ledger: of outages that are open, and of those over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.outages.context.last_revision import read_last_revision
from models.outages.context.ledger import CHANGES, CONFIRMED, INFERRED
from models.outages.context.put_right import find
from models.outages.inference.knowledge import RETURNED
from models.outages.state.membership_writer import points_of, records
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.outages.context.last_revision import LastRevision
    from models.outages.state.membership_writer import Columns, Place, Record
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

    Times = NDArray[np.int64]


def set_start(partition: Partition, outage: Outage, at: int) -> None:
    """Who went out with an open outage did so at another time (ms); to be called before its start is moved."""
    here, points = points_of(partition, outage), partition.points
    since = partition.context.ledger.put_right.since(points, here)
    _put(partition, outage, here[np.abs(since - outage.started_at) <= partition.scores.coherence], at)


def hold_start(partition: Partition, outage: Outage, here: Times) -> None:
    """Who is found only now to have gone out with an outage did so at the start that operators gave it."""
    if outage.operators is None or not outage.operators.start_is_set or outage.final:
        return
    found = partition.points.out_at[here]
    fresh = (np.abs(found - outage.wave_at) <= partition.scores.coherence) & (found != outage.started_at)
    fresh &= partition.context.ledger.put_right.since(partition.points, here) == found
    _put(partition, outage, here[fresh], outage.started_at)


def _put(partition: Partition, outage: Outage, some: Times, at: int) -> None:
    if not len(some):
        return
    points = partition.points
    numbers, found = partition.network.point_number[some].astype(np.int64), points.out_at[some]
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
    return records(partition, place, columns, now)


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
    anew = points.out_at[at_point]
    again = (points.owner[at_point] >= 0) | (points.back_at[at_point] >= anew)  # else it was released: it never was out
    again &= at_point >= 0  # else it has left the network
    again &= (anew > out_at) & (anew >= before)  # else it is this interruption
    latest = np.where(again, np.minimum(anew, until), until)
    return np.where(moved, np.maximum(latest, out_at), before)
