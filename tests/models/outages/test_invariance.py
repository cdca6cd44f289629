"""What comes out is a function of the log alone: not of batches, interleaving, copies, or order within one log time."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.topics import RAW_TOPICS
from models.times.iso8601 import format_time, parse_time
from tests.worlds.evidence import Answer, Reader, Step, play
from tests.worlds.networks import network_of
from tests.worlds.random_storms import Storm, storms

Lines = dict[str, list[bytes]]


def steps(lines: Lines, draw: random.Random) -> Iterator[Step]:
    """Any interleaving of the topics, in batches of any size."""
    left = {topic: len(lines.get(topic, [])) + 1 for topic in RAW_TOPICS}
    while left:
        topic = draw.choice(list(left))
        count = draw.choice((1, 1, 2, 5, 20))
        left[topic] -= count
        if left[topic] <= 0:
            del left[topic]
        yield topic, count


def said(answer: Answer) -> bytes:
    """All records, byte by byte."""
    return orjson.dumps([answer.lifecycle, answer.restorations, answer.clock], option=orjson.OPT_SORT_KEYS)


@settings(max_examples=60)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_batches_and_interleaving_leave_no_trace(storm: Storm, draw: random.Random) -> None:
    network, lines = storm.network, storm.lines
    expected = play(network, lines)
    answer = play(network, lines, steps(lines, draw))
    assert said(answer) == said(expected)
    assert answer.dead_letters == expected.dead_letters
    assert answer.totals == expected.totals


@settings(max_examples=60)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_an_engine_goes_on_from_its_state_at_any_point(storm: Storm, draw: random.Random) -> None:
    network, lines = storm.network, storm.lines
    expected = play(network, lines)
    reader = Reader(network, lines)
    for topic, count in steps(lines, draw):
        reader.advance(topic, count)
        if draw.random() < 0.3:
            reader.restart()
    answer = reader.finish()
    assert said(answer) == said(expected)
    assert answer.dead_letters == expected.dead_letters
    assert answer.totals == expected.totals


@settings(max_examples=60)
@given(storm=storms())
def test_doubled_lines_are_copies(storm: Storm) -> None:
    network, lines = storm.network, storm.lines
    expected = play(network, lines)
    answer = play(network, {topic: [line for line in of for _ in range(2)] for topic, of in lines.items()})
    assert said(answer) == said(expected)
    for topic in RAW_TOPICS:
        once, twice = expected.totals[topic], answer.totals[topic]
        assert (twice.read, twice.used, twice.refused) == (2 * once.read, once.used, 2 * once.refused)
        assert values(answer, topic) == [value for value in values(expected, topic) for _ in range(2)]


@settings(max_examples=60)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_the_order_of_what_arrives_at_once_does_not_matter(storm: Storm, draw: random.Random) -> None:
    network, lines = storm.network, storm.lines
    coarse = {topic: at_round_times(of) for topic, of in lines.items()}
    expected = play(network, coarse)
    answer = play(network, {topic: shuffled(of, draw) for topic, of in coarse.items()})
    assert said(answer) == said(expected)
    assert answer.totals == expected.totals
    for topic in RAW_TOPICS:
        assert sorted(values(answer, topic)) == sorted(values(expected, topic))


@settings(max_examples=60)
@given(storm=storms())
def test_dead_letters_come_in_the_order_of_their_lines(storm: Storm) -> None:
    network, lines = storm.network, storm.lines
    for letters in play(network, lines).dead_letters.values():
        offsets = [letter.offset for letter in letters]
        assert offsets == sorted(set(offsets))


@settings(max_examples=40)
@given(storm=storms(), by=st.sampled_from((1, -86_399, 400 * 86_400)))
def test_shifting_all_times_by_whole_seconds_shifts_those_of_the_answer(storm: Storm, by: int) -> None:
    lines = {topic: [orjson.loads(line) for line in of] for topic, of in without_outages(storm.lines).items()}
    later = {topic: [orjson.dumps(shifted(event, 1000 * by)) for event in of] for topic, of in lines.items()}
    before = play(storm.network, {topic: [orjson.dumps(event) for event in of] for topic, of in lines.items()})
    assert nameless(play(storm.network, later), back=1000 * by) == nameless(before)


@settings(max_examples=40)
@given(storm=storms())
def test_other_ids_in_the_same_order_change_nothing_but_ids(storm: Storm) -> None:
    lines = without_outages(storm.lines)
    other = network_of(
        [
            replace(one, id=relabelled(one.id), parent=relabelled(one.parent), substation=relabelled(one.substation))
            for one in storm.devices
        ],
        [
            replace(
                one,
                id=relabelled(one.id),
                device=relabelled(one.device),
                account=relabelled(one.account),
                meter=None if one.meter is None else relabelled(one.meter),
            )
            for one in storm.points
        ],
    )
    renamed = {topic: [orjson.dumps(renamed_event(orjson.loads(line))) for line in of] for topic, of in lines.items()}
    assert nameless(play(other, renamed)) == nameless(play(storm.network, lines))


NAMES = ("usage_point_id", "device_id", "account_id", "found_device_id", "open_device_id")


def without_outages(lines: Lines) -> Lines:
    """Without crews' reports that name an outage: its name depends on times and ids."""
    return {topic: [line for line in of if b'"outage_id"' not in line] for topic, of in lines.items()}


def relabelled(name: str) -> str:
    """Another name that comes before and after the same others."""
    return f"n{name}" if name else ""


def renamed_event(event: dict[str, Any]) -> dict[str, Any]:
    """The same of the same place by its other name; a meter is named after its usage point."""
    meter = {"meter_id": f"M{relabelled(event['meter_id'][1:])}"} if "meter_id" in event else {}
    return event | {name: relabelled(event[name]) for name in NAMES if event.get(name) is not None} | meter


def shifted(event: dict[str, Any], by: int) -> dict[str, Any]:
    """An event with all of its times later by so many milliseconds."""
    times = ("observed_at", "received_at", "outage_started_at", "planned_from", "planned_to", "at", "time")
    return event | {name: event[name] + by for name in times if event.get(name) is not None}


def nameless(answer: Answer, back: int = 0) -> str:
    """All news: outages by the number of their first appearance, subjects by their old names, times moved back."""
    known: dict[str, str] = {}
    records = [record | {"network_version": ""} for record in (*answer.lifecycle, *answer.restorations)]
    text = orjson.dumps(records, option=orjson.OPT_SORT_KEYS).decode()
    text = re.sub(r"[a-z2-7]{26}", lambda name: known.setdefault(name[0], str(len(known))), text)
    text = re.sub(r'"n((?:d|p|sub)[0-9]+)"', r'"\1"', text)
    return re.sub(r"[0-9-]{10}T[0-9:.]+Z", lambda time: format_time(parse_time(time[0]) - back), text)


def values(answer: Answer, topic: str) -> list[bytes]:
    """The bytes of the dead letters of a topic."""
    return [letter.value for letter in answer.dead_letters[topic]]


def at_round_times(lines: list[bytes]) -> list[bytes]:
    """The same lines, received at whole minutes and never before an earlier one."""
    events = [orjson.loads(line) for line in lines]
    times = accumulate((-(-event["received_at"] // 60_000) * 60_000 for event in events), max)
    return [orjson.dumps(event | {"received_at": at}) for event, at in zip(events, times, strict=True)]


def shuffled(lines: list[bytes], draw: random.Random) -> list[bytes]:
    """The lines in another order, those of a later time later."""
    order = list(lines)
    draw.shuffle(order)
    return sorted(order, key=lambda line: orjson.loads(line)["received_at"])
