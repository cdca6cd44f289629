"""How accounts stand, counted one usage point at a time."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from models.contracts.outputs.customer_power import Power
from models.customers.account import power_of_account


@given(st.lists(st.sampled_from(get_args(Power)), min_size=1, max_size=6))
def test_one_word_claims_no_more_than_holds_of_all(powers: list[Power]) -> None:
    told = power_of_account(powers)
    out, on, unknown = (powers.count(kind) for kind in ("out", "on", "unknown"))
    assert (told == "out") == (out == len(powers))
    assert (told == "on") == (on == len(powers))
    assert (told == "unknown") == (unknown > 0 and unknown + on == len(powers))
    assert power_of_account(reversed(powers)) == told
