"""What operators still say of an outage that is over: its status stays, cause and times are put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.outages.context.last_word import read_last_word, write_last_word
from models.outages.context.operators import OperatorFacts
from models.outages.state.outage import ENDED
from models.outages.state.record_writer import format_time
from models.outages.state.verdict import Refused, check_unchanged
from models.outages.weights.scores import milliseconds
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.evidence.batch import CommandRow
    from models.outages.context.last_word import LastWord
    from models.outages.state.partition import Partition

    Correction = Callable[[Partition, LastWord, OperatorFacts, CommandRow], None]

CORRECTABLE: Final = frozenset({*ENDED, "repaired"})
"""Statuses after which another revision may follow."""


def is_correctable(word: LastWord, kind: str) -> bool:
    """Whether a command may put an outage right that is over."""
    return kind in CORRECTIONS and word.facts["status"] in CORRECTABLE


def correct(partition: Partition, outage_id: str, row: CommandRow, fields: tuple[str, ...], now: int) -> None:
    """Put the last word of an outage right; it is published once more, in this instant."""
    ended, command = partition.ended[outage_id], row.event
    word = read_last_word(ended.last_word)
    check_unchanged(word.touched, fields, command.seen_revision or 0)
    operators = word.operators = word.operators or OperatorFacts()
    if (command.time or 0) > now:
        raise Refused("impossible_time", "that is yet to come; give the time at which it was")
    before = {name: word.facts.get(name) for name in fields}, operators.acknowledged_at
    CORRECTIONS[command.kind](partition, word, operators, row)
    if ({name: word.facts.get(name) for name in fields}, operators.acknowledged_at) != before:
        word.touched.update(dict.fromkeys(fields, word.revision + 1))
    operators.note(command.command_id, command.kind, row.observed_at)
    word.facts["operators"] = operators.view([])
    partition.ended[outage_id] = ended._replace(last_word=write_last_word(word))
    partition.corrected.setdefault(outage_id, ended.last_word)


def _acknowledge(_: Partition, __: LastWord, operators: OperatorFacts, row: CommandRow) -> None:
    if operators.acknowledged_at is None:
        operators.acknowledged_at = row.observed_at


def _note(_: Partition, __: LastWord, ___: OperatorFacts, ____: CommandRow) -> None:
    """The words are evidence; the record names the command."""


def _set_cause(_: Partition, word: LastWord, operators: OperatorFacts, row: CommandRow) -> None:
    operators.cause = row.event.cause_code or "unknown", row.event.text
    word.facts["cause"] = operators.cause_view()


def _set_start_time(partition: Partition, word: LastWord, operators: OperatorFacts, row: CommandRow) -> None:
    at, facts = row.event.time or 0, word.facts
    latest = min(parse_time(facts[name]) for name in ("detected_at", "restored_at") if facts[name] is not None)
    if at > latest:
        raise Refused("impossible_time", "the outage was known, or over, before that; give the time power went off")
    operators.start_is_set = True
    facts["started_at"], facts["out_since"] = format_time(at), format_time(min(at, parse_time(facts["out_since"])))
    if facts["sustained_at"] is not None:
        facts["sustained_at"] = format_time(at + milliseconds(partition.parameters.sustained_seconds))


def _set_restoration_time(_: Partition, word: LastWord, __: OperatorFacts, row: CommandRow) -> None:
    at, facts = row.event.time or 0, word.facts
    if facts["restored_at"] is None:
        raise Refused("not_restored", "its customers went over to another outage; order it for that one")
    if at < parse_time(facts["started_at"]):
        raise Refused("impossible_time", "the outage began after that; give the time at which power was back")
    facts["restored_at"] = format_time(at)


CORRECTIONS: Final[Mapping[str, Correction]] = {
    "acknowledge": _acknowledge,
    "note": _note,
    "set_cause": _set_cause,
    "set_restoration_time": _set_restoration_time,
    "set_start_time": _set_start_time,
}
"""By kind."""
