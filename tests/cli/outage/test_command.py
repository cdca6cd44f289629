"""`faultline outage`: open outages are listed, and an order comes with its answer, whatever is refused on the way."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from adapters.kafka.records.output_record import outgoing
from models.contracts.inputs.operator_command import OperatorCommand
from models.contracts.registry import output_of
from models.contracts.topics import OPERATOR_ANSWERS, OPERATOR_COMMANDS, OUTAGE_STATE
from models.decoding.validation import validate
from tests.peers.commands import Operator
from tests.peers.embedded import read_back
from tests.peers.kafka import eventually
from tests.worlds.evidence import Evidence
from tests.worlds.town import A, B, outcome


def state() -> dict[str, Any]:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", 1000, 20)
    (record,) = outcome(evidence, until=1200).last().values()
    return record


@pytest.fixture
def operator(kafka: str, prefix: str) -> Operator:
    operator = Operator(kafka, prefix)
    operator.write(OUTAGE_STATE, 1, outgoing(output_of(OUTAGE_STATE), state(), "default"))
    return operator


def commands(operator: Operator) -> list[OperatorCommand]:
    values = [
        record.value or b""
        for part in range(2)
        for record in read_back(operator.client, operator.prefix + OPERATOR_COMMANDS, part)
    ]
    return [validate(OperatorCommand, value) for value in values]


def answer(operator: Operator, command_id: str, reason: str | None) -> None:
    """What the engine says."""
    record = {"event_id": command_id, "command_id": command_id, "schema_version": 1, "organisation": "default"}
    record |= {"sequence": 1, "result": "refused" if reason else "done", "reason": reason, "revision": 2}
    record |= {"message": "look again" if reason else None, "outage_id": state()["outage_id"], "zone_id": "s"}
    record |= {"updated_at": "2026-07-01T18:00:00.000Z"}
    operator.write(OPERATOR_ANSWERS, 1, outgoing(output_of(OPERATOR_ANSWERS), record, "default"))


@pytest.mark.parametrize(("reason", "code", "words"), [(None, 0, "done: "), ("outdated", 1, "refused, outdated: look")])
def test_an_order_is_sent_and_its_answer_shown(operator: Operator, reason: str | None, code: int, words: str) -> None:
    outage_id = state()["outage_id"]
    order = ("set-cause", outage_id, "weather", "--reason", "wind", "--user", "op7", "--wait", 120)
    ordering = operator.start("outage", *order)
    eventually(lambda: bool(commands(operator)))
    (command,) = commands(operator)
    said = command.kind, command.outage_id, command.cause_code, command.user, command.reason, command.seen_revision
    assert said == ("set_cause", outage_id, "weather", "op7", "wind", 1)
    answer(operator, command.command_id, reason)
    output, errors = ordering.communicate(timeout=120)
    assert ordering.returncode == code, errors
    assert output.startswith(words)
    assert f"{outage_id}, revision 2" in output


def test_outages_are_listed_and_shown(operator: Operator) -> None:
    record = state()
    assert operator.ask("outage", "list") == operator.ask("outage", "show", record["outage_id"]) == [record]
    line = f"{record['outage_id']}  detected since {record['started_at']}  fuse fuse  8 of 8"
    assert line in operator.run("outage", "list").stdout
    assert "device_id: fuse" in operator.run("outage", "show", record["outage_id"]).stdout


def test_what_cannot_be_ordered_is_refused_before_it_is_sent(operator: Operator) -> None:
    outage_id = state()["outage_id"]
    unknown = operator.run("outage", "confirm", "nobody", "--reason", "x")
    assert (unknown.returncode, "no outage nobody is known" in unknown.stderr) == (2, True)
    strange = operator.run("outage", "set-cause", outage_id, "mischief", "--reason", "x")
    assert (strange.returncode, "cause_code must be 'equipment'" in strange.stderr) == (2, True)
    assert commands(operator) == []
    late = operator.run("outage", "confirm", outage_id, "--reason", "x", "--wait", "0.1")
    assert (late.returncode, "has no answer yet" in late.stderr) == (1, True)
    assert orjson.loads(orjson.dumps([command.kind for command in commands(operator)])) == ["confirm"]
