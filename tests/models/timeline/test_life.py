"""A flow's life: timers by the moments alone, dense numbers, and the same end where its state was lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.fields import FollowingRecord
from models.contracts.registry import Contract, Output
from models.timeline.life import SILENCE, Life, Start, Written
from models.timeline.moment import Followed, Moment, Said, TimelineError
from models.times.iso8601 import parse_time

START = 1_782_900_000_000
Steps = list[tuple[int, str, int]]
"""Seconds since the last, a key and its new value."""
STEPS = st.lists(st.tuples(st.integers(1, 100), st.sampled_from("xyz"), st.integers(0, 2)), min_size=1, max_size=12)


def output(name: str, *, compacted: bool) -> Output:
    contract = Contract(name, FollowingRecord)
    return Output(
        name=name,
        topic=name,
        summary="",
        contract=contract,
        key="key",
        compacted=compacted,
        retention_days=1,
        event_type=name,
        owner="toy",
        counted="key",
    )


OUTPUTS = (output("state", compacted=True), output("minute", compacted=False))


class Toy:
    """The last value of each key, 0 takes it away; and how many there are, every half minute."""

    def __init__(self, saved: Any) -> None:
        self.values: dict[str, int]
        self.next: int | None
        self.values, self.next = saved or ({}, None)

    def due(self) -> int | None:
        return self.next

    def live(self, instant: int, records: Sequence[Followed]) -> Iterable[Said]:
        for followed in records:
            self.values[followed.key] = followed.record
        for key in sorted({followed.key for followed in records}):
            value = self.values[key]
            yield Said("state", {"key": key, "value": value}, gone=value == 0)
        if self.next is None or instant >= self.next:
            self.next = (instant // 30_000 + 1) * 30_000
            yield Said("minute", {"key": "all", "count": sum(value > 0 for value in self.values.values())})

    def save(self) -> object:
        return self.values, self.next


def moments_of(steps: Steps) -> list[Moment]:
    told, at = [], START
    for number, (seconds, key, value) in enumerate(steps, start=1):
        at += 1000 * seconds
        told.append(Moment(number, at, (Followed("in", number, key, value),)))
    return told


def live(moments: Iterable[Moment], **how: Any) -> tuple[list[Written], Life]:
    life = Life(Toy, OUTPUTS, "city", **how)
    return [one for moment in moments for one in life.take(moment)], life


def of(written: list[Written], name: str) -> list[dict[str, Any]]:
    return [record for output, record in written if output == name]


@given(STEPS)
def test_numbers_are_dense_ids_are_never_repeated_and_nothing_is_said_twice(steps: Steps) -> None:
    written, _ = live(moments_of(steps))
    for name in ("state", "minute"):
        records = of(written, name)
        assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
        ids = [record["event_id"] for record in records if "tombstone" not in record]
        assert len(set(ids)) == len(ids)
        assert [record["updated_at"] for record in records] == sorted(record["updated_at"] for record in records)
    last: dict[str, Any] = {}
    for record in of(written, "state"):
        assert last.get(record["key"]) != record.get("value")
        last[record["key"]] = record.get("value")


@given(STEPS, st.integers(1, 30))
def test_how_often_the_clock_ticks_leaves_no_trace(steps: Steps, every: int) -> None:
    """Timers between two moments are lived through at their own instants."""
    sparse = moments_of(steps)
    dense: list[tuple[int, tuple[Followed, ...]]] = []
    last = START
    for moment in sparse:
        ticks = range(max(last + 1000, moment.instant - 1000 * 100), moment.instant, 1000 * every)
        dense += [(at, ()) for at in ticks if dense] + [(moment.instant, moment.records)]
        last = moment.instant
    numbered = [Moment(number, at, records) for number, (at, records) in enumerate(dense, start=1)]
    assert live(numbered)[0] == live(sparse)[0]


@given(STEPS, st.integers(0, 12))
def test_a_life_goes_on_from_its_state_to_the_byte(steps: Steps, at: int) -> None:
    moments = moments_of(steps)
    first, life = live(moments[:at])
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(life.save()))
    second, _ = live(moments[at:], saved=saved)
    assert first + second == live(moments)[0]


@given(STEPS, st.integers(0, 12))
def test_without_its_state_over_compacted_topics_it_comes_to_the_same_last_records(steps: Steps, at: int) -> None:
    """The process dies after some moments; what it followed has been compacted since, its outputs are all it has."""
    moments = moments_of(steps)
    expected, _ = live(moments)
    before, _ = live(moments[:at])
    newest = {moment.records[0].key: moment.number for moment in moments}
    left = [
        moment._replace(records=moment.records if newest[moment.records[0].key] == moment.number else ())
        for moment in moments
    ]
    after, _ = live(left, start=start_from(before))
    for name in ("state", "minute"):
        whole = of(before, name) + of(after, name)
        assert [record["sequence"] for record in whole] == list(range(1, len(whole) + 1))
        ids = [record["event_id"] for record in whole if "tombstone" not in record]
        assert len(set(ids)) == len(ids)
    assert last_values(of(before, "state") + of(after, "state")) == last_values(of(expected, "state"))


def start_from(written: list[Written]) -> Start:
    """What a process finds at the ends of its outputs."""
    return Start(
        sequences={name: len(of(written, name)) for name in ("state", "minute")},
        until=max((parse_time(record["updated_at"]) for _, record in written), default=0),
        published={"state": last_values(of(written, "state"))},
    )


def last_values(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    last = {record["key"]: record for record in records}
    return {key: {"key": key, "value": record["value"]} for key, record in last.items() if "tombstone" not in record}


def test_years_of_silence_are_not_lived_through_minute_by_minute() -> None:
    (first,) = moments_of([(1, "x", 1)])
    written, life = live([first, Moment(2, first.instant + 100 * SILENCE, ())])
    assert len(of(written, "minute")) == SILENCE // 30_000 + 2
    assert life.save()["model"][1] > first.instant + 100 * SILENCE


def test_a_moment_that_does_not_follow_and_a_timer_that_stands_still_end_it() -> None:
    first, _, third = moments_of([(1, "x", 1)] * 3)
    life = Life(Toy, OUTPUTS, "city")
    life.take(first)
    with pytest.raises(TimelineError, match="moment 3 follows 1"):
        life.take(third)
    stuck = Life(Stuck, OUTPUTS, "city")
    stuck.take(first)
    with pytest.raises(TimelineError, match="at which the flow has been already"):
        stuck.take(third._replace(number=2))


class Stuck(Toy):
    def due(self) -> int:
        return START + 1000
