"""Promises, whatever happens to an outage: estimates, crews and owners in any order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.outages.estimate.policy import PromisePolicy
from models.outages.estimate.promise import (
    MINUTE,
    NEVER,
    Promise,
    expired,
    hold,
    next_step,
    promise,
    release,
    set_by_owner,
)

POLICY = PromisePolicy(assess_minutes=10, round_minutes=15, lead_minutes=10, least_change_minutes=30, most_changes=3)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "look", "look", "crew", "hold", "set", "release"]),
        st.integers(0, 400),
        st.integers(1, 2000),
    ),
    max_size=30,
)


@given(STEPS, st.integers(0, 4))
def test_no_promise_lies_in_the_past_and_nobody_moves_anothers(steps: list[tuple[Any, int, int]], most: int) -> None:
    policy = PromisePolicy(most_changes=most)
    stands, now, crew = Promise(), 0, None
    by_estimate = 0
    for what, waits, minutes in steps:
        now += waits * MINUTE
        before, later = expired(stands, now), now + minutes * MINUTE
        crew = later if what == "crew" else crew if crew is not None and crew > now else None
        match what:
            case "hold":
                stands = hold(stands, now)
            case "set":
                stands = set_by_owner(stands, now, later)
            case "release":
                stands = release(stands, now)
            case _:
                stands = promise(policy, stands, now, 0, later, crew)
        assert stands.at is None or stands.at > now
        assert (stands.at is None) == (stands.stage == "assessing")
        assert next_step(policy, stands, now, 0) > now
        if (what in {"look", "crew"} and before.owned) or (what == "look" and before.stage == "crew" and crew is None):
            assert stands == before
        elif stands.stage == "outage" and what == "look" and before.at is not None and before.at != stands.at:
            by_estimate += 1
    assert by_estimate <= most


def test_a_promise_from_beginning_to_end() -> None:
    def look(stands: Promise, minute: int, expected: int, crew: int | None = None) -> Promise:
        return promise(POLICY, stands, minute * MINUTE, 0, expected * MINUTE, crew and crew * MINUTE)

    stands = look(Promise(), 5, 60)
    assert (stands.at, stands.stage, next_step(POLICY, stands, 5 * MINUTE, 0)) == (None, "assessing", 10 * MINUTE)
    stands = look(stands, 10, 61)
    assert (stands.at, stands.stage, stands.changes) == (75 * MINUTE, "outage", 0)
    assert look(stands, 30, 80) == stands  # a quarter of an hour is not worth a change
    assert look(stands, 30, 140).at == 150 * MINUTE
    assert next_step(POLICY, stands, 30 * MINUTE, 0) == 65 * MINUTE
    stands = look(stands, 65, 80)
    assert (stands.at, stands.changes) == (90 * MINUTE, 1)
    stands = look(stands, 70, 80, crew=130)
    assert (stands.at, stands.stage, stands.changes) == (130 * MINUTE, "crew", 2)
    assert look(stands, 75, 400) == stands
    assert next_step(POLICY, stands, 75 * MINUTE, 0) == 130 * MINUTE
    stands = expired(stands, 130 * MINUTE)
    assert (stands.at, stands.stage, stands.changes) == (None, "assessing", 3)
    assert look(stands, 131, 200) == stands
    assert next_step(POLICY, stands, 131 * MINUTE, 0) == NEVER


def test_times_far_off_are_coarse_and_too_far_off_are_none() -> None:
    assert promise(POLICY, Promise(), 3600, 0, 3600 + 7 * 3600 + 1, None).at == 9 * 3600
    assert promise(POLICY, Promise(), 3600, 0, 3600 + 80 * 3600, None).at is None


def test_an_owner_promises_no_past() -> None:
    with pytest.raises(ValueError, match="lies in the past"):
        set_by_owner(Promise(), 100, 100)
