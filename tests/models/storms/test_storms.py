"""Storms against plain sums over the outages, at every instant, with restarts; and when one opens and ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.storms.policy import Declared, StormPolicy
from models.storms.sums import Shown
from models.times.iso8601 import format_time
from tests.worlds.lifecycles import name_of
from tests.worlds.storm_states import MINUTE, NOON, Utility, shown

POLICY = StormPolicy(
    open_outages=3, open_customers=30, area_kind="county", area_share=0.5, area_customers=20, end_customers=10,
    end_seconds=600, tell_seconds=60, forget_seconds=3600,
    declared=[Declared(name="Zeus", start=NOON + 10 * MINUTE, end=NOON + 20 * MINUTE, exclusion_reason="major event")],
)  # fmt: skip


STATES = st.tuples(st.integers(0, 6), st.integers(0, 25), st.booleans(), st.booleans())


@given(st.lists(st.tuples(st.lists(STATES, max_size=4, unique_by=lambda one: one[0]), st.booleans()), max_size=30))
def test_totals_are_the_sums_over_the_storms_outages(
    steps: list[tuple[list[tuple[int, int, bool, bool]], bool]],
) -> None:
    utility, undisturbed = Utility(POLICY), Utility(POLICY)
    for minute, (states, restart) in enumerate(steps):
        said = [
            shown(number, minute, out if is_open else 0, counts=counts, is_open=is_open)
            for number, out, counts, is_open in states
        ]
        written = utility.at(minute, *said)
        assert undisturbed.at(minute, *said) == written
        if restart:
            utility.restart()
        of = {name: Shown(*state) for name, state in utility.last.items()}
        assert all(of[outage].counts for outage in utility.storm_of)
        for storm in utility.storms.values():
            mine = [of[outage] for outage, storm_id in utility.storm_of.items() if storm_id == storm["storm_id"]]
            if storm["updated_at"] != format_time(NOON + minute * MINUTE):
                continue
            assert storm["outages"] == len(mine)
            assert storm["outages_open"] == sum(one.is_open for one in mine)
            assert storm["customers_out"] == sum(one.customers_out for one in mine)
            assert storm["customers_affected"] == sum(one.customers_affected for one in mine)
            by_area = {area["area_id"]: area["customers_out"] for area in storm["areas"]}
            assert sum(by_area.values()) == storm["customers_out"]
    assert sum(storm["opened_by"] == "rule" and storm["status"] == "open" for storm in utility.storms.values()) <= 1


def rule_storm(utility: Utility) -> dict[str, Any]:
    return next(storm for storm in utility.storms.values() if storm["opened_by"] == "rule")


def test_a_storm_opens_by_rule_and_ends_when_few_are_out_for_long() -> None:
    utility = Utility(POLICY.model_copy(update={"declared": []}))
    utility.at(1, shown(1, 0, 10), shown(2, 0, 10))
    assert utility.storms == {}
    utility.at(2, shown(3, 1, 12), shown(4, 1, 9, counts=False))
    storm = rule_storm(utility)
    assert (storm["started_at"], storm["outages"], storm["customers_out"]) == (format_time(NOON), 3, 32)
    assert storm["name"] == f"storm of {format_time(NOON + 14 * 60 * MINUTE)[:10]}"  # where the clocks are far ahead
    assert set(utility.storm_of) == {name_of(number) for number in (1, 2, 3)}
    utility.at(5, shown(1, 0, 0, is_open=False), shown(2, 0, 2), shown(3, 1, 2))
    utility.at(6, shown(5, 6, 1))
    assert utility.storm_of[name_of(5)] == storm["storm_id"]
    utility.at(14)
    assert rule_storm(utility)["status"] == "open"
    utility.at(16)
    storm = rule_storm(utility)
    assert (storm["status"], storm["ended_at"], storm["customers_out_most"]) == (
        "over",
        format_time(NOON + 5 * MINUTE),
        32,
    )
    utility.at(17, shown(6, 17, 1))
    assert name_of(6) not in utility.storm_of


def test_a_storm_opens_by_the_share_of_an_area() -> None:
    utility = Utility(POLICY)
    utility.at(0, shown(1, 0, 29))
    assert utility.storms == {}
    utility.at(1, shown(1, 0, 30))
    assert rule_storm(utility)["areas"] == [
        {"kind": "county", "area_id": "c1", "customers_out": 30, "customers_served": 60}
    ]


def test_a_declared_storm_has_the_outages_that_began_in_its_time() -> None:
    utility = Utility(POLICY)
    utility.at(9, shown(1, 9, 20))
    utility.at(12, shown(2, 11, 20), shown(3, 12, 20), shown(4, 12, 20))
    (storm,) = utility.storms.values()
    assert (storm["name"], storm["exclusion_reason"], storm["status"]) == ("Zeus", "major event", "open")
    assert set(utility.storm_of) == {name_of(number) for number in (2, 3, 4)}
    utility.at(21, shown(5, 21, 3))
    assert utility.storms[storm["storm_id"]]["status"] == "over"
    assert name_of(5) in utility.storm_of  # by rule: it opens as soon as none that is declared is open
    utility.at(22, [name_of(2)])
    assert name_of(2) not in utility.storm_of
    assert utility.at(23, [name_of(2)]) == []


@pytest.mark.parametrize("wrong", list({
    "end_customers": {"end_customers": 6000},
    "ends": {"declared": [{"name": "a", "start": "2026-07-01T12:00:00Z", "end": "2026-07-01T11:00:00Z"}]},
    "one name": {"declared": [{"name": "a", "start": 0}, {"name": "a", "start": 5}]},
    "zone": {"declared": [{"name": "a", "start": "2026-07-01T12:00:00"}]},
}.items()), ids=lambda one: one[0])  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(wrong: tuple[str, dict[str, Any]]) -> None:
    with pytest.raises(ValidationError, match=wrong[0]):
        StormPolicy.model_validate(wrong[1])
