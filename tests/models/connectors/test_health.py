"""The states of a link, and waits between tries."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.connectors.back_off import BackOff
from models.connectors.health import LinkFacts, Standing, state_of, worst
from models.contracts.outputs.connector_health import ConnectorState

STATES: tuple[ConnectorState, ...] = get_args(ConnectorState)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (LinkFacts(session=False), "starting"),
        (LinkFacts(session=True), "connected"),
        (LinkFacts(session=True, service_level=199), "degraded"),
        (LinkFacts(session=True, troubles=1), "degraded"),
        (LinkFacts(session=True, silent_seconds=16, troubles=1), "stale"),
        (LinkFacts(session=False, ever=True), "lost"),
        (LinkFacts(session=False, ever=True, stopped=True), "stopped"),
    ],
)
def test_a_link_stands_by_what_is_known_of_it(facts: LinkFacts, state: str) -> None:
    assert state_of(facts, stale_seconds=15) == state


def test_a_connector_stands_as_the_worst_of_its_links() -> None:
    assert worst(["connected", "lost", "degraded"]) == "lost"
    assert worst(["connected", "connected"]) == "connected"
    assert worst([]) == "starting"


@given(st.lists(st.sampled_from(STATES), max_size=20))
def test_a_state_lasts_since_it_began(states: list[ConnectorState]) -> None:
    standing = Standing(0)
    told = ["starting", *states]
    for now, state in enumerate(states, 1):
        assert standing.become(state, now) == (state != told[now - 1])
    last = len(states)
    while last and told[last] == told[last - 1]:
        last -= 1
    assert (standing.state, standing.since) == (told[-1], last)


@given(st.lists(st.floats(0, 0.999), min_size=1, max_size=60))
def test_waits_grow_to_a_bound_and_are_never_all_alike(draws: list[float]) -> None:
    back_off = BackOff(first=0.5, most=30.0)
    for number, draw in enumerate(draws):
        whole = min(0.5 * 2**number, 30.0)
        assert whole / 2 <= back_off.next(draw) < whole
    back_off.reset()
    assert back_off.next(0.0) == 0.25
