"""Commands that begin outages, end them as parts of others, and have them go on: open, split, merge and reopen."""

from __future__ import annotations

from typing import Any

import pytest

from models.contracts.outputs.membership import MembershipRecord
from models.ledger.interruptions import InterruptionLedger
from models.network.network import Network
from models.outages.state.outage import outage_id
from tests.models.outages.rules.operators.test_commands import fuse_out, order, results, valid
from tests.worlds.evidence import Answer, Evidence, clock, moment
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.town import A, B, C, D, outcome, town

Record = dict[str, Any]


def opened(evidence: Evidence, at: float = 1300, **fields: Any) -> None:
    evidence.command("open", at, **fields)


def interruptions(answer: Answer, network: Network | None = None) -> dict[str, list[tuple[int, int | None]]]:
    """By usage point, since when and until when, as the ledger has it."""
    network, ledger = network or town(), InterruptionLedger()
    for record in answer.membership:
        MembershipRecord.model_validate(record)
        ledger.take(record)
    ids = {int(number): network.point_ids[at] for at, number in enumerate(network.point_number)}
    return {ids[n]: [(one.out_at, one.back_at) for one in ledger.interruptions(n)] for n in sorted(ledger.entries)}


@pytest.mark.parametrize(
    ("place", "device", "kind", "out"),
    [
        ({"device_id": "fuse"}, "fuse", "fuse", 8),
        ({"usage_point_ids": A.split()[:2]}, "ta", "transformer", 4),
        ({"usage_point_ids": ["a1", "a2", "b3", "b4"]}, "fuse", "fuse", 8),
        ({"usage_point_ids": ["a3"]}, "a3", "service", 1),
    ],
)
def test_an_outage_is_opened_by_hand_and_its_answer_names_it(place: Record, device: str, kind: str, out: int) -> None:
    evidence = Evidence()
    evidence.meter(f"{C} {D}", "ping_on", 1290)
    opened(evidence, **place)
    answer = valid(outcome(evidence))
    (told,) = answer.answers
    (record,) = answer.last().values()
    assert (told["result"], told["outage_id"], told["revision"]) == ("done", record["outage_id"], 1)
    assert (record["device_id"], record["device_kind"], record["customers_out"]) == (device, kind, out)
    assert (record["status"], record["evidence"], record["started_at"]) == ("confirmed", "confirmed", clock(1300))
    assert [command["kind"] for command in record["operators"]["commands"]] == ["open"]
    assert answer.lifecycle[0]["customers_out"] == out
    evidence.meter(" ".join(sorted(set(f"{A} {B}".split()))), "power_restored", 2000, 20)
    (record,) = valid(outcome(evidence)).last().values()
    assert (record["status"], record["customers_out"]) == ("restored", 0)
    assert abs(parse(record["restored_at"]) - moment(2000)) <= 1000


def parse(text: str) -> int:
    from models.times.iso8601 import parse_time

    return parse_time(text)


def test_meters_that_say_otherwise_do_not_end_what_was_opened_and_dispute_it() -> None:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "ping_on", 1250, 100)
    opened(evidence, device_id="fuse")
    (record,) = valid(outcome(evidence, until=1700)).last().values()
    assert (record["status"], record["customers_out"]) == ("confirmed", 8)
    evidence.scada("fuse", "closed", 1200, delay=300)
    (record,) = valid(outcome(evidence, until=1700)).last().values()
    assert record["operators"]["disputed_by"] == ["scada"]


def test_a_suspicion_that_is_opened_by_hand_is_the_outage() -> None:
    evidence = Evidence()
    evidence.meter("a1 a2 a3 a4", "last_gasp", 1299, 1)
    opened(evidence, 1303, device_id="ta")
    answer = valid(outcome(evidence, until=1600))
    (record,) = answer.last().values()
    assert answer.answers[0]["outage_id"] == record["outage_id"]
    assert (record["device_id"], record["customers_out"], record["started_at"]) == ("ta", 4, clock(1299))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"device_id": "pole"}, "unknown_device"),
        ({"device_id": "fuse"}, "already_open"),
        ({"device_id": "ta"}, "already_out"),
        ({"usage_point_ids": ["a1"]}, "already_out"),
        ({"usage_point_ids": ["a1", "nobody"]}, "unknown_usage_point"),
        ({"usage_point_ids": ["c1", "d1"]}, "elsewhere"),
        ({"device_id": "recloser", "time": moment(1900)}, "impossible_time"),
    ],
)
def test_what_cannot_be_opened_is_refused(fields: Record, reason: str) -> None:
    evidence, name = fuse_out()
    without = outcome(evidence)
    opened(evidence, 1500, **fields)
    answer = valid(outcome(evidence))
    assert results(answer) == [("refused", reason)]
    assert answer.answers[0]["outage_id"] == (name if reason.startswith("already") else None)
    assert answer.lifecycle == without.lifecycle


