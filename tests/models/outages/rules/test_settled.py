"""What is settled stands, what is over is over, and what turns out not to be there is withdrawn."""

from __future__ import annotations

import pytest

from tests.worlds.evidence import Evidence, clock
from tests.worlds.town import HOUR, A, B, C, D, outcome

FUSE = f"{A} {B}"
ALL = f"{FUSE} {C} {D}"


def test_against_a_good_position_neither_points_nor_calls_move_an_outage() -> None:
    evidence = Evidence()
    evidence.scada("breaker", "open", 1000)
    evidence.meter(ALL, "last_gasp", 1000, 20)
    evidence.meter("a1 a2 c3", "power_restored", 2500, 10)
    evidence.meter("d1 d2 d3 d4", "ping_off", 2600, 10)
    evidence.call("d1", "no_power", 2700, 60)
    answer = outcome(evidence, until=2 * HOUR)
    (found,) = answer.last().values()
    assert (found["device_id"], found["status"], found["customers_out"]) == ("breaker", "confirmed", 16)
    assert answer.restorations == []


def test_power_that_fails_again_before_all_was_judged_is_another_outage() -> None:
    """The first ends as itself; who had not been told of the return is without power by the second one."""
    evidence = Evidence()
    for at in (1000, 2040):
        evidence.scada("fuse", "open", at)
        evidence.meter(FUSE, "last_gasp", at, 10)
    evidence.scada("fuse", "closed", 2000)
    evidence.meter("a1 b1", "power_restored", 2000, 10)
    answer = outcome(evidence, until=2 * HOUR)
    first, second = answer.last().values()
    assert [(one["device_id"], one["status"]) for one in (first, second)] == [
        ("fuse", "restored"),
        ("fuse", "confirmed"),
    ]
    assert (first["customers_restored"], first["customers_transferred"], second["customers_out"]) == (2, 6, 8)
    assert (first["restored_at"], second["started_at"]) == (clock(2000), clock(2040))


def test_an_opening_right_after_a_dip_is_a_run_of_its_own_though_the_dip_is_settled_by_then() -> None:
    """A sequence that locks out: between its shots the dip before ends, its customers out anew."""
    evidence = Evidence()
    evidence.scada("breaker", "open", 1000)
    evidence.meter(ALL, "last_gasp", 1000, 4)
    evidence.scada("breaker", "closed", 1005)
    evidence.meter("a1 b1 c1 d1", "power_restored", 1005, 30)
    evidence.scada("breaker", "open", 1100)
    evidence.scada("breaker", "closed", 1100.4)
    evidence.scada("breaker", "open", 1100.6, delay=2.5)
    evidence.meter(ALL, "last_gasp", 1100.6, 0.9)
    answer = outcome(evidence, until=2 * HOUR)
    *before, last = answer.last().values()
    assert (last["device_id"], last["status"], last["customers_out"]) == ("breaker", "confirmed", 16)
    assert {one["customers_out"] for one in before} == {0}


@pytest.mark.parametrize("kind", ["power_restored", "ping_on"])
def test_a_suspicion_that_its_own_meter_takes_back_is_told_to_nobody(kind: str) -> None:
    evidence = Evidence()
    evidence.meter("a1", "last_gasp", 1000, 5)
    evidence.meter("a1", kind, 1060, 5)
    answer = outcome(evidence)
    assert answer.lifecycle == []
    assert answer.restorations == []


def test_an_outage_that_is_not_there_is_withdrawn_and_not_kept_without_probability() -> None:
    """Two gasps name a transformer; minutes later its other meters answer that they have power."""
    evidence = Evidence()
    evidence.meter("a1 a2", "last_gasp", 1000, 5)
    evidence.meter("a3 a4", "ping_on", 1400, 5)
    answer = outcome(evidence, until=2 * HOUR)
    (found,) = answer.last().values()
    assert (found["device_id"], found["status"]) == ("ta", "cancelled")
    assert (found["customers_affected"], found["customers_out"]) == (0, 0)
    assert answer.restorations == []
