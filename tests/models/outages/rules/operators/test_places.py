"""Commands that say where: positions, moves, parts that are back, crews, and what the public may be told."""

from __future__ import annotations

from typing import Any

import pytest

from models.contracts.inputs.operator_command import NEEDED, STORM_COMMANDS
from models.outages.rules.operators.commands import PLACING, TOUCHES
from models.outages.rules.operators.open_outages import ORDERS
from tests.models.outages.rules.operators.test_commands import fuse_out, order, results, valid
from tests.worlds.evidence import Answer, Evidence, clock, moment
from tests.worlds.town import A, B, C, D, outcome


def test_all_kinds_of_commands_have_a_rule_of_what_they_touch() -> None:
    of_an_outage = set(NEEDED) - STORM_COMMANDS - {"open"}
    assert set(TOUCHES) == set(ORDERS)
    assert set(TOUCHES) | set(PLACING) == of_an_outage


def test_all_are_back_by_an_operators_word() -> None:
    evidence, name = fuse_out()
    evidence.scada("breaker", "closed", 5)
    order(evidence, "restore", 1500, name, time=moment(1450))
    answer = valid(outcome(evidence))
    record = answer.last()[name]
    assert (record["status"], record["restored_at"], record["customers_out"]) == ("restored", clock(1450), 0)
    assert [(one["basis"], one["customers_restored"], one["restored_at"]) for one in answer.restorations] == [
        ("confirmed", 8, clock(1450))
    ]
    assert list(answer.last()) == [name]
    evidence.meter(f"{A} {B}", "last_gasp", 2000, 20)
    assert len(valid(outcome(evidence)).last()) == 2


@pytest.mark.parametrize("part", [{"device_id": "ta"}, {"usage_point_ids": A.split()}])
def test_a_part_is_back_and_stays_so_though_its_meters_are_silent(part: dict[str, Any]) -> None:
    evidence, name = fuse_out()
    order(evidence, "restore", 1500, name, step=2, **part)
    answer = valid(outcome(evidence))
    record = answer.last()[name]
    assert (record["status"], record["customers_out"], record["customers_restored"]) == ("partially_restored", 4, 4)
    assert [sorted(one["usage_point_ids"]) for one in answer.restorations] == [sorted(A.split())]
    order(evidence, "restore", 1600, name, seen=9)
    assert valid(outcome(evidence)).last()[name]["status"] == "restored"


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("restore", {"time": moment(900)}, "impossible_time"),
        ("restore", {"time": moment(1900)}, "impossible_time"),
        ("restore", {"device_id": "breaker"}, "elsewhere"),
        ("restore", {"device_id": "pole"}, "unknown_device"),
        ("restore", {"usage_point_ids": ["c1"]}, "elsewhere"),
        ("restore", {"usage_point_ids": ["a1", "nobody"]}, "unknown_usage_point"),
        ("move", {"device_id": "pole"}, "unknown_device"),
        ("release_crew", {"crew_id": "crew1"}, "unknown_crew"),
    ],
)
def test_what_does_not_fit_the_outage_is_refused(kind: str, fields: dict[str, Any], reason: str) -> None:
    evidence, name = fuse_out()
    without = outcome(evidence)
    order(evidence, kind, 1500, name, **fields)
    answer = valid(outcome(evidence))
    assert results(answer) == [("refused", reason)]
    assert answer.lifecycle == without.lifecycle


@pytest.mark.parametrize(("device", "out"), [("breaker", 8), ("ta", 4)])
def test_an_outage_moves_to_the_device_that_an_operator_names_whatever_meters_say(device: str, out: int) -> None:
    evidence, name = fuse_out()
    order(evidence, "move", 1300, name, device_id=device)
    evidence.meter(f"{C} {D}", "ping_on", 1400)
    answer = valid(outcome(evidence))
    record = answer.last()[name]
    assert (record["device_id"], record["evidence"]) == (device, "confirmed")
    assert record["customers_out"] == out
    assert record["status"] in {"confirmed", "partially_restored"}
    assert results(answer) == [("done", None)]
    assert record["operators"]["disputed_by"] == (["meters"] if device == "breaker" else [])
    order(evidence, "move", 1500, name, device_id="fuse")
    assert results(valid(outcome(evidence))) == [("done", None), ("refused", "outdated")]


def test_a_device_that_another_outage_has_is_refused() -> None:
    evidence, name = fuse_out()
    evidence.meter(f"{C} {D}", "last_gasp", 1100, 20)
    other = next(one for one in outcome(evidence, until=1400).last() if one != name)
    order(evidence, "move", 1500, name, device_id="recloser")
    answer = valid(outcome(evidence))
    assert results(answer) == [("refused", "already_open")]
    assert answer.answers[0]["outage_id"] == other


