"""Words that are numbered alike: under every history each weighs what the others do, and silence what no word does."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.outages.inference.alike import number_words, steps_of
from models.outages.inference.histories import ANY, Histories, histories_of
from models.outages.inference.knowledge import NEVER, NOBODY
from models.outages.inference.moments import sequence_starts
from models.outages.inference.reports import (
    CAME_BACK,
    CONSUMED,
    DARK_SINCE,
    DARK_UNTIL,
    GASP,
    INFERRED,
    MASK,
    METERS,
    ON_AT,
    OUT_FIRST,
    OUT_LAST,
    ROW,
    STILL,
    TOLD,
    WORDS,
    weigh_word,
)

SECOND = 1_000
TOLERANCE = 5 * SECOND
NEAR_ONES = [-80, -20, -8, -5, -1, 0, 1, 5, 8, 11, 76, 90]
"""Seconds around a moment at which something may turn over."""


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_words_of_one_number_weigh_the_same(data: st.DataObject) -> None:
    opened = sorted(data.draw(st.sets(st.integers(100, 900), min_size=1, max_size=3), "opened"))
    closed = sorted(data.draw(st.sets(st.integers(110, 950), max_size=3), "closed"))
    told = [at + data.draw(st.sampled_from([0, 0, 3, 30])) for at in opened]
    openings, closings = (np.array(times, np.int64) * SECOND for times in (opened, closed))
    until, shots = np.array(told, np.int64) * SECOND, np.array(sorted({*opened, *told}), np.int64) * SECOND
    histories = histories_of(openings, until, until, shots, closings, np.full(len(closings), ANY), TOLERANCE)
    moment = st.builds(
        lambda at, off: (at + off) * SECOND + off,
        st.sampled_from([*opened, *closed, *told]),
        st.sampled_from(NEAR_ONES),
    )
    words = np.array([_word(data, moment) for _ in range(data.draw(st.integers(2, 12)))], np.int64)
    owner, services = np.full(len(words), NOBODY, np.int32), np.full(1, -1, np.int64)
    steps = steps_of(histories, until, shots, TOLERANCE)
    alike = number_words(words, int(openings[0]) - TOLERANCE, owner, services, steps)
    source = np.array([data.draw(st.sampled_from([METERS, METERS, TOLD])) for _ in opened], np.uint8)
    began = np.array([data.draw(st.sampled_from(opened[: k + 1])) for k in range(len(opened))]) * SECOND
    weights = [_weigh(histories, began, shots, source, word) for word in words]
    for q, number in enumerate(alike.number.tolist()):
        if number >= 0:
            np.testing.assert_array_equal(weights[q], weights[alike.head[number]])
    assert alike.points.tolist() == [alike.number.tolist().count(number) for number in range(len(alike.head))]


def _word(data: st.DataObject, moment: st.SearchStrategy[int]) -> list[int]:
    maybe = st.one_of(st.just(NEVER), moment)
    first = data.draw(moment)
    word = [0] * WORDS
    word[MASK] = data.draw(st.sampled_from([0, GASP, INFERRED]))
    word[OUT_FIRST], word[OUT_LAST] = first, max(first, data.draw(moment))
    word[ON_AT], word[ROW] = data.draw(maybe), data.draw(st.integers(0, 1))
    word[CAME_BACK] = int(word[ON_AT] != NEVER and data.draw(st.booleans()))
    word[DARK_SINCE], word[CONSUMED] = data.draw(maybe), data.draw(maybe)
    word[DARK_UNTIL] = data.draw(st.one_of(st.just(STILL), moment))
    return word


def _weigh(
    histories: Histories,
    began: NDArray[np.int64],
    shots: NDArray[np.int64],
    source: NDArray[np.uint8],
    word: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Each thing weighs a number of its own, so that two words that differ in anything weigh differently."""
    states = len(histories.opening)
    rows = np.arange(3)[:, None]
    out, on, both = (-(base + 7 * rows + np.arange(states)) for base in (100, 1000, 10_000))
    noticed, whole = -np.arange(states) - 50, np.arange(states, dtype=np.uint8) % 2
    rate = np.arange(3 * len(histories.opened)).reshape(3, -1)
    worth = 30_000, 40, 500, 6_000, -70, -8_000, TOLERANCE
    weights = np.zeros(states, np.int32)
    weigh_word(
        histories.opened,
        began,
        histories.until,
        shots,
        source,
        histories.dark,
        histories.closing,
        histories.closed,
        out,
        on,
        both,
        noticed,
        whole,
        rate,
        word,
        worth,
        weights,
    )
    return weights


def test_silence_is_excused_by_what_was_before_and_by_no_earlier_shot_of_the_same_sequence() -> None:
    """Dark since one opening, and silent about another half a minute later."""
    opened, none = np.array([100, 130]) * SECOND, np.empty(0, np.int64)
    histories = histories_of(opened, opened, opened, none, none, none, TOLERANCE)
    word = [0] * WORDS
    word[ON_AT], word[DARK_SINCE], word[DARK_UNTIL], word[CONSUMED] = NEVER, opened[0], STILL, NEVER
    source, later = np.full(2, METERS, np.uint8), int(histories.dark[1])
    apart, one = (_weigh(histories, began, none, source, np.array(word)) for began in (opened, opened[[0, 0]]))
    assert apart[later] == 0
    assert one[later] < 0


def test_a_sequence_began_with_the_first_shot_from_which_it_reaches_so_far() -> None:
    times, until = np.array([0, 20, 70, 400]), np.array([70, 70, 70, 400])
    assert sequence_starts(times, until).tolist() == [0, 0, 0, 400]