@pytest.mark.parametrize(
    ("part", "device", "moved"), [({"device_id": "ta"}, "ta", 4), ({"usage_point_ids": ["b2"]}, "b2", 1)]
)
def test_a_part_becomes_an_outage_of_its_own_and_stays_when_the_rest_is_back(
    part: Record, device: str, moved: int
) -> None:
    evidence, name = fuse_out()
    order(evidence, "split", 1300, name, command_id="mine", **part)
    rest = [point for point in f"{A} {B}".split() if point not in (A.split() if device == "ta" else ["b2"])]
    evidence.meter(" ".join(rest), "power_restored", 2000, 20)
    answer = valid(outcome(evidence))
    whole, new = answer.last().values()
    assert (answer.answers[0]["outage_id"], answer.answers[0]["revision"]) == (new["outage_id"], 1)
    assert (new["device_id"], new["parent_id"], new["customers_out"]) == (device, name, moved)
    assert (whole["status"], whole["customers_transferred"]) == ("restored", moved)
    assert whole["transferred_to"] == new["outage_id"]
    assert new["started_at"] == clock(1000)
    known = interruptions(answer)
    assert sorted(point for point, found in known.items() if found[-1][1] is None) == sorted(
        A.split() if device == "ta" else ["b2"]
    )
    assert all(len(found) == 1 and found[0][0] == moment(1000) for found in known.values())


@pytest.mark.parametrize("part", [{"device_id": "fuse"}, {"device_id": "breaker"}, {"device_id": "tc"}])
def test_what_is_no_part_cannot_be_split_off(part: Record) -> None:
    evidence, name = fuse_out()
    order(evidence, "split", 1300, name, **part)
    assert results(valid(outcome(evidence))) == [("refused", "elsewhere")]


def two_out() -> tuple[Evidence, str, str]:
    """Below the fuse and below the recloser power is lost, five minutes apart."""
    evidence, name = fuse_out()
    evidence.meter(f"{C} {D}", "last_gasp", 1300, 20)
    (other,) = (one for one in outcome(evidence, until=1500).last() if one != name)
    return evidence, name, other


def test_two_outages_are_one_at_the_device_that_feeds_both_and_stay_so() -> None:
    evidence, name, other = two_out()
    order(evidence, "merge", 1600, name, seen=9, other_outage_id=other)
    answer = valid(outcome(evidence))
    assert results(answer) == [("done", None)]
    merged, heir = answer.last()[name], answer.last()[other]
    assert (merged["status"], merged["merged_into"], merged["customers_affected"]) == ("merged", other, 0)
    assert (heir["device_id"], heir["customers_out"], heir["evidence"]) == ("breaker", 16, "confirmed")
    assert len(answer.last()) == 2
    known = interruptions(answer)
    assert {found[0][0] for point, found in known.items() if point[0] in "ab"} == {moment(1000)}
    assert {found[0][0] for point, found in known.items() if point[0] in "cd"} == {moment(1300)}
    evidence.meter(f"{A} {B} {C} {D}", "power_restored", 2400, 20)
    answer = valid(outcome(evidence))
    assert (answer.last()[other]["status"], answer.last()[other]["customers_restored"]) == ("restored", 16)
    assert len(answer.last()) == 2
    order(evidence, "note", 2700, name, seen=99)
    assert valid(outcome(evidence)).answers[-1]["reason"] == "merged_outage"
    assert valid(outcome(evidence)).answers[-1]["outage_id"] == other


