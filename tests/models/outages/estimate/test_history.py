"""Situations of the past, against an account of each one by hand; and nothing in them is only known afterwards."""

from math import log2
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.outages.estimate.history import History, Looks, first_looks, later_looks, situations
from models.outages.estimate.situation import FIELDS, FRESH, LATEST, UNKNOWN, Situation

HOUR = 3600
TIMES = st.integers(1, 40)


@st.composite
def histories(draw: st.DrawFn) -> History:
    outages = draw(
        st.lists(
            st.tuples(st.integers(0, 1), TIMES, TIMES, TIMES, st.integers(0, 500), TIMES, TIMES),
            min_size=1,
            max_size=30,
        )
    )
    rows = []
    for zone, start, wait, last, customers, crew, further in outages:
        began = start * 1800
        published = began + wait * 60
        on_site = published + crew * 900
        rows.append(
            (
                zone,
                began,
                published,
                published + last * 1000,
                customers,
                3,
                0,
                UNKNOWN,
                UNKNOWN,
                on_site,
                on_site + further * 60,
            )
        )
    return History(*np.array(rows, np.int64).T)


def by_hand(history: History, row: int, at: int) -> Situation:
    rows = [
        dict(zip(History._fields, values, strict=True)) for values in zip(*(c.tolist() for c in history), strict=True)
    ]
    mine = rows[row]
    here = [one for one in rows if one["zone"] == mine["zone"]]
    still = [one for one in here if one["published_at"] <= at < one["restored_at"]]
    over = sorted((one for one in here if one["restored_at"] <= at), key=lambda one: one["restored_at"])
    stages = [(3, mine["crew_repairing_at"]), (2, mine["crew_on_site_at"])]
    stage, since = next(((stage, time) for stage, time in stages if time <= at), (0, UNKNOWN))
    return Situation(
        mine["customers"],
        mine["device_kind"],
        at // HOUR % 24,
        (at // 86_400 + 3) % 7,
        at - mine["started_at"],
        stage,
        at - since if stage else UNKNOWN,
        0,
        UNKNOWN,
        len(still),
        at - sum(one["started_at"] for one in still) // max(len(still), 1),
        min(len([one for one in over if one["restored_at"] > at - FRESH]), LATEST),
        mean([one["restored_at"] - one["started_at"] for one in over]),
    )


def mean(durations: list[int]) -> Any:
    return UNKNOWN if not durations else sum(256 * log2(one) for one in durations[-LATEST:]) / len(durations[-LATEST:])


@given(histories())
def test_a_situation_is_what_was_known(history: History) -> None:
    last = FIELDS.index("latest_duration")
    first, later = first_looks(history), later_looks(history)
    for looks in (first, later):
        found = situations(history, looks, [(0, 0)])
        for row, at, made in zip(looks.row.tolist(), looks.at.tolist(), found.tolist(), strict=True):
            known = by_hand(history, row, at)
            assert made[:last] == list(known[:last])
            ties = np.unique(history.restored_at[history.zone == history.zone[row]], return_counts=True)[1].max() > 1
            assert ties or abs(made[last] - known[last]) <= 2


@given(histories(), st.integers(0, 29))
def test_the_future_has_no_say(history: History, row: int) -> None:
    row %= len(history.zone)
    look = Looks(np.array([row]), history.published_at[[row]])
    now = int(look.at[0])
    later = history.restored_at > now
    other = history._replace(restored_at=np.where(later, history.restored_at + 12_345, history.restored_at))
    unpublished = other.take(other.published_at <= now)
    place = int(np.flatnonzero(np.flatnonzero(other.published_at <= now) == row)[0])
    known = situations(history, look, [(0, 0)])
    assert np.array_equal(situations(other, look, [(0, 0)]), known)
    assert np.array_equal(situations(unpublished, Looks(np.array([place]), look.at), [(0, 0)]), known)
