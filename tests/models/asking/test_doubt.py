"""Doubt on a branch, against the sum over all that may be so."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.asking.doubt import TOP, Branch, bits, doubt, gains, power

OPEN = 0.07


def branch(draw: random.Random) -> Branch:
    """Up to five devices in depth-first order."""
    parents: list[int] = []
    for device in range(draw.randint(1, 5)):
        way, last = [TOP], device - 1
        while last >= 0:
            way.append(last)
            last = parents[last]
        parents.append(draw.choice(way))
    count = len(parents)
    return Branch(
        np.arange(count, dtype=np.int32),
        np.array(parents, np.int32),
        np.array([draw.choice([1.0, 0.6, 0.05]) for _ in parents]),
        np.array([draw.randint(0, 3) for _ in parents]),
        np.array([draw.choice([0.9, 0.99]) for _ in parents]),
    )


def worlds(one: Branch) -> list[tuple[float, list[bool]]]:
    """All that may be so: how probable it is, and where power is."""
    found, parents = [], one.parent.tolist()
    for closed in product([True, False], repeat=len(parents)):
        chance = 1.0
        on: list[bool] = []
        for device, above in enumerate(parents):
            on.append(closed[device] and (above == TOP or on[above]))
            chance *= (1 - OPEN) if closed[device] else OPEN
            chance *= float(one.speaks[device]) if on[device] else 1.0
        found.append((chance, on))
    whole = sum(chance for chance, _ in found)
    return [(chance / whole, on) for chance, on in found]


def surely(one: Branch, *asked: tuple[int, bool]) -> float:
    """How probable some answers are, each of another usage point of a device."""
    total = 0.0
    for chance, on in worlds(one):
        for device, answer in asked:
            yes = float(one.whole[device]) if on[device] else 0.0
            chance *= yes if answer else 1 - yes  # noqa: PLW2901
        total += chance
    return total


@given(st.randoms(use_true_random=False))
def test_doubt_and_what_an_answer_settles_are_those_of_all_that_may_be_so(draw: random.Random) -> None:
    one = branch(draw)
    on = np.array([surely(one, (device, True)) for device in range(len(one.parent))])
    assert power(one, OPEN) * one.whole == pytest.approx(on)
    assert doubt(one, OPEN) == pytest.approx(float((one.silent * bits(on)).sum()))
    for device, gain in enumerate(gains(one, OPEN).tolist()):
        if one.silent[device] == 0:
            assert gain == 0
            continue
        left = 0.0
        for answer in (True, False):
            chance = surely(one, (device, answer))
            after = np.array([surely(one, (device, answer), (other, True)) for other in range(len(on))]) / chance
            others = one.silent - np.eye(len(on), dtype=np.int64)[device]
            left += chance * float((others * bits(after)).sum())
        assert gain == pytest.approx(doubt(one, OPEN) - left, abs=1e-9)
