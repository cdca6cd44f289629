"""Rates of delivery that are not known: against the urn of which the beta-binomial is the law, in floats."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.outages.delivery.counting import silent_by_chance
from models.outages.delivery.memory import GIVEN, WEIGHTS
from models.outages.delivery.rates import beta_binomial, means
from models.outages.weights.scores import WHOLE

NAT = 4096
ROUNDING = 4
"""Units: six logarithms, each rounded to a whole one."""

SIXTEENTHS = st.integers(1, 15)
"""Means whose shares of every weight the table has exactly."""


def urn(heard: int, asked: int, mean: float, weight: int) -> float:
    """Log of the chance, drawing one after the other: each that spoke makes the next likelier to speak (Pólya)."""
    spoke, silent = weight * mean, weight * (1 - mean)
    chance = 0.0
    for n in range(asked):
        if n < heard:
            chance += math.log((spoke + n) / (weight + n))
        else:
            chance += math.log((silent + n - heard) / (weight + n))
    return chance


@given(st.integers(0, 60), st.integers(0, 60), SIXTEENTHS, st.sampled_from(WEIGHTS))
def test_unknown_rates_are_an_urn(heard: int, silent: int, mean: int, weight: int) -> None:
    found = beta_binomial(heard, heard + silent, WHOLE * mean // 16, weight)
    assert found == pytest.approx(NAT * urn(heard, heard + silent, mean / 16, weight), abs=ROUNDING)


@pytest.mark.parametrize(("heard", "asked"), [(3000, 5000), (7900, 10_000), (0, 20_000), (20_000, 20_000)])
def test_a_collector_of_many_thousand_meters_is_one_too(heard: int, asked: int) -> None:
    found = beta_binomial(heard, asked, WHOLE * 3 // 4, 8)
    assert found == pytest.approx(NAT * urn(heard, asked, 3 / 4, 8), abs=4 * ROUNDING)


@given(st.integers(2, 40), SIXTEENTHS, st.sampled_from(WEIGHTS))
def test_the_chances_of_all_that_may_be_heard_add_up(asked: int, mean: int, weight: int) -> None:
    each = [beta_binomial(heard, asked, WHOLE * mean // 16, weight) / NAT for heard in range(asked + 1)]
    total = sum(math.comb(asked, heard) * math.exp(chance) for heard, chance in enumerate(each))
    assert total == pytest.approx(1, abs=0.002)


@given(st.data())
def test_a_rate_is_what_was_given_and_what_was_heard_together(data: st.DataObject) -> None:
    asked = data.draw(st.lists(st.integers(0, 30), min_size=1, max_size=5))
    heard = [data.draw(st.integers(0, some)) for some in asked]
    given_rates = np.array([data.draw(st.integers(1, WHOLE)) for _ in range(2)])
    classes = np.array([data.draw(st.integers(0, 1)) for _ in asked], np.int16)
    found = means(given_rates, classes, WHOLE * np.array(heard), WHOLE * np.array(asked), GIVEN)
    for row, rate in enumerate(found):
        messages = Fraction(int(given_rates[classes[row]]) * GIVEN, WHOLE) + heard[row]
        assert rate == WHOLE * messages // (GIVEN + asked[row])


def likeliest(groups: list[tuple[int, int]], alone: tuple[int, int]) -> float:
    """The rate by which it is likeliest that of devices with `n` points just `k` speak, one at least, by bisection.

    And of points that stand alone so many of so many.
    """
    heard = alone[0] + sum(k for k, _ in groups)

    def expected(rate: float) -> float:
        return alone[1] * rate + sum(n * rate / -math.expm1(n * math.log1p(-rate)) for _, n in groups)

    low, high = 1e-9, 1 - 1e-9
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) < heard else (low, middle)
    return low


SPOKE = st.integers(2, 30).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))


@given(
    st.lists(SPOKE, min_size=1, max_size=200),
    st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)
def test_devices_of_which_nobody_happens_to_speak_are_asked_too(
    groups: list[tuple[int, int]], alone: tuple[int, int]
) -> None:
    heard, asked = alone[0] + sum(k for k, _ in groups), alone[1] + sum(n for _, n in groups)
    more = int(silent_by_chance(np.array([[[heard, asked]]]), np.array([(0, 0, n) for _, n in groups]))[0, 0])
    wanted = heard / likeliest(groups, alone) - asked
    assert more <= 1.001 * wanted + 1  # it comes from below, and stops where that is slow
    if wanted < asked:
        assert more == pytest.approx(wanted, rel=0.03, abs=2)
