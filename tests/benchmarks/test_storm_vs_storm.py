"""The joints of `python -m benchmarks.storm_vs_storm`, against what is counted one customer at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.storm_vs_storm.course import Course
from benchmarks.storm_vs_storm.joints import Direct, Export, Feed, grant
from benchmarks.storm_vs_storm.play import World, play
from benchmarks.storm_vs_storm.plot import draw
from benchmarks.storm_vs_storm.worlds import EVENTS, MOVED, POLLED

CUSTOMERS = 6
RECORDS = st.lists(st.tuples(st.integers(0, 700), st.integers(0, CUSTOMERS - 1), st.integers(0, 1)), min_size=1)


def course(records: list[tuple[int, int, int]]) -> Course:
    second, customer, power = np.array(sorted(records, key=lambda one: one[0]), np.int64).T
    said = np.arange(len(second), dtype=np.int32)
    return Course(0, second, customer.astype(np.int32), power.astype(np.int8), said, CUSTOMERS)


def stands(of: Course, customer: int, second: int) -> int:
    """The last record of a customer, -1 none."""
    rows = np.flatnonzero((of.customer == customer) & (of.second <= second))
    return int(rows[-1]) if len(rows) else -1


@given(RECORDS, st.integers(1, 100))
def test_a_copy_is_as_old_as_its_last_turn(records: list[tuple[int, int, int]], every: int) -> None:
    of, feed = course(records), Feed(every, 1 << 30)
    looks = play(of, World(Direct(), feed, feed, Export(every), capacity=1e9))
    for look in looks:
        read_at = look.second // every * every
        now, then = ([stands(of, one, at) for one in range(CUSTOMERS)] for at in (look.second, read_at))
        behind = [one for one in range(CUSTOMERS) if now[one] != then[one]]
        assert look.behind == {"app": 0, "ivr": len(behind), "cis": len(behind), "board": len(behind)}
        first = [min(of.second[(of.customer == one) & (of.second > read_at)]) for one in behind]
        expected = sum(look.second - int(at) for at in first) / len(first) if first else 0.0
        assert look.age["ivr"] == look.age["board"] == expected
        out = [[record >= 0 and bool(of.power[record]) for record in some] for some in (now, then)]
        assert look.out == sum(out[0])
        assert look.power_differs == sum(a != b for a, b in zip(*out, strict=True))
        assert look.content_differs == len(behind)


def test_small_batches_fall_behind_and_catch_up() -> None:
    of = course([(0, one, 1) for one in range(CUSTOMERS)] + [(700, 0, 0)])
    looks = play(of, World(Direct(), Feed(60, 1), Feed(60, 2), Export(60), capacity=1e9))
    assert [look.behind["ivr"] for look in looks[:6]] == [5, 4, 3, 2, 1, 0]
    assert [look.behind["cis"] for look in looks[:3]] == [4, 2, 0]


def test_who_is_not_answered_asks_again_and_jobs_wait() -> None:
    of = course([(0, one, 1) for one in range(CUSTOMERS)] + [(600, 0, 0)])
    world = World(Direct(), Feed(60, 9), Feed(60, 9), Export(60), capacity=1.0, asks_an_hour=6000.0)
    looks = play(of, world)
    assert all(look.unanswered > 0.8 for look in looks)
    assert looks[1].asked > looks[0].asked > 9.9


@given(st.floats(0, 100), st.lists(st.floats(0, 100), min_size=1, max_size=5))
def test_what_can_be_read_is_shared_out_evenly(capacity: float, wanted: list[float]) -> None:
    granted = grant(capacity, wanted)
    assert sum(granted) <= capacity + 1e-6
    assert sum(granted) >= min(capacity, sum(wanted)) - 1e-6
    for got, want in zip(granted, wanted, strict=True):
        assert got <= want
        assert got >= want - 1e-6 or got >= max(granted) - 1e-6


def test_the_picture_is_drawn() -> None:
    of = course([(at, at % CUSTOMERS, at % 2) for at in range(700)])
    lived = {name: play(of, world) for name, world in {**MOVED, "events": EVENTS}.items()}
    for looks in lived.values():
        for look in looks:
            look.out *= 1000
    assert play(of, POLLED)[0].load > 0 == max(look.load for look in lived["events"])
    assert draw(of, lived["polled"], lived["events"], list(lived.values())).count("<polyline") == 4
