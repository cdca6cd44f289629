"""What operators order of storms: each order has one answer, a restart shows nowhere, and the totals stay the sums."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.operator_command import STORM_COMMANDS
from models.contracts.outputs.command_answer import StormOrder
from models.storms.orders import Order
from models.storms.policy import Declared, StormPolicy
from models.storms.sums import Shown
from models.times.iso8601 import format_time
from tests.worlds.lifecycles import name_of
from tests.worlds.storm_states import MINUTE, NOON, Utility, order, shown

POLICY = StormPolicy(
    open_outages=3, open_customers=30, area_kind="county", area_share=0.9, area_customers=50, end_customers=10,
    end_seconds=600, tell_seconds=60, forget_seconds=3600, declared=[Declared(name="Zeus", start=NOON - MINUTE)],
)  # fmt: skip
FREE = POLICY.model_copy(update={"declared": []})


def clock(minute: float) -> str:
    return format_time(NOON + round(minute * MINUTE))


def opened(utility: Utility, minute: float, name: str, **more: Any) -> str:
    """Order a storm, and give its id."""
    utility.at(minute, order("open_storm", minute, text=name, **more))
    answer = utility.answers[-1]
    assert answer["result"] == "done", answer
    return str(answer["storm_id"])


def refused(utility: Utility, minute: float, *orders: dict[str, Any]) -> list[str]:
    before = len(utility.answers)
    utility.at(minute, *orders)
    answers = utility.answers[before:]
    assert [answer["command_id"] for answer in answers] == [one["command_id"] for one in orders]
    return [str(answer["reason"]) for answer in answers]


def test_an_order_goes_through_the_log_as_it_was_given() -> None:
    given = StormOrder(kind="close_storm", at=clock(3), storm_id="s", time=clock(2), name=None, exclusion_reason=None)
    assert Order(**Order.of("c", given)._asdict()) == Order(
        "c", "close_storm", NOON + 3 * MINUTE, "s", NOON + 2 * MINUTE, None
    )


def test_an_ordered_storm_has_the_outages_that_began_in_its_time() -> None:
    utility = Utility(FREE)
    utility.at(5, shown(1, 1, 2), shown(2, 4, 2))
    storm = opened(utility, 6, "Zeus", time=3)
    assert utility.storm_of == {name_of(2): storm}
    told = utility.storms[storm]
    assert (told["name"], told["opened_by"], told["started_at"], told["status"]) == (
        "Zeus",
        "operator",
        clock(3),
        "open",
    )
    utility.at(9, shown(3, 8, 40))
    utility.at(10, order("close_storm", 10, storm, time=7))
    assert utility.storm_of == {name_of(2): storm}  # who began after its end is not of it
    utility.at(12)
    told = utility.storms[storm]
    assert (told["status"], told["ended_at"], told["outages"]) == ("over", clock(7), 1)
    utility.at(13, order("close_storm", 13, storm, time=9), order("exclude_storm", 13, storm, "major event day"))
    utility.at(14)
    assert set(utility.storm_of) == {name_of(2), name_of(3)}
    assert utility.storms[storm]["exclusion_reason"] == "major event day"
    utility.at(16, order("exclude_storm", 16, storm))
    assert utility.storms[storm]["exclusion_reason"] is None


def test_a_storm_by_rule_is_named_and_closed_and_does_not_open_again_for_those_still_out() -> None:
    utility = Utility(FREE)
    utility.at(1, *(shown(number, 0, 20) for number in range(3)))
    (storm,) = utility.storms
    utility.at(3, order("name_storm", 3, storm, "Hera"), order("close_storm", 3, storm))
    assert utility.storms[storm]["name"] == "Hera"
    assert (utility.storms[storm]["status"], utility.storms[storm]["opened_by"]) == ("over", "rule")
    assert set(utility.storm_of) == {name_of(number) for number in range(3)}
    utility.at(5, shown(4, 4, 20))
    assert set(utility.storms) == {storm}
    utility.at(6, shown(5, 5, 20), shown(6, 5, 20))
    assert len(utility.storms) == 2
    assert {utility.storm_of[name_of(number)] for number in (4, 5, 6)} == set(utility.storms) - {storm}


def test_each_outage_of_a_storm_says_its_new_name() -> None:
    utility = Utility(FREE)
    storm = opened(utility, 1, "Zeus", time=0)
    utility.at(2, shown(1, 1, 2), shown(2, 1, 2))
    written = utility.at(3, order("name_storm", 3, storm, "Hera"))
    names = {record["outage_id"]: record["storm_name"] for _, record in written if "storm_name" in record}
    assert names == {name_of(1): "Hera", name_of(2): "Hera"}


def test_what_cannot_be_is_refused_in_words() -> None:
    utility = Utility(POLICY)
    utility.at(0)
    (declared,) = utility.storms
    storm = opened(utility, 1, "Hera", time=0)
    assert refused(
        utility, 2,
        order("close_storm", 2, "nowhere"), order("close_storm", 2), order("name_storm", 2, declared, "Ares"),
        order("open_storm", 2, text="Zeus"), order("name_storm", 2, storm, "Zeus"), order("open_storm", 2, text=" "),
        order("exclude_storm", 2, storm, "x" * 201), order("open_storm", 2, text="later", time=9),
        order("close_storm", 2, storm, time=0),
    ) == [
        "unknown_storm", "unknown_storm", "declared_storm", "name_taken", "name_taken", "impossible_text",
        "impossible_text", "impossible_time", "impossible_time",
    ]  # fmt: skip
    utility.at(3, order("close_storm", 3, storm))
    assert refused(utility, 4, order("close_storm", 4, storm), order("name_storm", 4, storm, "Hera")) == [
        "storm_over",
        "None",
    ]
    utility.at(90)
    assert refused(utility, 91, order("exclude_storm", 91, storm, "late")) == ["unknown_storm"]  # it is forgotten


def test_a_clock_that_is_ahead_opens_a_storm_now() -> None:
    utility = Utility(FREE)
    utility.at(1, order("open_storm", 8, text="Zeus"))
    assert [storm["started_at"] for storm in utility.storms.values()] == [clock(1)]


STATES = st.tuples(st.integers(0, 4), st.integers(0, 25), st.booleans())
KINDS = st.sampled_from(sorted(STORM_COMMANDS))
STEP = st.tuples(
    st.lists(STATES, max_size=3, unique_by=lambda one: one[0]),
    st.lists(st.tuples(KINDS, st.integers(0, 3), st.integers(0, 9)), max_size=2),
    st.booleans(),
)
STEPS = st.lists(STEP, max_size=25)


@given(STEPS)
def test_whatever_is_ordered_is_answered_once_and_the_totals_are_the_sums(steps: Any) -> None:
    utility, undisturbed = Utility(POLICY), Utility(POLICY)
    given = 0
    for minute, (states, orders, restart) in enumerate(steps, start=1):
        known = [*utility.storms, "nowhere"]
        told: list[Any] = [shown(number, minute, out, is_open=is_open and out > 0) for number, out, is_open in states]
        for place, (kind, which, back) in enumerate(orders):
            more = {"time": minute - back, "command_id": f"{minute}.{place}"}
            told.append(order(kind, minute, known[which % len(known)], f"storm {which}", **more))
        given += len(orders)
        written = utility.at(minute, *told)
        assert undisturbed.at(minute, *told) == written
        if restart:
            utility.restart()
        assert len(utility.answers) == given
        for storm in utility.storms.values():
            mine = [Shown(*utility.last[name]) for name, of in utility.storm_of.items() if of == storm["storm_id"]]
            if storm["updated_at"] == clock(minute):
                assert storm["outages"] == len(mine)
                assert storm["customers_out"] == sum(one.customers_out for one in mine)
                assert storm["status"] == "open" or all(clock(0) <= storm["ended_at"] for _ in mine)
