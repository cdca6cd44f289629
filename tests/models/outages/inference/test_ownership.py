"""Who owns a point, and whom its customers are counted with, when it goes to another outage and comes back."""

from __future__ import annotations

import numpy as np

from models.outages.inference.forest import Forest, Span
from models.outages.inference.knowledge import FREE, NEVER, NOBODY, OUT, PENDING, RETURNED, Points, nothing_known
from models.outages.inference.ownership import (
    BACK,
    DARK,
    OVER,
    POWERED,
    Moved,
    Party,
    assign,
    bring_into_line,
    let_go,
    publish_return,
)
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from tests.worlds.town import town

NETWORK = town()
BREAKER, TRANSFORMER = 0, 1
"""Slots of two outages: of all, and of those below the first transformer."""
FIRST = int(NETWORK.point_device[0])
BELOW = slice(int(NETWORK.point_start[FIRST]), int(NETWORK.point_end[FIRST]))
LOST_AT, BACK_AT, COHERENCE = 1_000, 2_000, 60_000


def forest() -> Forest:
    parameters = Parameters()
    return Shared(NETWORK, parameters, lay_delivery(NETWORK, parameters)).forest


def all_told() -> Points:
    """All are back, by the outage of the breaker, which is still open."""
    points, _ = nothing_known(len(NETWORK.point_device), len(NETWORK.device_kind))
    points.owner[:], points.phase[:], points.back_at[:] = BREAKER, PENDING, BACK_AT
    publish_return(forest(), points, np.arange(len(points.owner), dtype=np.int32), COHERENCE)
    return points


def drawn(points: Points, transformer: int) -> Moved:
    """A picture in which the breaker has closed again, and the transformer is as it says."""
    points_in, devices_in = len(NETWORK.point_device), len(NETWORK.device_kind)
    state = np.full(points_in, BACK, np.uint8)
    dark, back = np.full(devices_in, NOBODY, np.int32), np.zeros(devices_in, np.int32)
    if transformer == DARK:
        state[BELOW], dark[FIRST] = DARK, TRANSFORMER
    party = Party(
        np.array([0, 1], np.int32),
        np.array([BREAKER, TRANSFORMER], np.int32),
        np.array([BACK, transformer], np.uint8),
        np.zeros(2, np.bool_),
        np.full(2, NEVER, np.int64),
        np.array([(0, points_in), (BELOW.start, BELOW.stop)], np.int64),
        dark,
        back,
        np.full(points_in, NOBODY, np.int32),
        np.full(2, NOBODY, np.int32),
    )
    lost_at, back_at = np.full(points_in, LOST_AT, np.int64), np.full(points_in, BACK_AT, np.int64)
    return assign(forest(), points, 0, 0, state, lost_at, back_at, party, (COHERENCE, 5_000))


def test_points_that_come_back_to_the_outage_that_had_told_them_are_its_own_out_again() -> None:
    points, customers = all_told(), int(NETWORK.customers[BELOW].sum())
    moved = drawn(points, DARK)
    assert (moved.gained[TRANSFORMER, 0], moved.gained[BREAKER, 0], moved.again[BREAKER, 0]) == (customers, 0, 0)
    assert (points.owner[BELOW] == TRANSFORMER).all()
    assert (points.phase[BELOW] == OUT).all()
    moved = drawn(points, POWERED)
    assert moved.between[TRANSFORMER, BREAKER, 0] == customers
    assert moved.again[BREAKER, 0] == customers, "told anew only after the records have them out again"
    assert moved.gained[BREAKER, 0] == -customers, "they were affected by it before"
    assert (points.owner[BELOW] == BREAKER).all()
    assert (points.phase[BELOW] == PENDING).all()
    assert (points.restored_by[BELOW] == NOBODY).all()


def test_points_that_come_back_to_the_outage_that_had_handed_them_on_are_those_that_it_had() -> None:
    """However often two outages hand customers to and fro, each counts them once."""
    points, customers = all_told(), int(NETWORK.customers[BELOW].sum())
    points.phase[:], points.restored_by[:] = OUT, NOBODY
    moved = drawn(points, DARK)
    assert moved.between[BREAKER, TRANSFORMER, 0] == customers
    assert (points.handed_on_by[BELOW] == BREAKER).all()
    for _ in range(3):
        points.phase[BELOW] = OUT
        moved = drawn(points, POWERED)
        assert (moved.rejoined[BREAKER, 0], moved.gained[BREAKER, 0]) == (customers, -customers)
        assert (points.owner[BELOW] == BREAKER).all()
        points.phase[BELOW] = OUT
        assert drawn(points, DARK).between[BREAKER, TRANSFORMER, 0] == customers


def test_what_has_been_told_stands_while_nothing_changes() -> None:
    points = all_told()
    moved = drawn(points, POWERED)
    assert not any(counts.any() for counts in moved)
    assert (points.phase == RETURNED).all()
    assert (points.restored_by == BREAKER).all()


def test_who_was_told_to_be_back_is_accounted_for_until_then_and_no_longer() -> None:
    """The outage ends hours later, with another closing of its breaker: what he said after his return is news."""
    points, closed_at, tolerance = all_told(), 9_000_000, 5_000
    points.phase[0] = OUT
    points.mask[:2], points.out_last[:2] = 1, BACK_AT + 60_000
    let_go(points, (0, len(points.owner)), BREAKER, closed_at, tolerance)
    assert points.consumed_at[:2].tolist() == [closed_at + tolerance, BACK_AT + tolerance]
    assert points.mask[:2].tolist() == [0, 1]
    assert (points.owner == NOBODY).all()


def test_who_was_out_by_another_outage_since_is_not_told_again_by_the_first() -> None:
    points = all_told()
    points.owner[BELOW], points.phase[BELOW] = TRANSFORMER, RETURNED
    points.back_at[BELOW] = BACK_AT + 60_000
    let_go(points, (BELOW.start, BELOW.stop), TRANSFORMER, BACK_AT + 60_000, 5_000)
    moved = drawn(points, POWERED)
    assert not moved.gained.any()
    assert (points.owner[BELOW] == NOBODY).all()


def test_the_outage_that_begins_anew_at_a_device_takes_whoever_was_still_to_be_told_of_the_one_before() -> None:
    """Wherever those are: in the dark, below a device that is open on its own, or fed another way."""
    points, _ = nothing_known(len(NETWORK.point_device), len(NETWORK.device_kind))
    everybody, devices = len(points.owner), len(NETWORK.device_kind)
    points.owner[:], points.phase[:], points.back_at[:] = BREAKER, PENDING, BACK_AT
    points.owner[-1], points.phase[-1] = NOBODY, FREE
    state = np.full(everybody, BACK, np.uint8)
    state[BELOW] = DARK
    outages = np.array(
        [
            (1, DARK, 0, NEVER, 0, everybody, LOST_AT, 0, NOBODY),
            (0, OVER, 0, BACK_AT, 0, everybody, LOST_AT - 60_000, NOBODY, NOBODY),
        ]
    )
    span = Span(0, devices, 0, everybody, BACK_AT)
    times = np.full(everybody, LOST_AT, np.int64), np.full(everybody, BACK_AT, np.int64)
    bring_into_line(forest(), points, span, (state, *times), outages, 2, (COHERENCE, 5_000))
    assert (points.owner[:-1] == TRANSFORMER).all()
    assert (points.phase[BELOW] == OUT).all()
