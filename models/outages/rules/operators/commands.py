"""A command is judged by what has been published: whether its outage is there, and is as its sender saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.contracts.inputs.operator_command import STORM_COMMANDS
from models.outages.context.last_revision import read_last_revision
from models.outages.rules.operators.beginnings import open_by_hand, reopen_ended
from models.outages.rules.operators.corrections import correct, is_correctable
from models.outages.rules.operators.open_outages import ORDERS
from models.outages.rules.operators.places import set_position
from models.outages.rules.operators.temporary import place, remove
from models.outages.state.record_writer import format_time
from models.outages.state.verdict import Refused, Verdict, check_unchanged
from models.outages.weights.scores import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.evidence.batch import CommandRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

TOUCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "acknowledge": ("acknowledged",),
    "assign_crew": (),
    "cancel": ("device_id", "evidence", "status"),
    "confirm": ("device_id",),
    "hold_promise": ("promise",),
    "hold_publication": ("publication_held",),
    "merge": ("customers", "device_id", "status"),
    "move": ("device_id",),
    "note": (),
    "release_crew": (),
    "release_promise": ("promise",),
    "release_publication": ("publication_held",),
    "reopen": ("customers", "device_id", "status"),
    "restore": ("device_id",),
    "set_cause": ("cause",),
    "set_position": ("device_id",),
    "set_promise": ("promise",),
    "set_restoration_time": ("restored_at",),
    "set_start_time": ("started_at",),
    "split": ("customers", "device_id"),
}
"""By kind, the fields of which a change refuses a command that had not seen it: meters revise others every second.

Of `customers` only those changes count which operators ordered.
"""


PLACING: Final[Mapping[str, Callable[[Partition, CommandRow, int], Outage | None]]] = {
    "set_position": set_position,
    "cut": place,
    "jumper": place,
    "generator": place,
    "remove": remove,
}
"""Kinds that are about a device, whatever outage there is; a position gives the outage of its class."""


def carry_out(partition: Partition, row: CommandRow, now: int) -> Verdict | None:
    """Carry out a command, or say why not; None if it has been answered before."""
    kept = milliseconds(partition.parameters.forget_seconds)
    answered = partition.context.answered
    if not answered.take(row.zone_id, row.event.command_id, now, kept):
        return None
    try:
        return _carry_out(partition, row, now)
    except Refused as refused:
        return _refusal(partition, row, refused)
    except Exception:
        answered.forget(row.zone_id, row.event.command_id)
        raise


def order(row: CommandRow) -> tuple[int, str, int, bytes]:
    """Commands of one instant are taken in this order, however they came in."""
    return row.event.received_at, row.event.command_id, row.observed_at, row.value


def _carry_out(partition: Partition, row: CommandRow, now: int) -> Verdict:
    command = row.event
    if command.kind in STORM_COMMANDS:
        return Verdict(storm_order=_order_of_storm(row))
    if command.kind == "open":
        return _done(partition, row, open_by_hand(partition, row, now))
    if command.kind in PLACING and (command.kind not in TOUCHES or command.outage_id is None):
        holder = PLACING[command.kind](partition, row, now)
        return Verdict() if holder is None or holder.suspected else Verdict(holder.outage_id, holder)
    outage_id, seen = command.outage_id or "", command.seen_revision or 0
    outage, fields = partition.by_name.get(outage_id), TOUCHES[command.kind]
    if outage is not None and not outage.suspected:
        check_unchanged(outage.touched, fields, seen)
        changed = ORDERS[command.kind](partition, outage, row, now)
        if changed:
            outage.touched.update(dict.fromkeys(fields, outage.revision + 1))
        verdict = _done(partition, row, outage)
        return verdict if isinstance(changed, bool) else _done(partition, row, changed)
    ended = partition.ended.get(outage_id)
    if ended is not None and command.kind == "reopen" and outage_id not in partition.survivors:
        check_unchanged(read_last_revision(ended.last_revision).touched, ("status",), seen)
        return _done(partition, row, reopen_ended(partition, outage_id, row, now))
    if ended is not None and is_correctable(read_last_revision(ended.last_revision), command.kind):
        correct(partition, outage_id, row, fields, now)
        return Verdict(outage_id)
    if (heir := partition.survivors.get(outage_id)) is not None:
        raise Refused("merged_outage", f"it is a part of {heir}; order it for that one", heir)
    if ended is not None or outage_id in partition.dirty:
        raise Refused("closed_outage", "it is over, and its status changes no more")
    raise Refused("unknown_outage", "no outage of this id is known; take the id from outage.current.state.v1")


def _done(partition: Partition, row: CommandRow, outage: Outage) -> Verdict:
    """A command was carried out at an outage, whose next revision says so."""
    outage.operator_facts().note(row.event.command_id, row.event.kind, row.observed_at)
    partition.dirty[outage.outage_id] = outage
    return Verdict(outage.outage_id, outage)


def _order_of_storm(row: CommandRow) -> dict[str, Any]:
    """Pass on what is of a storm, no other words: no partition knows of any (decision 0024)."""
    command = row.event
    return {
        "kind": command.kind,
        "at": format_time(row.observed_at),
        "storm_id": command.storm_id,
        "time": None if command.time is None else format_time(command.time),
        "name": command.text if command.kind in {"open_storm", "name_storm"} else None,
        "exclusion_reason": command.text if command.kind == "exclude_storm" else None,
    }


def _refusal(partition: Partition, row: CommandRow, refused: Refused) -> Verdict:
    outage_id = refused.outage_id or row.event.outage_id or ""
    outage = partition.by_name.get(outage_id) or partition.dirty.get(outage_id)
    published = outage is not None and not outage.suspected
    known = published or outage_id in partition.ended
    return Verdict(outage_id if known else None, outage if published else None, refused.reason, refused.message)