def position(evidence: Evidence, device: str, position: str, at: float, **more: Any) -> None:
    evidence.command("set_position", at, device_id=device, position=position, **more)


def test_a_position_opens_and_closes_an_outage_of_which_nobody_else_speaks() -> None:
    evidence = Evidence()
    position(evidence, "fuse", "open", 1000)
    answer = valid(outcome(evidence, until=1900))
    (record,) = answer.last().values()
    assert (record["device_id"], record["evidence"], record["customers_out"]) == ("fuse", "confirmed", 8)
    assert record["started_at"] == clock(1000)
    position(evidence, "fuse", "closed", 2000)
    (record,) = valid(outcome(evidence)).last().values()
    assert record["status"] == "restored"
    assert results(outcome(evidence)) == [("done", None)] * 2


@pytest.mark.parametrize(
    ("device", "reason"), [("pole", "unknown_device"), ("fuse", None), ("tb", None), ("breaker", None)]
)
def test_a_position_of_any_device_may_be_set(device: str, reason: str | None) -> None:
    evidence = Evidence()
    position(evidence, device, "open", 1000)
    answer = valid(outcome(evidence))
    assert results(answer) == [("refused" if reason else "done", reason)]
    assert len(answer.last()) == (0 if reason else 1)


def scada_against(at: float, quality: str = "good") -> Answer:
    evidence = Evidence()
    evidence.meter(f"{A} {B} {C}", "last_gasp", 950, 20)
    evidence.scada("breaker", "open", 950)
    position(evidence, "breaker", "open", 1000)
    evidence.scada("breaker", "closed", at, quality, delay=1300 - at)
    if quality == "good" and at > 1000:
        evidence.meter(f"{A} {B} {C} {D}", "power_restored", at, 20)
    return valid(outcome(evidence))


def test_a_newer_good_position_ends_an_operators_and_an_older_or_doubtful_one_disputes_it() -> None:
    (newer,) = scada_against(1200).last().values()
    assert newer["status"] == "momentary"
    for against in (scada_against(990), scada_against(1200, "uncertain")):
        (record,) = against.last().values()
        assert (record["status"], record["customers_out"]) == ("confirmed", 16)
    assert next(iter(scada_against(990).last().values()))["operators"]["disputed_by"] == ["scada"]


def test_a_crew_that_is_assigned_stands_in_the_outage_until_it_is_released() -> None:
    evidence, name = fuse_out()
    evidence.crew("crew1", "assigned", 1100, device_id="ta", kind="tree")
    order(evidence, "assign_crew", 1300, name, crew_id="crew1")
    order(evidence, "assign_crew", 1310, name, crew_id="crew2")
    evidence.crew("crew1", "en_route", 1290, device_id="recloser", delay=60)
    order(evidence, "release_crew", 1500, name, crew_id="crew2")
    answer = valid(outcome(evidence))
    assert results(answer) == [("done", None)] * 3
    crews = [record["crews"] for record in answer.lifecycle if "crews" in record["change"] and record["crews"]]
    assert [[crew["crew_id"] for crew in some] for some in crews] == [["crew1"], ["crew1", "crew2"], ["crew1"]]
    assert crews[0][0] == {"crew_id": "crew1", "kind": "tree", "status": "assigned", "at": clock(1300), "eta": None}
    evidence.crew("crew1", "on_site", 1600, device_id="recloser")
    assert valid(outcome(evidence)).last()[name]["crews"] == []


def test_what_was_confirmed_ends_by_what_meters_say_and_a_position_that_was_set_does_not() -> None:
    ends = []
    for kind in ("confirm", "set_position"):
        evidence, name = fuse_out()
        order(evidence, kind, 1300, name, device_id="fuse", position="open")
        evidence.meter(" ".join([*A.split(), *B.split()[:2]]), "power_restored", 2000, 20)
        ends.append(valid(outcome(evidence)).last()[name])
    assert [(record["status"], record["customers_out"]) for record in ends] == [
        ("restored", 0),
        ("confirmed", 8),
    ]
    assert [record["operators"]["disputed_by"] for record in ends] == [[], ["meters"]]


def test_publication_is_held_and_let_go() -> None:
    evidence, name = fuse_out()
    order(evidence, "hold_publication", 1300, name)
    assert valid(outcome(evidence, until=1400)).last()[name]["operators"]["publication_held"] is True
    order(evidence, "release_publication", 1500, name)
    order(evidence, "release_publication", 1600, name, seen=9)
    answer = valid(outcome(evidence))
    assert results(answer) == [("done", None), ("refused", "outdated"), ("done", None)]
    assert answer.last()[name]["operators"]["publication_held"] is False
