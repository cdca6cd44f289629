"""Laws in whole numbers, against the normal law of the standard library and against chance."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.storms.ending.laws import FAR, WHOLE, draws, probabilities, quantiles

NORMAL = NormalDist(sigma=1000 / NormalDist().inv_cdf(0.9))


@given(st.lists(st.integers(400, WHOLE - 400), min_size=1))
def test_quantiles_are_those_of_the_normal_law(shares: list[int]) -> None:
    found = quantiles(np.array(shares, np.int64))
    for share, far in zip(shares, found.tolist(), strict=True):
        assert abs(far - NORMAL.inv_cdf(share / WHOLE)) < 40
        assert abs(int(probabilities(np.array([far]))[0]) - share) < 200


def test_what_is_farther_than_all_is_certain() -> None:
    assert probabilities(np.array([-(10**9), FAR[0], FAR[-1], 10**9])).tolist() == [0, 0, WHOLE, WHOLE]


@given(st.integers(0, 2**64 - 1))
def test_draws_are_even_and_those_of_their_seed(seed: int) -> None:
    found = draws(seed, 50, 40)
    assert found.shape == (50, 40)
    assert (found == draws(seed, 50, 40)).all()
    assert 0 <= found.min() <= found.max() < WHOLE
    assert abs(found.mean() / WHOLE - 0.5) < 0.05
    assert (found != draws(seed ^ 1, 50, 40)).mean() > 0.99
