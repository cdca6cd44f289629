"""Clocks that err: an hour put right, an arrival that stands in, a told start left out, and right clocks left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evidence.kinds import KIND_CODE
from models.evidence.sources import source_at, source_number
from models.outages.evidence.clocks import (
    ARRIVAL,
    BELIEVED,
    HOUR_OFF,
    STARTED,
    believe_crew,
    believe_devices,
    believe_points,
)
from models.outages.weights.clock_laws import compile_clock_laws
from models.outages.weights.parameters import Parameters

AT = 1_782_900_000_000
HOUR, DAY = 3_600_000, 86_400_000
YEAR_2000 = 946_684_800_000
LAWS = compile_clock_laws(Parameters())
SOURCES = ["mesh", "cellular", "a source that the model does not name"]


def believe(kind: str, observed: int, received: int, started: int = 0, source: str = "mesh") -> tuple[int, int, int]:
    """Judge one report."""
    seen, told, arrived = (np.array([time], np.int64) for time in (observed, started, received))
    code, number = np.array([KIND_CODE[kind]], np.uint8), np.array([source_number(source)], np.uint32)
    when, began, doubt = believe_points(LAWS, code, seen, told, arrived, number)
    return int(when[0]), int(began[0]), int(doubt[0])


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", ["last_gasp", "power_restored"])
@given(age=st.integers(-4_000, 3_000_000), started=st.none() | st.integers(0, 6 * DAY))
def test_a_right_clock_is_left_alone(kind: str, source: str, age: int, started: int | None) -> None:
    told = 0 if started is None else AT - started
    assert believe(kind, AT, AT + age, told, source) == (AT, told, BELIEVED)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", ["last_gasp", "power_restored"])
@given(age=st.integers(1_000, 60_000), off=st.sampled_from([-HOUR, HOUR]), lasted=st.integers(0, DAY))
def test_an_hour_is_put_back_with_what_was_told_by_that_clock(
    kind: str, source: str, age: int, off: int, lasted: int
) -> None:
    told = AT + off - lasted
    assert believe(kind, AT + off, AT + age, told, source) == (AT, AT - lasted, HOUR_OFF)


@given(
    observed=st.integers(2_000, YEAR_2000 + DAY) | st.integers(AT + 2 * HOUR, AT + 1_000 * DAY),
    age=st.integers(0, 90_000),
)
def test_a_clock_that_says_nothing_gives_way_to_the_arrival(observed: int, age: int) -> None:
    when, began, doubt = believe("power_restored", observed, AT + age, observed - 1_000)
    assert doubt == ARRIVAL | STARTED
    assert began == 0
    assert AT + age - 60_000 < when <= AT + age


def test_the_typical_delay_is_the_median_of_the_source() -> None:
    mesh, _, _ = believe("last_gasp", 0, AT)
    cellular, _, _ = believe("last_gasp", 0, AT, source="cellular")
    assert AT - mesh == pytest.approx(41_000, abs=1_500)  # half of the gasps after 40 to 45 s
    assert AT - cellular == pytest.approx(3_700, abs=1_500)


@pytest.mark.parametrize(("told", "kept"), [(AT - HOUR, True), (YEAR_2000, False), (AT + 1, False), (AT, True)])
def test_a_told_start_must_be_possible(told: int, kept: bool) -> None:
    assert believe("power_restored", AT, AT + 20_000, told) == (AT, told * kept, BELIEVED if kept else STARTED)


@pytest.mark.parametrize("kind", ["ping_on", "no_power", "inferred_outage", "installed"])
@pytest.mark.parametrize(
    ("age", "doubt"), [(-300_000, 0), (-300_001, ARRIVAL), (HOUR + 5_000, 0), (7 * DAY, 0), (7 * DAY + 1, ARRIVAL)]
)
def test_where_no_delay_is_known_only_the_bounds_hold(kind: str, age: int, doubt: int) -> None:
    assert believe(kind, AT, AT + age) == (AT + age if doubt else AT, 0, doubt)
    observed, received = np.array([AT], np.int64), np.array([AT + age], np.int64)
    when, doubts = believe_devices(LAWS, observed, received)
    assert (int(when[0]), int(doubts[0])) == (AT + age if doubt else AT, doubt)
    assert believe_crew(LAWS, AT, AT + age) == (int(when[0]), doubt)


@given(kind=st.sampled_from(sorted(KIND_CODE)), observed=st.integers(0, 1 << 47), age=st.integers(-DAY, DAY))
def test_what_was_put_right_is_believed_when_it_is_judged_again(kind: str, observed: int, age: int) -> None:
    """Rows of a zone that is set aside are judged once more when it is taken back."""
    when, began, doubt = believe(kind, observed, AT + age, observed - 1)
    assert believe(kind, when, AT + age, began)[:2] == (when, began)
    assert doubt in {BELIEVED, HOUR_OFF, ARRIVAL, STARTED, HOUR_OFF | STARTED, ARRIVAL | STARTED}


@given(st.text(max_size=12))
def test_a_source_has_one_number_wherever_it_is_read(name: str) -> None:
    blob = np.frombuffer(b"#" + name.encode() + b"#", np.uint8)
    assert source_at(blob, 1, len(blob) - 1) == source_number(name)
