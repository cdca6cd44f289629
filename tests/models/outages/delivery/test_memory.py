"""What collectors did before: kept, forgotten and weighed as exact sums of floats say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.outages.delivery.memory import (
    DOUBT,
    FORGET,
    GIVEN,
    REMEMBERED,
    WEIGHTS,
    Memory,
    believed,
    learn,
    nothing_remembered,
)
from models.outages.delivery.rates import means
from models.outages.inference.forest import Forest, forest_of
from models.outages.snapshot_tables import restore_memory, save_memory
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.outages.weights.scores import WHOLE, compile_scores
from tests.models.outages.delivery.test_rates import NAT, urn
from tests.worlds.networks import Device, Point, network_of

ROWS = 3
ZONES = 2
Events = list[list[tuple[int, int]]]
"""By event and row of a collector, how many spoke and how many could have."""


@st.composite
def events(draw: st.DrawFn) -> Events:
    """Rows are collectors; some have nobody in an event."""
    asked = draw(st.lists(st.lists(st.integers(0, 50), min_size=ROWS, max_size=ROWS), min_size=1, max_size=12))
    return [[(draw(st.integers(0, some)), some) for some in event] for event in asked]


class Exact:
    """The same in floats: messages that are remembered, and what each weight of the past explained."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.heard, self.asked = [0.0] * ROWS, [0.0] * ROWS
        self.first = [-DOUBT / NAT * abs(n - 1) for n in range(len(WEIGHTS))]
        self.explained = list(self.first)

    def mean(self, row: int) -> float:
        return (GIVEN * self.rate + self.heard[row]) / (GIVEN + self.asked[row])

    def learn(self, event: list[tuple[int, int]]) -> None:
        before = [self.mean(row) for row in range(ROWS)]
        for row, (heard, asked) in enumerate(event):
            if asked > 1:
                for n, weight in enumerate(WEIGHTS):
                    self.explained[n] += (self.first[n] - self.explained[n]) / FORGET
                    self.explained[n] += urn(heard, asked, before[row], weight)
            if asked:
                counts = min(asked, REMEMBERED)
                left = min(1.0, (REMEMBERED - counts) / self.asked[row]) if self.asked[row] else 1.0
                self.heard[row] = self.heard[row] * left + heard / asked * counts
                self.asked[row] = self.asked[row] * left + counts


@given(events(), st.integers(2, 14))
def test_what_is_remembered_is_what_was_heard(seen: Events, sixteenth: int) -> None:
    exact, prior = Exact(sixteenth / 16), np.array([WHOLE * sixteenth // 16])
    memory, classes = nothing_remembered(ROWS, 1), np.zeros(ROWS, np.int16)
    for event in seen:
        known = means(prior, classes, memory.gasps, memory.gasps_of, GIVEN)
        heard, asked = (np.array(column) for column in zip(*event, strict=True))
        learn((memory.gasps, memory.gasps_of), memory.gasps_steady[0], known, 0, heard, asked)
        exact.learn(event)
    assert memory.gasps_of / WHOLE == pytest.approx(np.array(exact.asked), abs=0.01)
    found = means(prior, classes, memory.gasps, memory.gasps_of, GIVEN)
    assert found / WHOLE == pytest.approx(np.array([exact.mean(row) for row in range(ROWS)]), abs=0.01)
    assert (memory.gasps_of <= REMEMBERED * WHOLE).all()
    assert ((memory.gasps >= 0) & (memory.gasps <= memory.gasps_of)).all()
    best, chosen = max(exact.explained), int(np.argmax(memory.gasps_steady[0]))
    assert exact.explained[chosen] == pytest.approx(best, abs=0.3 + 0.05 * abs(best))


def test_collectors_that_do_the_same_each_time_are_found_to_be_steady_and_others_not() -> None:
    found = []
    for first, second in (([20, 2, 15], [20, 2, 15]), ([20, 2, 15], [1, 19, 4])):
        memory, prior, classes = nothing_remembered(ROWS, 1), np.array([WHOLE // 2]), np.zeros(ROWS, np.int16)
        for event in (first, second) * 20:
            known = means(prior, classes, memory.gasps, memory.gasps_of, GIVEN)
            counts = memory.gasps, memory.gasps_of
            learn(counts, memory.gasps_steady[0], known, 0, np.array(event), np.full(ROWS, 20))
        found.append(WEIGHTS[int(np.argmax(memory.gasps_steady[0]))])
    steady, moody = found
    assert steady >= 4 * moody


def two_zones() -> Forest:
    """A zone each for a substation, with two collectors of which one serves both."""
    devices = [Device(f"d{zone}", substation=f"s{zone}") for zone in range(ZONES)]
    points = [Point(f"p{zone}{n}", f"d{zone}", collector=c) for zone in range(ZONES) for n, c in enumerate(("a", "b"))]
    network = network_of(devices, points)
    return forest_of(network, lay_delivery(network, Parameters()))


def filled(forest: Forest) -> Memory:
    memory, lots = nothing_remembered(len(forest.row_class), ZONES), np.random.default_rng(1)
    for column in memory:
        column[:] = lots.integers(0, 9 * WHOLE, column.shape)
    return memory


def test_a_zone_is_saved_and_remembered_without_the_others() -> None:
    forest = two_zones()
    memory, other = filled(forest), nothing_remembered(len(forest.row_class), ZONES)
    untouched = [column.copy() for column in other]
    own = np.array([False, True])
    restore_memory(other, save_memory(memory, forest, own), forest, own)
    at = int(forest.zone_row_start[1])
    for name, column, here, before in zip(Memory._fields, memory, other, untouched, strict=True):
        first = 1 if name.endswith("steady") else at
        assert (here[first:] == column[first:]).all(), name
        assert (here[:first] == before[:first]).all(), name


def test_before_anything_is_learned_what_was_given_is_believed() -> None:
    forest, parameters = two_zones(), Parameters(delivery=0.6, restoration_delivery=0.9)
    network = network_of([Device("d0")], [Point("p0", "d0")])
    scores = compile_scores(parameters, lay_delivery(network, parameters))
    known = believed(nothing_remembered(len(forest.row_class), ZONES), scores, forest, 0)
    assert known.gasps / WHOLE == pytest.approx(np.full(len(known.gasps), 0.6), abs=0.002)
    assert known.returns / WHOLE == pytest.approx(np.full(len(known.returns), 0.9), abs=0.002)
