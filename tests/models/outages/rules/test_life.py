"""The life of outages: one of a class, each ends as itself, customers are handed over and told once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worlds.evidence import Answer, Evidence, clock
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.town import HOUR, A, B, C, D, names, outcome, town

ALL = f"{A} {B} {C} {D}"
Record = dict[str, Any]


def at(answer: Answer, device: str) -> list[Record]:
    """The last records of the outages of a device, in the order of their first."""
    return [record for record in answer.last().values() if record["device_id"] == device]


def breaker_out(start: float = 1000, end: float | None = 4000) -> Evidence:
    evidence = Evidence()
    evidence.scada("breaker", "open", start)
    evidence.meter(ALL, "last_gasp", start, 20)
    if end is not None:
        evidence.scada("breaker", "closed", end)
    return evidence


def test_reports_below_an_open_device_open_nothing() -> None:
    evidence = breaker_out(end=None)
    evidence.call("a1", "no_power", 1900, 60)
    evidence.meter("c1", "power_restored", 2500, 10)
    evidence.meter("d1 d2", "last_gasp", 1000, 2000)
    answer = outcome(evidence, until=2 * HOUR)
    assert [(record["device_id"], record["status"]) for record in answer.last().values()] == [("breaker", "confirmed")]
    assert answer.restorations == []  # one voice against a position of good quality


def test_a_device_mended_below_an_open_one_ends_repaired() -> None:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", 100, 20)
    evidence.crew("7", "on_site", 600, open_device_id="fuse")
    evidence.scada("breaker", "open", 1000)
    evidence.meter(f"{C} {D}", "last_gasp", 1000, 20)
    evidence.crew("7", "completed", 2000, open_device_id="fuse")
    evidence.scada("breaker", "closed", 4000)
    evidence.meter(ALL, "power_restored", 4000, 20)
    answer = outcome(evidence, until=2 * HOUR)
    (fuse,), (breaker,) = at(answer, "fuse"), at(answer, "breaker")
    assert (fuse["status"], fuse["transferred_to"]) == ("repaired", breaker["outage_id"])
    assert (fuse["customers_affected"], fuse["customers_transferred"], fuse["customers_out"]) == (8, 8, 0)
    assert (breaker["status"], breaker["customers_restored"], breaker["out_since"]) == ("restored", 16, clock(100))


def test_a_branch_that_stays_dark_is_an_outage_from_the_close_in() -> None:
    """A dozen that are silent together, where all others spoke, are no chance of the radio."""
    a, b, c, d = (" ".join(names(branch, 12)) for branch in "abcd")
    evidence = Evidence()
    evidence.scada("breaker", "open", 1000)
    evidence.meter(f"{a} {b} {c} {d}", "last_gasp", 1000, 20)
    evidence.scada("breaker", "closed", 4000)
    evidence.meter(f"{a} {b} {c}", "power_restored", 4000, 20)
    answer = outcome(evidence, town(each=12), until=2 * HOUR)
    (breaker,), (nested,) = at(answer, "breaker"), at(answer, "td")
    assert (breaker["status"], breaker["customers_restored"], breaker["customers_transferred"]) == ("restored", 36, 12)
    assert (nested["status"], nested["started_at"], nested["customers_out"]) == ("detected", clock(4000), 12)
    assert (nested["parent_id"], nested["out_since"]) == (breaker["outage_id"], clock(1000))


@pytest.mark.parametrize("told", [True, False])
def test_a_dip_is_momentary_and_leaves_nothing_open(told: bool) -> None:
    evidence = Evidence()
    if told:
        evidence.scada("breaker", "open", 1000)
        evidence.scada("breaker", "closed", 1000.6)
    evidence.meter("a1 a2 b1 c1 d1", "last_gasp", 1000, 3)
    evidence.meter("a1 a2 b1 c1 d1", "power_restored", 1001, 15)
    answer = outcome(evidence)
    assert [(one["device_id"], one["status"]) for one in answer.last().values()] == [("breaker", "momentary")]
    assert sum(record["customers_restored"] for record in answer.restorations) == 16


def test_a_reclosing_sequence_is_one_opening() -> None:
    evidence = Evidence()
    for opened, closed in ((1000, 1000.5), (1001, 1008), (1009, 1030)):
        evidence.scada("breaker", "open", opened)
        evidence.scada("breaker", "closed", closed)
    evidence.scada("breaker", "open", 1031)
    evidence.meter(ALL, "last_gasp", 1031, 20)
    evidence.meter("a1 c1", "power_restored", 1008, 30)
    answer = outcome(evidence)
    (breaker,) = answer.last().values()
    assert (breaker["status"], breaker["customers_out"], breaker["started_at"]) == ("confirmed", 16, clock(1000))
    assert answer.restorations == []


def test_where_a_crew_is_sent_says_nothing_of_what_is_open() -> None:
    evidence = Evidence()
    evidence.meter(A, "last_gasp", 1000, 20)
    evidence.crew("7", "on_site", 1500, device_id="recloser")
    answer = outcome(evidence)
    (found,) = answer.last().values()
    assert (found["device_id"], found["status"]) == ("ta", "detected")


def test_a_clock_that_begins_anew_starts_no_outage() -> None:
    evidence = Evidence()
    evidence.meter(A, "last_gasp", 1000, 20)
    evidence.meter(A, "power_restored", 2800, 20, started=-700_000_000)
    (found,) = outcome(evidence).last().values()
    assert (found["status"], found["started_at"]) == ("restored", clock(1000))


def test_returns_stamped_just_before_their_gasps_end_the_outage() -> None:
    evidence = Evidence()
    evidence.meter(A, "last_gasp", 1000, 5)
    evidence.meter(A, "power_restored", 998.2, 35)
    answer = outcome(evidence)
    assert [one["customers_out"] for one in answer.last().values()] in ([0], [])


def test_what_fails_is_found_however_many_outages_are_open_already() -> None:
    transformers = [f"t{number}-" for number in range(40)]
    devices = [Device("breaker", kind="breaker"), *(Device(one, "breaker", "transformer") for one in transformers)]
    points = [Point(f"{one}{point}", one) for one in transformers for point in range(4)]
    evidence, failed = Evidence(), {one: 100.0 + 200 * number for number, one in enumerate(transformers[1:])}
    for one, when in failed.items():
        evidence.meter(" ".join(f"{one}{point}" for point in range(4)), "last_gasp", when)
    answer = outcome(evidence, network_of(devices, points), until=3 * HOUR)
    found = {record["device_id"]: record["started_at"] for record in answer.last().values()}
    assert found == {one: clock(when) for one, when in failed.items()}
