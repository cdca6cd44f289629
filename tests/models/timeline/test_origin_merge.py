"""A log of several origins gives the same moments however its entries lie, come again, and are read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.timeline.moment import Followed, Moment, TimelineError
from models.timeline.origin_merge import OriginMerge

ORIGINS = ("a", "b", "c")
Entry = tuple[str, int, int, list[Followed]]
SOME = st.lists(st.integers(1, 12), min_size=1, max_size=6).map(set)
INSTANTS = st.tuples(SOME, SOME, SOME)


def entries_of(origin: str, instants: set[int]) -> list[Entry]:
    return [
        (origin, number, 1000 * at, [Followed("log", number, origin, at)] if at % 3 else [])
        for number, at in enumerate(sorted(instants), start=1)
    ]


def interleave(entries: list[list[Entry]], draw: random.Random) -> list[Entry]:
    queues, log = [list(some) for some in entries], []
    while left := [queue for queue in queues if queue]:
        log.append(draw.choice(left).pop(0))
        if draw.random() < 0.2:
            log.append(draw.choice(log))
    return log


def expected(entries: list[list[Entry]], until: int | None = None) -> list[Moment]:
    """All instants up to where the slowest origin has come, each with all origins' records in their order."""
    until = until or min(some[-1][2] for some in entries)
    instants = sorted({entry[2] for some in entries for entry in some if entry[2] <= until})
    return [
        Moment(number, at, tuple(one for some in entries for entry in some if entry[2] == at for one in entry[3]))
        for number, at in enumerate(instants, start=1)
    ]


def restarted(merge: OriginMerge, at: int) -> tuple[OriginMerge, int]:
    """The merge after a restart, and from where on the log is read again; it had been read up to an offset."""
    waiting = merge.first_waiting(ORIGINS)
    return OriginMerge(ORIGINS, merge.state()), at if waiting is None else waiting


@given(INSTANTS, st.randoms(use_true_random=False))
def test_any_order_of_the_entries_with_restarts_gives_the_same_moments(
    instants: tuple[set[int], ...], draw: random.Random
) -> None:
    entries = [entries_of(origin, some) for origin, some in zip(ORIGINS, instants, strict=True)]
    log, merge, told, at = interleave(entries, draw), OriginMerge(ORIGINS), [], 0
    restarts = draw.randint(0, 3)
    while at < len(log):
        merge.add(*log[at], offset=at)
        at += 1
        told += list(merge.take())
        if restarts and draw.random() < 0.2:
            restarts -= 1
            merge, at = restarted(merge, at)
    assert told == expected(entries)


@given(INSTANTS, st.integers(0, 1_000_000))
def test_who_is_known_to_have_come_farther_is_not_waited_for_and_the_moments_are_the_same(
    instants: tuple[set[int], ...], seed: int
) -> None:
    draw = random.Random(seed)
    entries = [entries_of(origin, some) for origin, some in zip(ORIGINS, instants, strict=True)]
    log, merge, told, at = interleave(entries, draw), OriginMerge(ORIGINS), [], 0
    restarts = draw.randint(0, 3)
    while at < len(log):
        merge.add(*log[at], offset=at)
        at += 1
        origin, some = draw.choice(list(zip(ORIGINS, entries, strict=True)))
        number = draw.randint(1, len(some))
        later = some[number][2] if number < len(some) else 20_000
        merge.pass_to(origin, number, draw.randint(some[number - 1][2], later - 1))
        told += list(merge.take())
        if restarts and draw.random() < 0.2:
            restarts -= 1
            merge, at = restarted(merge, at)
    assert told == expected(entries, 20_000)[: len(told)]
    for origin, some in zip(ORIGINS, entries, strict=True):
        merge.pass_to(origin, len(some), 20_000)
    assert told + list(merge.take()) == expected(entries, 20_000)


@given(INSTANTS, st.randoms(use_true_random=False))
def test_after_a_moment_of_which_only_the_instant_is_known_it_goes_on_as_with_its_state(
    instants: tuple[set[int], ...], draw: random.Random
) -> None:
    entries = [entries_of(origin, some) for origin, some in zip(ORIGINS, instants, strict=True)]
    moments = expected(entries)
    known = draw.choice(moments)
    merge = OriginMerge.after(ORIGINS, known.number, known.instant)
    for at, entry in enumerate(interleave(entries, draw)):
        merge.add(*entry, offset=at)
    assert list(merge.take()) == moments[known.number :]


def test_an_origin_of_which_entries_are_gone_goes_on_with_the_next_that_begins() -> None:
    merge = OriginMerge(["a", "b"], (5, {"a": (4, 4000), "b": (9, 4010)}), lacking=["b"])
    for number, instant, begins in ((20, 4005, False), (21, 4006, True), (22, 4007, False), (23, 4500, False)):
        merge.add("b", number, instant, [Followed("log", number, "b", number)], offset=number, begins=begins)
    for number in (5, 6):
        merge.add("a", number, number * 1000, [], offset=number)
    told = [(one.number, one.instant, [record.record for record in one.records]) for one in merge.take()]
    assert told == [(6, 4011, [21]), (7, 4012, [22]), (8, 4500, [23])]
    assert merge.state() == (8, {"a": (4, 4000), "b": (23, 4500)})


def test_an_entry_that_is_missing_and_a_strange_origin_end_it() -> None:
    merge = OriginMerge(ORIGINS)
    merge.add("a", 7, 1000, [], offset=0)  # the head may be gone
    with pytest.raises(TimelineError, match="entry 9 follows 7"):
        merge.add("a", 9, 2000, [], offset=1)
    with pytest.raises(TimelineError, match="origin d is none of a, b, c"):
        merge.add("d", 1, 1000, [], offset=2)