@pytest.mark.parametrize(
    ("other", "device", "reason"),
    [
        (outage_id("elsewhere", "nothing", 5), None, "elsewhere"),
        ("same", None, "elsewhere"),
        ("unknown", None, "unknown_outage"),
        ("no id", None, "unknown_outage"),
        ("other", "tc", "elsewhere"),
        ("other", "pole", "unknown_device"),
    ],
)
def test_what_cannot_be_merged_is_refused(other: str, device: str | None, reason: str) -> None:
    evidence, name, known = two_out()
    without = outcome(evidence)
    other = {"same": name, "other": known, "unknown": name[:6] + "a" * 20}.get(other, other)
    order(evidence, "merge", 1600, name, seen=9, other_outage_id=other, device_id=device)
    answer = valid(outcome(evidence))
    assert results(answer) == [("refused", reason)]
    assert answer.lifecycle == without.lifecycle


def test_most_must_be_out_below_the_device_that_feeds_both_or_it_is_named() -> None:
    evidence = Evidence()
    evidence.meter("a1 a2 a3", "last_gasp", 1000, 20)
    evidence.meter("c1 c2 c3", "last_gasp", 1200, 20)
    evidence.meter(f"{B} {D}", "ping_on", 1290)
    one, other = outcome(evidence, until=1500).last()
    order(evidence, "merge", 1600, one, seen=9, other_outage_id=other, command_id="1")
    assert valid(outcome(evidence)).last()[other]["customers_out"] in {4, 16}


def merged_and_split(first: str) -> Answer:
    evidence, name, other = two_out()
    seen = outcome(evidence, until=1500).last()[name]["revision"]
    delays = {"merge": 1, "split": 2} if first == "merge" else {"merge": 2, "split": 1}
    order(evidence, "merge", 1600, name, seen=seen, other_outage_id=other, delay=delays["merge"])
    order(evidence, "split", 1600, name, seen=seen, device_id="ta", delay=delays["split"])
    return valid(outcome(evidence))


def test_of_split_against_merge_the_second_is_told_that_he_was_overtaken() -> None:
    assert results(merged_and_split("split")) == [("done", None), ("refused", "outdated")]
    assert results(merged_and_split("merge")) == [("done", None), ("refused", "merged_outage")]


@pytest.mark.parametrize("last", ["merge", "cancel"])
def test_chains_of_merges_in_one_instant_end_at_the_last_one_or_with_it(last: str) -> None:
    evidence = Evidence()
    for device in ("ta", "tb", "tc"):
        opened(evidence, 1300, device_id=device)
    one, other, third = outcome(evidence, until=1400).last()
    order(evidence, "merge", 1600, one, seen=99, other_outage_id=other, delay=1)
    if last == "merge":
        order(evidence, "merge", 1600, other, seen=99, other_outage_id=third, delay=1.1)
    else:
        order(evidence, "cancel", 1600, other, seen=99, delay=1.1)
    order(evidence, "note", 1700, one)
    answer = valid(outcome(evidence))
    status = [answer.last()[name]["status"] for name in (one, other, third)]
    if last == "merge":
        assert results(answer)[3:] == [("done", None)] * 2 + [("refused", "merged_outage")]
        assert status == ["merged", "merged", "confirmed"]
        assert {answer.last()[name]["merged_into"] for name in (one, other)} == {third}
        assert answer.answers[-1]["outage_id"] == third
    else:
        assert results(answer)[3:] == [("done", None)] * 2 + [("refused", "closed_outage")]
        assert status == ["cancelled", "cancelled", "confirmed"]


def ended(kind: str) -> tuple[Evidence, str]:
    evidence, name = fuse_out()
    if kind == "cancelled":
        order(evidence, "cancel", 1400, name, seen=9)
    else:
        evidence.meter(f"{A} {B}", "power_restored", 1100 if kind == "momentary" else 1900, 20)
    assert outcome(evidence, until=2500).last()[name]["status"] == kind
    return evidence, name


@pytest.mark.parametrize(("kind", "since"), [("restored", 1900), ("momentary", 1100), ("cancelled", 1000)])
def test_an_outage_that_is_over_goes_on_as_one_that_follows_it(kind: str, since: float) -> None:
    evidence, name = ended(kind)
    order(evidence, "reopen", 2600, name, seen=9)
    answer = valid(outcome(evidence))
    old, new = answer.last().values()
    assert (old["status"], new["follows"], new["device_id"], new["customers_out"]) == (kind, name, "fuse", 8)
    assert answer.answers[-1]["outage_id"] == new["outage_id"]
    assert new["started_at"] == clock(since)
    found = interruptions(answer)["a1"]
    assert found[-1] == (moment(since), None)
    assert len(found) == (1 if kind == "cancelled" else 2)
    order(evidence, "reopen", 2700, name, seen=9)
    last = valid(outcome(evidence)).answers[-1]
    assert (last["reason"], last["outage_id"]) == ("already_open", new["outage_id"])


