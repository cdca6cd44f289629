"""Moments are a function of topics and clock: not of what is read first, of repeats, of where reading began again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.timeline.clock_merge import CLOCK, ClockMerge
from models.timeline.moment import Followed, Moment, TimelineError

TOPICS = ("events", "states")
Counts = list[tuple[int, int]]
COUNTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8)


@dataclass
class World:
    """Topics as they stand on a broker: records of each, and the clock's, by offset."""

    topics: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in (*TOPICS, CLOCK)})
    moments: list[Moment] = field(default_factory=list)

    @classmethod
    def of(cls, counts: Counts) -> World:
        world = cls()
        sums = accumulate(counts, lambda a, b: (a[0] + b[0], a[1] + b[1]))
        for number, (new, up_to) in enumerate(zip(counts, sums, strict=True), start=1):
            records = []
            for topic, more, last in zip(TOPICS, new, up_to, strict=True):
                some = [Followed(topic, n, f"key{n % 2}", n) for n in range(last - more + 1, last + 1)]
                world.topics[topic] += some
                records += some
            sequences = dict(zip(TOPICS, up_to, strict=True))
            world.topics[CLOCK].append((number, 1000 * number, sequences))
            world.moments.append(Moment(number, 1000 * number, tuple(records)))
        return world


def feed(merge: ClockMerge, topic: str, value: Any, offset: int, *, old: bool = False) -> None:
    if topic == CLOCK:
        number, instant, sequences = value
        merge.tick(number, instant, sequences, offset, old=old)
    else:
        merge.add(value, offset)


@given(COUNTS, st.randoms(use_true_random=False))
def test_any_interleaving_with_restarts_gives_the_same_moments(counts: Counts, draw: random.Random) -> None:
    world, merge, told = World.of(counts), ClockMerge(TOPICS), []
    positions, restarts = dict.fromkeys(world.topics, 0), draw.randint(0, 3)
    while left := [name for name, at in positions.items() if at < len(world.topics[name])]:
        topic = draw.choice(left)
        feed(merge, topic, world.topics[topic][positions[topic]], positions[topic])
        if positions[topic] and draw.random() < 0.2:  # what a killed process left in flight comes again
            feed(merge, topic, world.topics[topic][positions[topic] - 1], positions[topic])
        positions[topic] += 1
        told += list(merge.take())
        if restarts and draw.random() < 0.2:
            restarts -= 1
            state = merge.state()
            positions = {name: _resumed(state[name][0], at) for name, at in positions.items()}
            merge = ClockMerge(TOPICS, state=state)
    assert told == world.moments


def _resumed(offset: int | None, position: int) -> int:
    return position if offset is None else offset


@given(COUNTS, st.integers(0, 2))
def test_what_compaction_or_retention_took_is_not_waited_for(counts: Counts, gone: int) -> None:
    """Of the states the last record of each key is left, and of the events the head is gone."""
    world = World.of(counts)
    last = {one.key: one.sequence for one in world.topics["states"]}
    left = [one for one in world.topics["states"] if one.sequence == last[one.key]][gone:] + world.topics["events"][
        gone:
    ]
    merge = ClockMerge(TOPICS, lacking=TOPICS)
    for offset, tick in enumerate(world.topics[CLOCK]):
        feed(merge, CLOCK, tick, offset, old=True)
    for offset, one in enumerate(left):
        merge.add(one, offset)
    for topic in TOPICS:
        merge.read_history(topic)
    expected = [
        moment._replace(records=tuple(one for one in moment.records if one in left)) for moment in world.moments
    ]
    assert list(merge.take()) == expected


def test_what_the_clock_said_lately_is_waited_for() -> None:
    merge = ClockMerge(TOPICS, lacking=TOPICS)
    merge.read_history("states")
    merge.read_history("events")
    merge.tick(1, 1000, {"events": 0, "states": 4}, 0, old=False)
    assert list(merge.take()) == []
    merge.add(Followed("states", 5, "a", None), 0)  # 4 was superseded
    assert [moment.records for moment in merge.take()] == [()]


def test_a_record_that_is_missing_ends_it() -> None:
    merge = ClockMerge(TOPICS)
    merge.add(Followed("events", 1, "a", None), 0)
    with pytest.raises(TimelineError, match="3 follows 1"):
        merge.add(Followed("events", 3, "a", None), 1)


def test_what_is_ahead_is_named_but_never_what_the_clock_waits_for() -> None:
    merge = ClockMerge(TOPICS)
    for number in range(1, 5):
        merge.add(Followed("events", number, "a", None), number)
    assert merge.ahead(3) == {"events"}
    merge.tick(1, 1000, {"events": 5, "states": 0}, 0, old=False)
    assert merge.ahead(3) == set()
    for number in range(2, 6):
        merge.tick(number, 1000 * number, {"events": 5, "states": 0}, number, old=False)
    assert merge.ahead(3) == {CLOCK}
    merge.add(Followed("events", 5, "a", None), 5)
    assert len(list(merge.take())) == 5
    assert merge.ahead(3) == set()
