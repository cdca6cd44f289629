"""Ranges of a zone, against outages whose true law is known, and against what is saved in between."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from models.outages.estimate.zone_ranges import FARTHEST, HIGH, LOW, STEP, Shift, ZoneRanges

OUTAGES = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(0, 300), st.none() | st.integers(0, 900)),
    max_size=40,
)


def told(outages: list[tuple[int, int, int, int | None]], restarts: random.Random | None) -> list[Shift]:
    """The shift when each outage is published, which may never be restored."""
    ranges, now, found = ZoneRanges(), 0, []
    for number, (waits, low, more, lasts) in enumerate(outages):
        now += waits
        found.append(ranges.shift(1, now))
        ranges.told(1, str(number), now + low, now + low + more)
        if lasts is not None:
            ranges.over(str(number), now + lasts)
        if restarts is not None and restarts.random() < 0.3:
            saved = ranges.save()
            ranges = ZoneRanges()
            ranges.restore(saved)
    return found


@given(OUTAGES, st.randoms(use_true_random=False))
def test_a_shift_is_the_sum_of_what_has_passed_whenever_it_is_saved(
    outages: list[tuple[int, int, int, int | None]], restarts: random.Random
) -> None:
    found, now = told(outages, restarts), 0
    assert found == told(outages, None)
    for number, shift in enumerate(found):
        now += outages[number][0]
        for level, moved, end in ((LOW, shift.low, 0), (HIGH, shift.high, 1)):
            total, began = Fraction(0), 0
            for waits, low, more, lasts in outages[:number]:
                began += waits
                by = low + more * end
                if began + by <= now:
                    total += STEP * (Fraction(lasts is None or lasts > by) - Fraction(100 - level, 100))
            assert moved == total // 1


def test_ranges_that_are_too_narrow_come_to_hold() -> None:
    draw, ranges, held = random.Random(7), ZoneRanges(), []
    for number in range(3000):
        now, lasts = number * 300, round(2 ** draw.uniform(10, 14))
        shift = ranges.shift(1, now)
        low, high = (2 ** (12 + moved / 256) for moved in shift)
        held.append(low <= lasts <= high)
        ranges.told(1, str(number), now + round(low), now + round(max(low, high)))
        ranges.over(str(number), now + lasts)
    assert 0.75 < sum(held[1000:]) / 2000 < 0.85
    assert ranges.shift(2, 10**9) == Shift()


def test_what_was_none_teaches_nothing_and_no_end_moves_without_bounds() -> None:
    ranges = ZoneRanges()
    ranges.told(1, "merged", 10, 20)
    ranges.over("merged", None)
    assert ranges.shift(1, 100) == Shift()
    for number in range(2 * FARTHEST // STEP // 10):
        ranges.told(1, str(number), 10, 20)
    assert ranges.shift(1, 100) == Shift(FARTHEST // 100, FARTHEST // 100)
