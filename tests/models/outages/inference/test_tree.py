"""The tree finds the best of all pictures, and sums them all: against every combination, one by one."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.outages.inference.histories import ANY, Histories, histories_of
from models.outages.inference.tree import FED, IMPOSSIBLE, NESTED, Options, alternatives_of, climb, descend, shares

NAT = 4096
SECOND = 1000
ROUNDING = 0.002
"""Sums are of rounded logarithms; those ten nats apart are not added."""


class Case:
    """A forest with options and weights, and its pictures."""

    def __init__(self, draw: st.DataObject) -> None:
        number = st.integers(-8 * NAT, 4 * NAT)
        n = draw.draw(st.integers(1, 4), "devices")
        self.parent = [draw.draw(st.integers(-1, device - 1)) for device in range(n)]
        opened = sorted(draw.draw(st.sets(st.integers(0, 400), min_size=1, max_size=2), "opened"))
        closed = sorted(draw.draw(st.sets(st.integers(0, 900), max_size=2), "closed"))
        self.histories: Histories = histories_of(
            np.array(opened) * SECOND,
            np.array(opened) * SECOND,
            np.array(opened) * SECOND,
            np.empty(0, np.int64),
            np.array(closed, np.int64) * SECOND,
            np.full(len(closed), ANY),
            5 * SECOND,
        )
        states = len(self.histories.opening)
        own = [draw.draw(st.lists(st.integers(1, states - 1), unique=True, max_size=3)) for _ in range(n)]
        self.own = [[0, *some] for some in own]
        self.prior = [[draw.draw(number) for _ in some] for some in self.own]
        self.lead = [[0, *(draw.draw(st.sampled_from([0, 2 * NAT])) for _ in some[1:])] for some in self.own]
        self.nested = [draw.draw(st.sampled_from([IMPOSSIBLE, -5 * NAT])) for _ in range(n)]
        self.fed = [draw.draw(st.sampled_from([IMPOSSIBLE, -4 * NAT])) for _ in range(n)]
        self.points = [[0] + [draw.draw(number) for _ in range(states - 1)] for _ in range(n)]

    def options(self) -> Options:
        """As the tree takes them."""
        n, closings = len(self.own), len(self.histories.closed)
        return Options(
            np.cumsum([0, *map(len, self.own)]),
            np.array([state for some in self.own for state in some]),
            np.array([prior for some in self.prior for prior in some]),
            np.array([lead for some in self.lead for lead in some]),
            np.zeros(sum(map(len, self.own)), np.int32),
            np.array(self.nested),
            np.zeros(n, np.int32),
            np.array(self.fed),
            np.ones((n, closings), np.uint8),
        )

    def pictures(self) -> list[int]:
        """The weight of each combination of what the devices may have done."""
        return [weight for _, weight in self.ways()]

    def probable(self) -> list[int]:
        """The same without the lead of what stands."""
        return [weight - self._lead(way) for way, weight in self.ways()]

    def ways(self) -> list[tuple[tuple[tuple[str, int], ...], int]]:
        """And each combination with it."""
        found = self.histories
        ways: list[list[tuple[str, int]]] = [
            [("own", row) for row in range(len(some))]
            + [("nested", 0)]
            + [("fed", closing) for closing in range(len(found.closed))]
            for some in self.own
        ]
        return [(way, weight) for way in product(*ways) if (weight := self._weigh(way)) is not None]

    def kind(self, device: int, taken: tuple[str, int]) -> str:
        """What a device did, whenever that was."""
        if taken[0] != "own":
            return "open" if taken[0] == "nested" else "fed"
        state = self.own[device][taken[1]]
        return "closed" if state == 0 else "open" if self.histories.closing[state] < 0 else "closed again"

    def above(self, device: int) -> list[int]:
        """The devices above one."""
        found = []
        while (device := self.parent[device]) >= 0:
            found.append(device)
        return found

    def _lead(self, way: tuple[tuple[str, int], ...]) -> int:
        return sum(self.lead[device][which] for device, (kind, which) in enumerate(way) if kind == "own")

    def _weigh(self, way: tuple[tuple[str, int], ...]) -> int | None:
        found, states, weight = self.histories, [0] * len(way), 0
        for device, (kind, which) in enumerate(way):
            above = self.parent[device]
            feed = 0 if above < 0 else states[above]
            if kind == "own":
                state, prior = found.below[feed, self.own[device][which]], self.prior[device][which]
            elif kind == "nested":
                if found.closing[feed] < 0:
                    return None
                state, prior = found.dark[found.opening[feed]], self.prior[device][0] + self.nested[device]
            else:
                sooner = found.opening[feed] >= 0 and (found.closing[feed] < 0 or which < found.closing[feed])
                state = found.back[found.opening[feed], which] if sooner else -1
                prior = self.prior[device][0] + self.fed[device]
            if state < 0 or prior <= IMPOSSIBLE // 2:
                return None
            states[device] = int(state)
            weight += int(prior) + self.points[device][state]
        return weight


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_best_and_the_sum_are_those_of_all_pictures(draw: st.DataObject) -> None:
    case = Case(draw)
    parent, points = np.array(case.parent), np.array(case.points)
    total = points.copy()
    options = case.options()
    values = climb(case.histories, options, parent, points, total)
    roots = [device for device, above in enumerate(case.parent) if above < 0]
    assert sum(int(values.best[root, 0]) for root in roots) == max(case.pictures())
    every = case.probable()
    top = max(every)
    expected = top / NAT + math.log(sum(math.exp((weight - top) / NAT) for weight in every))
    assert abs(sum(int(values.total[root, 0]) for root in roots) / NAT - expected) < ROUNDING
    choice = descend(case.histories, options, parent, total, values.total)
    assert (choice.posterior <= 0).all()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_is_chosen_is_likeliest_by_all_pictures_with_what_was_chosen_above(draw: st.DataObject) -> None:
    """A lead counts for the device that it is given to: what stands is given up for what is likelier by more."""
    case = Case(draw)
    total, options = np.array(case.points), case.options()
    values = climb(case.histories, options, np.array(case.parent), np.array(case.points), total)
    choice = descend(case.histories, options, np.array(case.parent), total, values.total)
    chosen = [
        ("nested", 0) if row == NESTED else ("fed", FED - row) if row <= FED else ("own", row - int(options.first[one]))
        for one, row in enumerate(choice.option.tolist())
    ]
    every = [(way, weight) for (way, _), weight in zip(case.ways(), case.probable(), strict=True)]
    for device, taken in enumerate(chosen):
        sums: dict[str, float] = {}
        for way, weight in every:
            if all(way[above] == chosen[above] for above in case.above(device)):
                lead = case.lead[device][way[device][1]] if way[device][0] == "own" else 0
                kind = case.kind(device, way[device])
                sums[kind] = sums.get(kind, 0.0) + math.exp((weight + lead) / NAT)
        assert sums[case.kind(device, taken)] >= max(sums.values()) * math.exp(-ROUNDING)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_share_of_an_option_is_that_of_the_pictures_in_which_it_was_taken(draw: st.DataObject) -> None:
    case = Case(draw)
    parent, points = np.array(case.parent), np.array(case.points)
    total, options = points.copy(), case.options()
    every = [(way, weight) for (way, _), weight in zip(case.ways(), case.probable(), strict=True)]
    values = climb(case.histories, options, parent, points, total)
    share = shares(case.histories, options, parent, total, values.total)
    top = max(weight for _, weight in every)
    whole = sum(math.exp((weight - top) / NAT) for _, weight in every)
    for device, own in enumerate(case.own):
        for row in range(len(own)):
            taken = [weight for way, weight in every if way[device] == ("own", row)]
            expected = sum(math.exp((weight - top) / NAT) for weight in taken) / whole
            found = math.exp(min(0, int(share[options.first[device] + row])) / NAT)
            assert abs(found - expected) < ROUNDING


def test_alternatives_stand_above_or_below_and_tell_of_the_same_opening() -> None:
    """A breaker above two fuses: most below the first one gasped."""
    opened, none = np.array([SECOND]), np.empty(0, np.int64)
    histories = histories_of(opened, opened, opened, none, none, none, 5 * SECOND)
    parent = np.array([-1, 0, 0])
    options = Options(
        np.array([0, 2, 4, 6]),
        np.array([0, 1] * 3),
        np.array([0, -4 * NAT, 0, -2 * NAT, 0, -2 * NAT]),
        np.zeros(6, np.int64),
        np.array([0, 0, 1, 1, 2, 2], np.int32),
        np.full(3, IMPOSSIBLE),
        np.zeros(3, np.int32),
        np.full(3, IMPOSSIBLE),
        np.zeros((3, 0), np.uint8),
    )
    points = np.array([[0, 0], [0, 9 * NAT], [0, -NAT]])
    total = points.copy()
    values = climb(histories, options, parent, points, total)
    (found,) = alternatives_of(histories, options, parent, total, values.total, [(1, 1)])
    assert [device for device, _ in found] == [0]
    fuse, breaker, both = math.exp(-2 + 9), math.exp(-4 + 9 - 1), math.exp(-2 - 2 + 9 - 1)
    # Beside the breaker's own opening a fuse may have opened as well, at no gain.
    breakers = breaker * (1 + math.exp(-2)) ** 2
    nothing = 1 + math.exp(-2 - 1)
    expected = breakers / (breakers + fuse + both + nothing)
    assert abs(math.exp(found[0][1] / NAT) - expected) < ROUNDING
