"""`faultline storm`: storms are listed, and an order of one comes with the answer of the flow that tells them."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from adapters.kafka.records.output_record import outgoing
from models.contracts.inputs.operator_command import OperatorCommand
from models.contracts.topics import OPERATOR_COMMANDS
from models.decoding.validation import validate
from models.storms.output import STORM_ANSWERS, STORMS
from tests.peers.commands import Operator
from tests.peers.embedded import read_back
from tests.peers.kafka import eventually

AT = "2026-07-01T18:00:00.000Z"
STORM: dict[str, Any] = {
    "event_id": f"s1:{AT}", "schema_version": 1, "organisation": "default", "sequence": 1, "updated_at": AT,
    "storm_id": "s1", "name": "Zeus", "opened_by": "rule", "status": "open", "started_at": AT, "ended_at": None,
    "exclusion_reason": None, "outages": 3, "outages_open": 2, "customers_out": 40, "customers_affected": 60,
    "customers_out_most": 50, "most_at": AT, "areas": [],
}  # fmt: skip


@pytest.fixture
def operator(kafka: str, prefix: str) -> Operator:
    operator = Operator(kafka, prefix)
    topics = [NewTopic(prefix + output.topic, 1, 1) for output in (STORMS, STORM_ANSWERS)]
    admin = AdminClient({**operator.client})  # answers come only while it lives
    for made in admin.create_topics(topics).values():
        made.result(60)
    operator.write(STORMS.topic, 0, outgoing(STORMS, STORM, "default"))
    over = {"event_id": f"s0:{AT}", "storm_id": "s0", "name": "Hera", "status": "over", "ended_at": AT, "sequence": 2}
    operator.write(STORMS.topic, 0, outgoing(STORMS, STORM | over, "default"))
    return operator


def commands(operator: Operator) -> list[OperatorCommand]:
    found = []
    for part in range(2):
        place = TopicPartition(operator.prefix + OPERATOR_COMMANDS, part)
        found += [record.value or b"" for record in read_back(operator.client, place.topic, place.partition)]
    return [validate(OperatorCommand, value) for value in found]


def answered(operator: Operator, ordering: subprocess.Popen[str], reason: str | None) -> tuple[OperatorCommand, str]:
    """Answer the one command that comes, as the flow does; returns it, and what the terminal shows."""
    eventually(lambda: bool(commands(operator)))
    (command,) = commands(operator)
    record = {
        "event_id": f"{command.command_id}:{AT}", "command_id": command.command_id, "schema_version": 1,
        "organisation": "default", "sequence": 1, "updated_at": AT, "storm_id": "s1", "reason": reason,
        "result": "refused" if reason else "done", "message": "take the id" if reason else None,
    }  # fmt: skip
    operator.write(STORM_ANSWERS.topic, 0, outgoing(STORM_ANSWERS, record, "default"))
    output, errors = ordering.communicate(timeout=120)
    assert ordering.returncode == (1 if reason else 0), errors
    return command, output


def test_an_order_is_sent_and_the_flows_answer_shown(operator: Operator) -> None:
    ordering = operator.start("storm", "open", "Zeus", "--time", AT, "--reason", "wind", "--user", "op7", "--wait", 120)
    command, shown = answered(operator, ordering, None)
    assert (command.kind, command.text, command.user, command.storm_id) == ("open_storm", "Zeus", "op7", None)
    assert shown == "done: s1\n"
    (known,) = operator.ask("storm", "answer", command.command_id)
    assert known["storm_id"] == "s1"


def test_what_is_refused_is_said_in_words(operator: Operator) -> None:
    ordering = operator.start("storm", "exclude", "s1", "major event day", "--reason", "rule", "--wait", 120)
    command, shown = answered(operator, ordering, "unknown_storm")
    assert (command.kind, command.text, command.storm_id) == ("exclude_storm", "major event day", "s1")
    assert shown == "refused, unknown_storm: take the id (s1)\n"


def test_storms_are_listed_and_shown(operator: Operator) -> None:
    assert operator.ask("storm", "list") == operator.ask("storm", "show", "s1") == [STORM]
    assert [record["storm_id"] for record in operator.ask("storm", "list", "--all")] == ["s0", "s1"]
    line = f"s1  Zeus, open since {AT}  2 of 3 outages open, 40 customers out"
    assert operator.run("storm", "list").stdout == f"{line}\n"
    unknown = operator.run("storm", "show", "s9")
    assert (unknown.returncode, "no storm s9 is known" in unknown.stderr) == (2, True)