def test_an_outage_that_is_not_over_goes_on_with_its_id() -> None:
    evidence, name = fuse_out()
    order(evidence, "restore", 1500, name, device_id="ta")
    order(evidence, "reopen", 1600, name, seen=9)
    answer = valid(outcome(evidence, until=1700))
    (record,) = answer.last().values()
    assert (record["status"], record["customers_out"], record["customers_restored"]) == ("partially_restored", 8, 0)
    assert interruptions(answer)["a1"] == [(moment(1000), None)]
    order(evidence, "restore", 1800, name, seen=9)
    (record,) = valid(outcome(evidence)).last().values()
    assert (record["status"], record["customers_restored"]) == ("restored", 8)


@pytest.mark.parametrize(("seen", "time", "reason"), [(1, None, "outdated"), (9, moment(900), "impossible_time")])
def test_a_reopening_is_refused(seen: int, time: int | None, reason: str) -> None:
    evidence, name = ended("restored")
    order(evidence, "reopen", 2600, name, seen=seen, time=time)
    assert results(valid(outcome(evidence))) == [("refused", reason)]


@pytest.mark.parametrize(("time", "first", "rest"), [(1600, 1400, 1600), (1300, 1300, 1300), (2100, 1400, 2100)])
def test_a_restoration_time_that_is_put_right_is_in_the_ledger(time: float, first: float, rest: float) -> None:
    evidence, name = fuse_out()
    order(evidence, "restore", 1500, name, device_id="ta", time=moment(1400))
    evidence.meter(B, "power_restored", 1900, 20)
    order(evidence, "set_cause", 2400, name, seen=9)
    before = interruptions(outcome(evidence, until=2450))
    assert (before["a1"], before["b1"]) == ([(moment(1000), moment(1400))], [(moment(1000), moment(1900))])
    order(evidence, "set_restoration_time", 2500, name, seen=9, time=moment(time))
    answer = valid(outcome(evidence))
    assert answer.last()[name]["restored_at"] == clock(time)
    known = interruptions(answer)
    assert {tuple(known[point]) for point in A.split()} == {((moment(1000), moment(first)),)}
    assert {tuple(known[point]) for point in B.split()} == {((moment(1000), moment(rest)),)}


def test_a_restoration_time_does_not_reach_into_the_next_interruption() -> None:
    evidence, name = fuse_out()
    evidence.meter(f"{A} {B}", "power_restored", 1900, 20)
    evidence.meter(A, "last_gasp", 2200, 20)
    order(evidence, "set_restoration_time", 2800, name, seen=9, time=moment(2500))
    known = interruptions(valid(outcome(evidence)))
    assert known["a1"] == [(moment(1000), moment(2200)), (moment(2200), None)]
    assert known["b1"] == [(moment(1000), moment(2500))]


def test_after_a_day_an_outage_is_opened_anew() -> None:
    evidence, name = ended("restored")
    day = 24 * 3600
    order(evidence, "reopen", 2600 + day, name, seen=9)
    opened(evidence, 2700 + day, device_id="fuse")
    answer = valid(outcome(evidence, until=3600 + day))
    assert results(answer) == [("refused", "closed_outage"), ("done", None)]


def test_outages_of_two_zones_are_not_merged() -> None:
    devices, points = [], []
    for zone in ("north", "south"):
        devices.append(Device(f"{zone} breaker", kind="breaker", substation=zone))
        devices.append(Device(f"{zone} t", f"{zone} breaker", "transformer", zone))
        points += [Point(f"{zone[0]}{i}", f"{zone} t") for i in range(1, 5)]
    network = network_of(devices, points)
    evidence = Evidence()
    opened(evidence, 1000, device_id="north t")
    opened(evidence, 1000, device_id="south t")
    one, other = outcome(evidence, network, until=1100).last()
    order(evidence, "merge", 1200, one, other_outage_id=other)
    answer = valid(outcome(evidence, network))
    assert results(answer)[2:] == [("refused", "elsewhere")]
