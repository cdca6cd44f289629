"""The rest of a storm against a plain one: jobs drawn one by one by another generator, and crews as a queue."""

from __future__ import annotations

import random
from statistics import NormalDist, quantiles

import numpy as np
import pytest

from models.storms.ending.simulation import SOONEST, Crews, Jobs, ends, enough_by, pace_of

HOUR = 3600


def jobs(rows: list[tuple[int, int, int, bool]], fixed: int = -1) -> Jobs:
    age, low, high, is_open = (np.array(column) for column in zip(*rows, strict=True))
    return Jobs(age, low, high, is_open.astype(bool), np.full(len(rows), fixed))


def test_one_outage_ends_as_its_range_says_given_that_it_has_not_yet() -> None:
    found = ends(jobs([(2 * HOUR, HOUR, 4 * HOUR, True)]), 0, Crews(), 7)[:, 0]
    law = NormalDist(np.log(2 * HOUR), np.log(2) / NormalDist().inv_cdf(0.9))
    passed = law.cdf(np.log(2 * HOUR))
    for level in (0.1, 0.5, 0.9):
        left = np.exp(law.inv_cdf(passed + (1 - passed) * level)) - 2 * HOUR
        assert float(np.quantile(found, level)) == pytest.approx(left, rel=0.35, abs=200)


def test_what_a_crew_says_is_fixed_and_nothing_ends_at_once() -> None:
    assert (ends(jobs([(HOUR, HOUR, HOUR, True)], fixed=1234), 0, Crews(), 1) == 1234).all()
    assert (ends(jobs([(10**6, 60, 120, True)]), 0, Crews(), 1) >= SOONEST).all()


def test_crews_end_one_outage_after_the_other() -> None:
    many = jobs([(60, 600, 1200, True)] * 9)
    free, busy = (ends(many, 0, crews, 3) for crews in (Crews(), Crews(2, HOUR)))
    for run, other in zip(free.tolist(), busy.tolist(), strict=True):
        expected = [max(at, place // 2 * HOUR) for place, at in enumerate(sorted(run))]
        assert sorted(other) == expected


@pytest.mark.parametrize("times_as_long", [0.5, 1, 3])
def test_the_pace_is_how_many_times_as_long_outages_last(times_as_long: float) -> None:
    lots = random.Random(5)
    rows = []
    for _ in range(400):
        lasts, age = times_as_long * HOUR * 2 ** lots.gauss(0, 1 / 1.2816), lots.randrange(60, 4 * HOUR)
        rows.append((age, HOUR // 2, 2 * HOUR, lasts > age))
    assert 2 ** (pace_of(jobs(rows)) / 256) == pytest.approx(times_as_long, rel=0.25)
    assert pace_of(jobs([(60, HOUR, 2 * HOUR, True)] * 1000)) in {0, 1}
    assert pace_of(Jobs(*(np.zeros(0, kind) for kind in (int, int, int, bool, int)))) in {0, 1}


def test_enough_have_power_when_the_largest_do() -> None:
    lots = random.Random(6)
    found = np.array([[lots.randrange(60, 9999) for _ in range(12)] for _ in range(200)])
    customers = np.array([lots.randrange(1, 300) for _ in range(12)])
    needed = int(customers.sum() * 0.8)
    when = []
    for run in found.tolist():
        back = 0
        for at, job in sorted((at, job) for job, at in enumerate(run)):
            back += int(customers[job])
            if back >= needed:
                when.append(at)
                break
    tenths = quantiles(when, n=10)
    told = enough_by(found, customers, needed)
    assert told is not None
    assert told == pytest.approx((tenths[0], tenths[4], tenths[8]), abs=60)
    assert enough_by(found, customers, 0) is None
