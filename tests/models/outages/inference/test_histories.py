"""Histories below a device that did something are unions of intervals: against intervals, pair by pair."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.outages.inference.histories import ANY, APART, Histories, histories_of

SECOND = 1000
Interval = tuple[float, float]


@st.composite
def numbered(draw: st.DrawFn) -> Histories:
    """Up to three openings and three closings, of which some follow one earlier opening only."""
    opened = sorted(draw(st.sets(st.integers(0, 300), min_size=1, max_size=3)))
    closed = sorted(draw(st.sets(st.integers(0, 600), max_size=3)))
    only = [draw(st.sampled_from([ANY, *(k for k in range(len(opened)) if opened[k] < at)])) for at in closed]
    at = np.array(opened, np.int64) * SECOND
    none = np.empty(0, np.int64)
    return histories_of(at, at, at, none, np.array(closed, np.int64) * SECOND, np.array(only, np.int64), 5 * SECOND)


def interval(found: Histories, state: int) -> Interval:
    last = int(found.closing[state])
    return int(found.opened[found.opening[state]]), math.inf if last < 0 else int(found.closed[last])


@given(numbered())
def test_a_point_is_dark_when_its_feed_or_its_device_is(found: Histories) -> None:
    states = len(found.opening)
    assert (found.below[0] == np.arange(states)).all()
    assert (found.below[:, 0] == np.arange(states)).all()
    for one in range(1, states):
        for other in range(1, states):
            together = int(found.below[one, other])
            first, second = sorted((interval(found, one), interval(found, other)))
            if second[0] > first[1] + APART:
                assert interval(found, together) == second  # two interruptions: the later one counts
            else:
                since, until = first[0], max(first[1], second[1])
                ends = {interval(found, state)[1] for state in range(1, states) if interval(found, state)[0] == since}
                assert interval(found, together) == (since, until if until in ends else math.inf)


@given(numbered())
def test_every_history_has_one_number(found: Histories) -> None:
    pairs = list(zip(found.opening.tolist(), found.closing.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert pairs[0] == (-1, -1)
    for k in range(len(found.opened)):
        assert pairs[found.dark[k]] == (k, -1)
        for last in range(len(found.closed)):
            state = int(found.back[k, last])
            assert state < 0 or pairs[state] == (k, last)
