from math import log2

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.times.logarithms import LONGEST, logarithms_of, seconds_of


@given(st.lists(st.integers(1, 2**29), min_size=1))
def test_a_duration_comes_back_within_a_step(seconds: list[int]) -> None:
    given_seconds = np.array(seconds, np.int64)
    kept = logarithms_of(given_seconds)
    assert all(abs(log2(one) * 256 - step) < 1.01 for one, step in zip(seconds, kept.tolist(), strict=True))
    back = seconds_of(kept)
    assert np.all((back <= given_seconds) & (back * 1.003 + 1 >= given_seconds))


def test_longer_is_never_shorter() -> None:
    assert np.all(np.diff(seconds_of(np.arange(-10, LONGEST + 10))) >= 0)
    assert seconds_of(np.array([0, 256, 2560])).tolist() == [1, 2, 1024]
