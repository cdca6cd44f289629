"""What commands do to an outage that is open.

Each tells whether a field that it touches is another one by now, or gives the outage that began by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.outages.context.crews import NO_CLASS, CrewAt
from models.outages.context.operators import CONFIRMED_OPEN
from models.outages.inference.ownership import let_go
from models.outages.rules.crew_places import put_crew, release_crew
from models.outages.rules.life_cycle import cancel, confirm, review_duration
from models.outages.rules.operators.beginnings import reopen, split
from models.outages.rules.operators.joining import hand_over_heirs, merge
from models.outages.rules.operators.places import move, restore, set_position
from models.outages.rules.operators.positions import declare_closed, declare_open
from models.outages.rules.operators.promises import hold_promise, release_promise, set_promise
from models.outages.state.membership_writer import set_start
from models.outages.state.partition import class_key
from models.outages.state.verdict import Refused
from models.outages.weights.scores import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.evidence.batch import CommandRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

    Order = Callable[[Partition, Outage, CommandRow, int], bool | Outage]


def _acknowledge(_: Partition, outage: Outage, row: CommandRow, __: int) -> bool:
    facts = outage.operator_facts()
    if facts.acknowledged_at is not None:
        return False
    facts.acknowledged_at = row.observed_at
    return True


def _note(_: Partition, __: Outage, ___: CommandRow, ____: int) -> bool:
    return False


def _set_cause(_: Partition, outage: Outage, row: CommandRow, __: int) -> bool:
    facts, before = outage.operator_facts(), outage.operator_facts().cause
    facts.cause = row.event.cause_code or "unknown", row.event.text
    return facts.cause != before


def _set_start_time(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    at, latest = row.event.time or 0, now if outage.detected_at is None else outage.detected_at
    if at > latest:
        raise Refused("impossible_time", "the outage was known before that; give the time at which power went off")
    changed = outage.started_at != at
    set_start(partition, outage, at)
    outage.started_at, outage.operator_facts().start_is_set = at, True
    if outage.sustained_at is not None:
        outage.sustained_at = at + milliseconds(partition.parameters.sustained_seconds)
    review_duration(partition, outage, now)
    return changed


def _set_restoration_time(_: Partition, __: Outage, ___: CommandRow, ____: int) -> bool:
    raise Refused("not_restored", "power is not back; order it once the outage is over")


def _confirm(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    """Its device has been open since it interrupted, so pictures have it; that it closes may come from anybody."""
    if outage.device >= 0:
        declare_open(partition, outage.device, min(outage.wave_at, now), row.observed_at, CONFIRMED_OPEN)
    confirm(partition, outage)
    return False


def _cancel(partition: Partition, outage: Outage, _: CommandRow, now: int) -> bool:
    """There was nothing: what was said of it until now is answered."""
    outage.affected = [back + given for back, given in zip(outage.restored, outage.transferred, strict=True)]
    let_go(partition.points, outage.span, outage.slot, now, 0)
    hand_over_heirs(partition, outage, None)
    if outage.device >= 0:
        declare_closed(partition, outage.device, now)
    cancel(partition, outage, now)
    partition.to_review.add(outage.area)
    return True


def _set_position(partition: Partition, _: Outage, row: CommandRow, now: int) -> bool:
    set_position(partition, row, now)
    return False


def _hold(_: Partition, outage: Outage, row: CommandRow, __: int) -> bool:
    facts, held = outage.operator_facts(), row.event.kind == "hold_publication"
    changed = facts.publication_held != held
    facts.publication_held = held
    return changed


def _assign_crew(partition: Partition, outage: Outage, row: CommandRow, _: int) -> bool:
    crew_id = row.event.crew_id or ""
    kind = getattr(partition.context.crews.by_crew.get(crew_id), "kind", None)
    crew = CrewAt(crew_id, kind, "assigned", row.observed_at, None, None, outage.outage_id, NO_CLASS)
    put_crew(partition, crew)
    return True


def _release_crew(partition: Partition, outage: Outage, row: CommandRow, _: int) -> bool:
    crew_id, key = row.event.crew_id or "", class_key(partition, outage)
    here = partition.context.crews.at(outage.outage_id, key, outage.started_at)
    if crew_id not in {crew.crew_id for crew in here}:
        raise Refused("unknown_crew", f"crew {crew_id[:40]!r} is not on it; look at its crews")
    release_crew(partition, crew_id)
    partition.context.crews.operator_at[crew_id] = row.observed_at
    return True


ORDERS: Final[Mapping[str, Order]] = {
    "acknowledge": _acknowledge,
    "assign_crew": _assign_crew,
    "cancel": _cancel,
    "confirm": _confirm,
    "hold_promise": hold_promise,
    "hold_publication": _hold,
    "merge": merge,
    "move": move,
    "note": _note,
    "release_crew": _release_crew,
    "release_promise": release_promise,
    "release_publication": _hold,
    "reopen": reopen,
    "restore": restore,
    "set_cause": _set_cause,
    "set_position": _set_position,
    "set_promise": set_promise,
    "set_restoration_time": _set_restoration_time,
    "set_start_time": _set_start_time,
    "split": split,
}
"""By kind."""
