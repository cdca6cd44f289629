"""Reclosing sequences that meters notice in part: what closed has closed, and what fails next is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.evidence import Answer, Evidence, clock
from tests.worlds.town import outcome, town

EACH = 12
NOTICED = 1.5
"""Seconds that an interruption lasts at least for a meter to notice."""
OPENED = 100.0
FAILED = 500.0
"""So long after the sequence a transformer fails."""


def of(branches: str, each: int = EACH) -> str:
    """The usage points of some transformers with so many of them."""
    return " ".join(f"{branch}{number}" for branch in branches for number in range(1, each + 1))


def sequence(evidence: Evidence, shots: list[tuple[float, float]]) -> float:
    """A breaker that opens for so long and closes for so long, and so on; gives when it has closed for good.

    Who notices that power was lost says so, and says so when it is back, at the end of each shot.
    """
    at = OPENED
    for number, (dark, light) in enumerate(shots):
        evidence.scada("breaker", "open", at)
        evidence.scada("breaker", "closed", at + dark)
        if dark >= NOTICED:
            evidence.meter(of("abcd"), "last_gasp", at, 4)
            evidence.meter(of("abcd"), "power_restored", at + dark, 12, started=at)
        at += dark + (light if number < len(shots) - 1 else 0)
    return at


def open_at_the_end(answer: Answer) -> dict[str, int]:
    """The devices of outages that are open, and how many customers are out with each."""
    return {
        record["device_id"]: record["customers_out"] for record in answer.last().values() if record["customers_out"] > 0
    }


def test_who_was_back_before_the_last_short_shot_is_not_waited_for() -> None:
    """Twenty-eight seconds after the sequence the breaker dips once more: too short for any meter."""
    evidence = Evidence()
    closed = sequence(evidence, [(0.3, 0.1), (3.3, 28), (0.5, 0)])
    evidence.meter(of("a"), "last_gasp", closed + FAILED, 5)
    answer = outcome(evidence, town(each=EACH), closed + FAILED + 60)
    assert open_at_the_end(answer) == {"ta": EACH}
    (breaker,) = (record for record in answer.last().values() if record["device_id"] == "breaker")
    assert (breaker["status"], breaker["started_at"]) == ("momentary", clock(OPENED))


SHOT = st.tuples(st.sampled_from([0.3, 0.8, 2.0, 5.0, 30.0]), st.sampled_from([0.2, 2.0, 15.0, 45.0]))
SHOTS = st.lists(SHOT, min_size=1, max_size=4).filter(lambda shots: any(dark >= NOTICED for dark, _ in shots))


@settings(max_examples=20, deadline=None)
@given(SHOTS, st.sampled_from(["a", "c", "ab"]))
def test_what_fails_after_a_sequence_is_found_and_nothing_else(shots: list[tuple[float, float]], failed: str) -> None:
    evidence = Evidence()
    closed = sequence(evidence, shots)
    evidence.meter(of(failed), "last_gasp", closed + FAILED, 5)
    answer = outcome(evidence, town(each=EACH), closed + FAILED + 60)
    assert sum(open_at_the_end(answer).values()) == EACH * len(failed)
    assert {record["device_id"] for record in answer.lifecycle if record["started_at"] < clock(closed)} == {"breaker"}
    told = {point for record in answer.restorations for point in record["usage_point_ids"]}
    assert told == set(of("abcd").split())


def test_who_has_been_dark_for_long_need_not_say_so_again() -> None:
    """A fuse blows; half an hour later the breaker above opens, the fuse is replaced, and the breaker closes again."""
    evidence = Evidence()
    evidence.meter(of("ab"), "last_gasp", 100, 20)
    evidence.crew("c1", "on_site", 400, open_device_id="fuse", device_id="fuse")
    evidence.scada("breaker", "open", 2000)
    evidence.meter(of("cd"), "last_gasp", 2000, 20)
    evidence.crew("c1", "completed", 2400, device_id="fuse")
    evidence.scada("breaker", "closed", 2600)
    evidence.meter(of("cd"), "power_restored", 2600, 20, started=2000)
    evidence.meter(of("ab"), "power_restored", 2600, 100, started=100)
    answer = outcome(evidence, town(each=EACH))
    assert {record["device_id"] for record in answer.lifecycle} == {"fuse", "breaker"}
    assert open_at_the_end(answer) == {}


@pytest.mark.parametrize("apart", [16, 40, 75])
def test_a_dip_that_few_notice_does_not_hide_who_stayed_dark(apart: float) -> None:
    """Soon after the breaker has closed it dips, which three meters in twelve notice; one branch is broken."""
    evidence = Evidence()
    evidence.scada("breaker", "open", OPENED)
    evidence.meter(of("abcd"), "last_gasp", OPENED, 20)
    evidence.scada("breaker", "closed", 2000)
    evidence.scada("breaker", "open", 2000 + apart)
    evidence.scada("breaker", "closed", 2000.3 + apart)
    few = " ".join(f"{branch}{number}" for branch in "abc" for number in (1, 2, 3))
    evidence.meter(few, "last_gasp", 2000 + apart, 6)
    evidence.meter(few, "power_restored", 2000.3 + apart, 12, started=2000 + apart)
    evidence.meter(of("abc"), "power_restored", 2000, 8, started=OPENED)
    answer = outcome(evidence, town(each=EACH))
    assert open_at_the_end(answer) == {"td": EACH}
    told = {point for record in answer.restorations for point in record["usage_point_ids"]}
    assert told == set(of("abc").split())


@pytest.mark.parametrize("told", ["open closed", "closed", "open", ""])
@pytest.mark.parametrize("delay", [5, 30, 100, 160])
@pytest.mark.parametrize("one_in", [4, 10])
def test_a_breaker_closes_where_few_messages_of_it_come(told: str, delay: float, one_in: int) -> None:
    """Nothing was known of how few restoration messages arrive here: what SCADA or most of who speak say is tried."""
    evidence = Evidence()
    for position, at in (("open", OPENED), ("closed", 2000)):
        if position in told.split():
            evidence.scada("breaker", position, at)
    evidence.meter(of("abcd", 40), "last_gasp", OPENED, 20)
    few = [point for number, point in enumerate(of("abcd", 40).split()) if number % one_in == 0]
    evidence.meter(" ".join(few), "power_restored", 2000, delay, started=OPENED)
    answer = outcome(evidence, town(each=40))
    (breaker,) = (record for record in answer.last().values() if record["status"] != "merged")
    assert (breaker["device_id"], breaker["status"], breaker["restored_at"]) == ("breaker", "restored", clock(2000))
