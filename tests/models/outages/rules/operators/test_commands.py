"""Operators' commands in the middle of a storm: each is answered once, and refused only where it was overtaken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest

from models.contracts.inputs.operator_command import STORM_COMMANDS
from models.contracts.outputs.command_answer import CommandAnswerRecord
from models.contracts.outputs.outage import OutageRecord
from models.contracts.topics import OPERATOR_COMMANDS, RAW_TOPICS
from models.evidence.batch import END_OF_LOG, EvidenceBatch
from models.ingest.readers.rows import RecordColumns
from models.outages.state.outage import outage_id
from models.times.iso8601 import parse_time
from tests.worlds.evidence import Answer, Evidence, Reader, clock, moment
from tests.worlds.town import HOUR, A, B, C, outcome, town

OUT = 1000.0
KINDS = ("acknowledge", "cancel", "confirm", "note", "set_cause", "set_restoration_time", "set_start_time")
MORE: dict[str, dict[str, Any]] = {
    "note": {"text": "line down at the bridge"},
    "set_cause": {"cause_code": "vegetation", "text": "T3"},
    "set_restoration_time": {"time": moment(1500)},
    "set_start_time": {"time": moment(960)},
}


def fuse_out() -> tuple[Evidence, str]:
    """All below the fuse lose power; the outage's id."""
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", OUT, 20)
    (record,) = outcome(evidence, until=1200).last().values()
    return evidence, record["outage_id"]


def valid(answer: Answer) -> Answer:
    for record in answer.answers:
        CommandAnswerRecord.model_validate(record)
    for record in answer.lifecycle:
        OutageRecord.model_validate(record)
    sequences = [record["sequence"] for record in answer.answers]
    assert sequences == list(range(1, 1 + len(sequences)))
    return answer


def order(evidence: Evidence, kind: str, at: float, name: str, seen: int = 1, **fields: Any) -> None:
    evidence.command(kind, at, outage_id=name, seen_revision=seen, **(MORE.get(kind, {}) | fields))


def results(answer: Answer) -> list[tuple[str, str | None]]:
    return [(record["result"], record["reason"]) for record in answer.answers]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "set_restoration_time"])
def test_a_command_is_done_and_told_in_one_revision(kind: str) -> None:
    evidence, name = fuse_out()
    without = outcome(evidence, until=1250)
    order(evidence, kind, 1300, name, seen=without.last()[name]["revision"], command_id="mine")
    answer = valid(outcome(evidence, until=1310))
    (told,) = answer.answers
    (record,) = answer.lifecycle[len(without.lifecycle) :]
    assert (told["command_id"], told["result"], told["outage_id"]) == ("mine", "done", name)
    assert told["revision"] == record["revision"]
    assert told["updated_at"] == record["updated_at"] == clock(1302)
    assert record["operators"]["commands"] == [{"command_id": "mine", "kind": kind, "at": clock(1300)}]
    changed = {
        "acknowledge": {"operators"},
        "cancel": {"operators", "status", "customers_out", "customers_affected", "priority_customers"},
        "confirm": {"operators", "status", "evidence", "alternatives"},
        "note": {"operators"},
        "set_cause": {"operators", "cause"},
        "set_start_time": {"operators", "started_at", "out_since", "sustained_at"},
    }
    assert set(record["change"]) - {"confidence", "alternatives"} <= changed[kind]
    assert changed[kind] - {"alternatives", "priority_customers"} <= set(record["change"])


def test_who_gave_a_command_and_why_stands_in_no_output() -> None:
    evidence, name = fuse_out()
    order(evidence, "note", 1300, name, user="u.secret", reason="a secret reason", text="a secret text")
    answer = outcome(evidence)
    assert b"secret" not in orjson.dumps([answer.lifecycle, answer.answers, answer.states, answer.membership])


