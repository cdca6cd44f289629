"""The audit: of each command that outputs name the evidence log has who gave it, when and why."""

from __future__ import annotations

from typing import Any

import pytest

from cli.evidence.rows import RowNames
from models.contracts.inputs.operator_command import NEEDED
from models.contracts.topics import OPERATOR_COMMANDS
from models.evidence.log_record import LogRecord, decode_record, encode_record
from models.ingest.origin_reader import OriginReader
from tests.worlds.evidence import Evidence, Reader, moment
from tests.worlds.town import A, B, C, outcome, town

WORDS = "the crew said so: µ“x” \\ \n"


@pytest.fixture(scope="module")
def ordered() -> Evidence:
    """A command of each kind about one outage, in turn by three operators, and some that are refused."""
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", 1000, 20)
    (name,) = outcome(evidence, until=1200).last()
    fields: dict[str, Any] = {"cause_code": "weather", "crew_id": "7", "text": WORDS, "time": moment(1000)}
    fields |= {"device_id": "ta", "position": "open", "other_outage_id": name, "storm_id": "s"}
    fields |= {"other_device_id": "tb", "element_id": "nothing that was placed"}
    for number, kind in enumerate(NEEDED):
        about = {} if kind == "open" else {"outage_id": name, "seen_revision": 99}
        reason = f"{WORDS}{number}"
        evidence.command(kind, 1300 + number, **{**fields, **about}, user=f"op{number % 3}", reason=reason)
    evidence.command("note", 1400, outage_id="nowhere", seen_revision=1, text="x", user="op9", reason="lost")
    evidence.meter(C, "ping_on", 1500)
    return evidence


def test_the_log_tells_of_each_answer_who_ordered_it_when_and_why(ordered: Evidence) -> None:
    network, lines = town(), ordered.lines()
    batch = OriginReader(network, OPERATOR_COMMANDS).read(lines[OPERATOR_COMMANDS], 0, 0).batch
    kept = decode_record(encode_record(LogRecord(network.version, [batch], {}))).batches
    rows = {row["command"]["command_id"]: row for one in kept for row in RowNames(network).rows(one)}
    answer = outcome(ordered)
    given = {event["command_id"]: event for _, topic, event in ordered.rows if topic == OPERATOR_COMMANDS}
    assert {told["command_id"] for told in answer.answers} == given.keys() == rows.keys()
    assert {told["result"] for told in answer.answers} == {"done", "passed_on", "refused"}
    for told in answer.answers:
        command, event = rows[told["command_id"]]["command"], given[told["command_id"]]
        for name in ("user", "reason", "kind", "at"):
            assert command[name] == event[name]
    named = {
        one["command_id"]
        for record in answer.lifecycle
        for one in (record["operators"] or {"commands": []})["commands"]
    }
    done = {told["command_id"] for told in answer.answers if told["result"] == "done"}
    assert named == {one for one in done if given[one]["kind"] not in {"cut", "jumper", "generator", "remove"}}


def test_what_the_log_keeps_carries_the_same_out_again(ordered: Evidence) -> None:
    network, lines = town(), ordered.lines()
    reader, again = Reader(network, lines), Reader(network, lines)
    for topic, of in lines.items():
        batch = again.ingest[topic].read(of, 0, 0).batch
        (kept,) = decode_record(encode_record(LogRecord(network.version, [batch], {}))).batches
        again.answer.take(again.engine.advance(kept))
        reader.advance(topic, len(of))
    for one in (reader, again):
        one.pass_time(moment(3000))
    assert again.answer.answers == reader.answer.answers
    assert again.answer.lifecycle == reader.answer.lifecycle
