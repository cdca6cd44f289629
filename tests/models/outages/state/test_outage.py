"""How an outage counts its customers as they go to another one and come back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.outages.state.outage import Outage


def outage() -> Outage:
    found = Outage("a", 0, 0, 0, 0, -1, (0, 9), opened_at=0, wave_at=0, source=0, started_at=0, posterior=0)
    found.gain(np.array([9, 2, 0]))
    return found


@given(st.lists(st.integers(0, 2), max_size=8))
def test_it_names_another_outage_as_long_as_that_has_customers_of_its(moves: list[int]) -> None:
    """Three customers a time are handed on (0, 1) or come back (2)."""
    found, given_away = outage(), 0
    for move in moves:
        if move < 2 and given_away < 3:
            found.hand_on(np.array([3, 0, 0]))
            found.transferred_to, given_away = "b", given_away + 1
        elif move == 2 and given_away > 0:
            found.hand_on(np.array([-3, 0, 0]))
            given_away -= 1
        assert found.customers_out == 9 - 3 * given_away
        assert (found.transferred_to is None) == (given_away == 0)
    assert found.affected[0] == 9