@pytest.mark.parametrize("kind", KINDS)
def test_of_no_such_outage_a_command_is_refused(kind: str) -> None:
    evidence, name = fuse_out()
    for strange in (outage_id("nowhere", "nothing", 5), name[:-1] + "a", "", "x"):
        order(evidence, kind, 1300, strange)
    answer = valid(outcome(evidence, until=1310))
    assert results(answer) == [("refused", "unknown_outage")] * 4
    assert {(record["outage_id"], record["revision"]) for record in answer.answers} == {(None, None)}
    assert {record["zone_id"] for record in answer.answers} == {None, answer.lifecycle[0]["zone_id"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_that_comes_again_has_neither_effect_nor_answer(kind: str) -> None:
    evidence, name = fuse_out()
    for at, delay in ((1300, 1), (1300, 1), (1400, 30)):
        order(evidence, kind, at, name, delay=delay, command_id="mine", seen=9)
    once = Evidence(evidence.rows[:-2])
    assert outcome(evidence).answers == outcome(once).answers
    assert outcome(evidence).lifecycle == outcome(once).lifecycle


def test_a_field_that_has_changed_since_refuses_a_command_and_others_do_not() -> None:
    evidence, name = fuse_out()
    order(evidence, "set_cause", 1300, name, command_id="1")
    order(evidence, "set_cause", 1400, name, command_id="2", cause_code="wildlife")
    order(evidence, "set_start_time", 1400, name, command_id="3")
    order(evidence, "set_cause", 1500, name, seen=9, command_id="4", cause_code="weather")
    answer = valid(outcome(evidence))
    refused = ("refused", "outdated")
    assert results(answer) == [("done", None), refused, ("done", None), ("done", None)]
    assert "cause has changed in revision 2, you saw 1" in answer.answers[1]["message"]
    causes = [record["cause"]["code"] for record in answer.lifecycle if "cause" in record["change"] and record["cause"]]
    assert causes == ["vegetation", "weather"]


def test_of_two_operators_at_once_the_second_is_told_that_he_was_overtaken() -> None:
    evidence, name = fuse_out()
    order(evidence, "set_cause", 1300, name, command_id="b")
    order(evidence, "set_cause", 1300, name, command_id="a", cause_code="wildlife")
    order(evidence, "acknowledge", 1300, name, command_id="c")
    answer = valid(outcome(evidence))
    assert [record["command_id"] for record in answer.answers] == ["a", "b", "c"]
    assert results(answer) == [("done", None), ("refused", "outdated"), ("done", None)]
    evidence.rows.reverse()
    assert outcome(evidence).answers == answer.answers


def test_an_operator_goes_before_crews_plans_and_meters() -> None:
    evidence, name = fuse_out()
    order(evidence, "set_cause", 1300, name)
    order(evidence, "set_start_time", 1310, name)
    evidence.crew("crew1", "on_site", 1400, device_id="fuse", cause_code="wildlife")
    evidence.work("W", "fuse", "planned", 1450, (900, 3000))
    evidence.meter(f"{A} {B}", "power_restored", 1900, 20, started=OUT - 7)
    record = valid(outcome(evidence)).last()[name]
    assert record["cause"] == {"code": "vegetation", "utility_cause": "T3", "source": "operator"}
    assert record["started_at"] == clock(960)
    assert record["status"] == "restored"


def test_what_is_cancelled_stays_so_until_something_new_is_said() -> None:
    evidence, name = fuse_out()
    evidence.scada("breaker", "closed", 10)
    order(evidence, "cancel", 1300, name, seen=5)
    evidence.meter(C, "ping_on", 1400)
    answer = valid(outcome(evidence))
    assert list(answer.last()) == [name]
    assert answer.last()[name]["status"] == "cancelled"
    evidence.meter(f"{A} {B}", "last_gasp", 2000, 20)
    assert len(valid(outcome(evidence)).last()) == 2


def closed() -> tuple[Evidence, str]:
    evidence, name = fuse_out()
    evidence.meter(f"{A} {B}", "power_restored", 1900, 20)
    assert outcome(evidence, until=2500).last()[name]["status"] == "restored"
    return evidence, name


@pytest.mark.parametrize("kind", KINDS)
def test_of_an_outage_that_is_over_only_cause_and_times_are_put_right(kind: str) -> None:
    evidence, name = closed()
    before = outcome(evidence, until=2500)
    order(evidence, kind, 2600, name, seen=99, command_id="mine")
    order(evidence, kind, 2700, name, seen=99, command_id="again")
    answer = valid(outcome(evidence))
    if kind in {"cancel", "confirm"}:
        assert results(answer) == [("refused", "closed_outage")] * 2
        assert answer.lifecycle == before.lifecycle
        return
    assert results(answer) == [("done", None)] * 2
    first, second = answer.lifecycle[len(before.lifecycle) :]
    assert [first["revision"], second["revision"]] == [record["revision"] for record in answer.answers]
    changed = {
        "set_cause": {"cause"},
        "set_restoration_time": {"restored_at", "restoration_steps"},
        "set_start_time": {"started_at", "out_since", "sustained_at"},
    }
    assert set(first["change"]) == {"operators"} | changed.get(kind, set())
    assert second["change"] == ["operators"]
    assert first["status"] == "restored"
    assert answer.states[-1] | {"sequence": 0} == second | {"sequence": 0}


@pytest.mark.parametrize(
    ("kind", "time", "over", "reason"),
    [
        ("set_start_time", 1290, False, "impossible_time"),
        ("set_restoration_time", 1250, False, "not_restored"),
        ("set_start_time", 1950, True, "impossible_time"),
        ("set_restoration_time", 900, True, "impossible_time"),
        ("set_restoration_time", 9000, True, "impossible_time"),
    ],
)
def test_times_that_cannot_be_are_refused(kind: str, time: float, *, over: bool, reason: str) -> None:
    evidence, name = closed() if over else fuse_out()
    order(evidence, kind, 2600 if over else 1300, name, seen=99, time=moment(time))
    assert results(valid(outcome(evidence))) == [("refused", reason)]


def test_an_engine_that_is_made_anew_at_each_instant_answers_the_same() -> None:
    evidence, name = closed()
    for at, kind in enumerate(KINDS):
        order(evidence, kind, 1301 + at, name, seen=99, command_id=kind)
        order(evidence, kind, 2601 + at, name, seen=99, command_id=kind)
        order(evidence, kind, 2601 + at, name, seen=99, command_id=f"{kind} again")
    expected = outcome(evidence)
    reader = Reader(town(), evidence.lines())
    for at in range(900, HOUR + 1, 50):
        for topic, lines in reader.lines.items():
            due = sum(orjson.loads(line)["received_at"] < moment(at) for line in lines) - reader.read[topic]
            if due:
                reader.advance(topic, due)
        reader.restart()
        reader.pass_time(moment(at))
    assert reader.answer.answers == expected.answers
    assert reader.answer.lifecycle == expected.lifecycle
    assert len(reader.lines[OPERATOR_COMMANDS]) > len(expected.answers) == len(KINDS) * 2


@pytest.mark.parametrize("over", [False, True])
def test_while_a_storm_is_played_a_command_of_today_counts_at_once_and_moves_no_clock(over: bool) -> None:
    evidence, name = fuse_out()
    reader = Reader(town(), evidence.lines())
    for topic, lines in reader.lines.items():
        reader.advance(topic, len(lines))
    reader.pass_time(moment(1300))
    reader.advance(OPERATOR_COMMANDS, 1)  # nothing is fed there: it ends at once
    if over:
        reader.finish()
    engine, today = reader.engine, moment(200 * 24 * HOUR)
    clock_before, appended_at = engine.clock, today
    batches = []
    for offset, line in enumerate((b"garbage", _restore(name, today), b"garbage")):
        records = RecordColumns(np.array([offset]), np.array([today]))
        batch = reader.ingest[OPERATOR_COMMANDS].read_log([line], records, 0).batch
        batches.append(replace(batch, offsets=(offset, offset + 1), watermark=END_OF_LOG, last_log_time=0))
    for batch in batches:
        reader.answer.take(engine.advance(batch, appended_at))
    for seconds in range(1, 60):
        appended_at += 1000
        for topic in set(RAW_TOPICS) - {OPERATOR_COMMANDS}:
            until = END_OF_LOG if over else moment(1300 + seconds)
            reader.answer.take(engine.advance(EvidenceBatch(f"{topic}/0", until), appended_at))
    (told,) = reader.answer.answers
    assert (told["result"], told["outage_id"]) == ("done", name)
    assert engine.clock <= clock_before + (2000 if over else 60_000)
    assert parse_time(told["updated_at"]) <= clock_before + 2000
    record = reader.answer.last()[name]
    assert record["status"] in {"restored", "momentary"}
    assert not record["degraded"]
    assert parse_time(record["restored_at"]) <= clock_before + 1000
    assert engine.left_out == []


def _restore(name: str, at: int) -> bytes:
    given = {"command_id": "c", "user": "op", "reason": "r", "kind": "restore", "at": at, "received_at": at}
    return orjson.dumps(given | {"outage_id": name, "seen_revision": 9})


def test_of_an_order_of_a_storm_its_name_or_exclusion_is_passed_on_and_no_other_word() -> None:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", OUT, 20)
    for number, kind in enumerate(sorted(STORM_COMMANDS)):
        evidence.command(kind, 1300 + number, storm_id="s", text=f"words of {kind}", command_id=kind, time=moment(900))
    answer = valid(outcome(evidence))
    told = {record["command_id"]: record["storm_order"] for record in answer.answers}
    assert results(answer) == [("passed_on", None)] * 4
    assert {kind: (order["name"], order["exclusion_reason"]) for kind, order in told.items()} == {
        "close_storm": (None, None),
        "exclude_storm": (None, "words of exclude_storm"),
        "name_storm": ("words of name_storm", None),
        "open_storm": ("words of open_storm", None),
    }
    assert {(order["kind"] == kind, order["storm_id"], order["time"]) for kind, order in told.items()} == {
        (True, "s", clock(900))
    }
    assert {record["zone_id"] for record in answer.answers} == {None}
