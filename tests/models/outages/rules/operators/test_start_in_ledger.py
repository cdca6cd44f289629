"""A start that operators put right is in the ledger: of who went out with the outage, back or not, open or over."""

from __future__ import annotations

from typing import Any

import pytest

from models.contracts.outputs.membership import MembershipRecord
from models.ledger.interruptions import Interruption, InterruptionLedger
from models.times.iso8601 import parse_time
from tests.worlds.evidence import Answer, Evidence, Reader, moment
from tests.worlds.town import HOUR, A, B, outcome, town

OUT = 1000.0
RIGHT = 960.0


def known(answer: Answer) -> dict[str, list[Interruption]]:
    """The interruptions of each usage point that had any, by its id."""
    ledger, network = InterruptionLedger(), town()
    for record in answer.membership:
        MembershipRecord.model_validate(record)
        ledger.take(record)
    names = {int(number): name for number, name in zip(network.point_number, network.point_ids, strict=True)}
    return {names[number]: ledger.interruptions(number) for number in ledger.entries}


def out(*, back: str = "") -> tuple[Evidence, str]:
    """All below the fuse go out, some meters say so, and some that they are back."""
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", OUT, 20)
    if back:
        evidence.meter(back, "power_restored", 1900, 10)
        evidence.meter(back, "ping_on", 1990, 10)
    (record,) = outcome(evidence, until=1200).last().values()
    return evidence, record["outage_id"]


def put_right(evidence: Evidence, name: str, at: float, time: float, **fields: Any) -> None:
    evidence.command("set_start_time", at, outage_id=name, seen_revision=99, time=moment(time), **fields)


@pytest.mark.parametrize("time", [RIGHT, 1015.0])
def test_who_is_still_out_was_so_from_the_start_that_was_given(time: float) -> None:
    evidence, name = out()
    before = known(outcome(evidence, until=1300))
    put_right(evidence, name, 1310, time)
    after = known(outcome(evidence, until=1400))
    assert before.keys() == after.keys()
    assert {one.out_at for (one,) in after.values()} == {moment(time)}
    assert all(one.back_at is None for (one,) in after.values())


def test_the_last_start_counts() -> None:
    evidence, name = out()
    put_right(evidence, name, 1310, 1015.0, command_id="1")
    put_right(evidence, name, 1350, RIGHT, command_id="2")
    assert {one.out_at for (one,) in known(outcome(evidence, until=1400)).values()} == {moment(RIGHT)}


@pytest.mark.parametrize("ordered_at", [1310, 2400])
def test_who_is_back_keeps_when_and_how_that_is_known(ordered_at: int) -> None:
    evidence, name = out(back=f"{A} {' '.join(B.split()[:2])}")
    whole = known(outcome(evidence, until=2300))
    assert {one.basis for (one,) in whole.values()} == {"confirmed", "inferred"}
    put_right(evidence, name, ordered_at, RIGHT)
    after = known(outcome(evidence, until=2500))
    assert {one.out_at for (one,) in after.values()} == {moment(RIGHT)}
    assert {point: (one.back_at, one.basis) for point, (one,) in after.items()} == {
        point: (one.back_at, one.basis) for point, (one,) in whole.items()
    }


def test_both_times_put_right_in_one_instant_are_one_entry_a_point() -> None:
    evidence, name = out(back=f"{A} {B}")
    assert outcome(evidence, until=2300).last()[name]["status"] == "restored"
    before = len(outcome(evidence, until=2390).membership)
    put_right(evidence, name, 2400, RIGHT, command_id="1")
    evidence.command("set_restoration_time", 2400, outage_id=name, seen_revision=99, time=moment(1800), command_id="2")
    answer = outcome(evidence, until=2500)
    assert {(one.out_at, one.back_at) for (one,) in known(answer).values()} == {(moment(RIGHT), moment(1800))}
    (record,) = answer.membership[before:]
    assert len(set(record["usage_points"])) == len(record["usage_points"])


def test_nobody_is_out_before_he_was_back_from_the_outage_before() -> None:
    evidence, name = out(back=f"{A} {B}")
    first = outcome(evidence, until=2300).last()[name]
    evidence.meter(f"{A} {B}", "last_gasp", 2600, 20)
    second = next(one for one in outcome(evidence, until=2900).last().values() if one["outage_id"] != name)
    put_right(evidence, second["outage_id"], 3000, 1500.0)
    answer = outcome(evidence, until=3100)
    assert answer.last()[second["outage_id"]]["started_at"] < first["restored_at"]
    for earlier, later in known(answer).values():
        assert later.out_at == earlier.back_at
        assert earlier.back_at <= parse_time(first["restored_at"])


def test_an_engine_that_is_made_anew_at_each_instant_has_the_same_ledger() -> None:
    evidence, name = out(back=A)
    put_right(evidence, name, 1310, RIGHT, command_id="1")
    put_right(evidence, name, 2400, 1010.0, command_id="2")
    expected = outcome(evidence)
    reader = Reader(town(), evidence.lines())
    for at in range(900, HOUR + 1, 50):
        for topic, lines in reader.lines.items():
            due = sum(event["received_at"] < moment(at) for _, of, event in evidence.rows if of == topic)
            if due > reader.read[topic]:
                reader.advance(topic, due - reader.read[topic])
            assert len(lines) >= reader.read[topic]
        reader.restart()
        reader.pass_time(moment(at))
    assert known(reader.answer) == known(expected)
