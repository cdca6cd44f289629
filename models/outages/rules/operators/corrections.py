"""What operators still say of an outage that is over: its status stays, cause and times are put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.outages.context.last_revision import read_last_revision, write_last_revision
from models.outages.context.operators import OperatorFacts
from models.outages.rules.start_time import start_at
from models.outages.state.outage import ENDED
from models.outages.state.record_writer import format_time
from models.outages.state.verdict import Refused, check_unchanged
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.evidence.batch import CommandRow
    from models.outages.context.last_revision import LastRevision
    from models.outages.state.partition import Partition

    Correction = Callable[[Partition, LastRevision, OperatorFacts, CommandRow], None]

CORRECTABLE: Final = frozenset({*ENDED, "repaired"})
"""Statuses after which another revision may follow."""


def is_correctable(last: LastRevision, kind: str) -> bool:
    """Whether a command may put an outage right that is over."""
    return kind in CORRECTIONS and last.facts["status"] in CORRECTABLE


def correct(partition: Partition, outage_id: str, row: CommandRow, fields: tuple[str, ...], now: int) -> None:
    """Put the last revision of an outage right; it is published once more, in this instant."""
    ended, command = partition.ended[outage_id], row.event
    last = read_last_revision(ended.last_revision)
    check_unchanged(last.touched, fields, command.seen_revision or 0)
    operators = last.operators = last.operators or OperatorFacts()
    if (command.time or 0) > now:
        raise Refused("impossible_time", "that is yet to come; give the time at which it was")
    before = {name: last.facts.get(name) for name in fields}, operators.acknowledged_at
    CORRECTIONS[command.kind](partition, last, operators, row)
    if ({name: last.facts.get(name) for name in fields}, operators.acknowledged_at) != before:
        last.touched.update(dict.fromkeys(fields, last.revision + 1))
    operators.note(command.command_id, command.kind, row.observed_at)
    last.facts["operators"] = operators.view([])
    partition.ended[outage_id] = ended._replace(last_revision=write_last_revision(last))
    partition.corrected.setdefault(outage_id, ended.last_revision)


def _acknowledge(_: Partition, __: LastRevision, operators: OperatorFacts, row: CommandRow) -> None:
    if operators.acknowledged_at is None:
        operators.acknowledged_at = row.observed_at


def _note(_: Partition, __: LastRevision, ___: OperatorFacts, ____: CommandRow) -> None:
    """The words are evidence; the record names the command."""


def _set_cause(_: Partition, last: LastRevision, operators: OperatorFacts, row: CommandRow) -> None:
    operators.cause = row.event.cause_code or "unknown", row.event.text
    last.facts["cause"] = operators.cause_view()


def _set_start_time(partition: Partition, last: LastRevision, operators: OperatorFacts, row: CommandRow) -> None:
    at, facts = row.event.time or 0, last.facts
    latest = min(parse_time(facts[name]) for name in ("detected_at", "restored_at") if facts[name] is not None)
    if at > latest:
        raise Refused("impossible_time", "the outage was known, or over, before that; give the time power went off")
    operators.start_is_set = True
    start_at(partition, last, at)


def _set_restoration_time(_: Partition, last: LastRevision, __: OperatorFacts, row: CommandRow) -> None:
    at, facts = row.event.time or 0, last.facts
    if facts["restored_at"] is None:
        raise Refused("not_restored", "its customers went over to another outage; order it for that one")
    if at < parse_time(facts["started_at"]):
        raise Refused("impossible_time", "the outage began after that; give the time at which power was back")
    facts["restored_at"] = format_time(at)
    for step in (steps := facts["restoration_steps"]):
        step["at"] = format_time(min(at, parse_time(step["at"])))
    if steps:
        steps[-1]["at"] = format_time(at)


CORRECTIONS: Final[Mapping[str, Correction]] = {
    "acknowledge": _acknowledge,
    "note": _note,
    "set_cause": _set_cause,
    "set_restoration_time": _set_restoration_time,
    "set_start_time": _set_start_time,
}
"""By kind."""
