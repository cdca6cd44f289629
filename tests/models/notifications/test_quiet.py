"""Quiet hours against a clock that is asked minute by minute, also where it is put on and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.process.time_zone import utility_offsets
from models.notifications.quiet import QuietHours, allowed_from, minute_of

PLACES = ("Europe/Zurich", "America/St_Johns", "Australia/Lord_Howe", "UTC")
OFFSETS = {name: utility_offsets(name) for name in PLACES}
CHANGES = ("2026-03-29T00:30Z", "2026-10-25T00:30Z", "2026-04-04T14:50Z", "2026-10-03T15:00Z", "2026-07-01T20:00Z")


@given(
    st.sampled_from(PLACES),
    st.sampled_from(CHANGES),
    st.integers(-720, 720),
    st.integers(0, 1439),
    st.integers(0, 1439),
)
def test_the_first_minute_that_is_not_quiet_is_found(place: str, day: str, before: int, begin: int, end: int) -> None:
    now = datetime.fromisoformat(day) + timedelta(minutes=before)
    quiet, zone = QuietHours(begin, end), ZoneInfo(place)
    expected = now
    while _is_quiet(quiet, expected.astimezone(zone)):
        expected += timedelta(minutes=1)
    assert allowed_from(quiet, OFFSETS[place], _ms(now)) == _ms(expected)


def test_what_is_not_quiet_is_not_rounded() -> None:
    quiet = QuietHours(minute_of("22:00"), minute_of("06:30"))
    at = datetime(2026, 7, 1, 12, 0, 1, 250_000, tzinfo=UTC)
    assert allowed_from(quiet, OFFSETS["UTC"], _ms(at)) == _ms(at)
    night = datetime(2026, 7, 1, 23, 0, 1, 250_000, tzinfo=UTC)
    assert allowed_from(quiet, OFFSETS["UTC"], _ms(night)) == _ms(datetime(2026, 7, 2, 6, 30, tzinfo=UTC))


@pytest.mark.parametrize("minute", ["00:00", "23:59"])
def test_hours_that_begin_as_they_end_are_none(minute: str) -> None:
    quiet = QuietHours(minute_of(minute), minute_of(minute))
    assert not any(quiet.holds(one) for one in range(1440))


def _is_quiet(quiet: QuietHours, local: datetime) -> bool:
    minute, begin, end = local.hour * 60 + local.minute, *quiet
    return minute in range(begin, end) if begin <= end else minute not in range(end, begin)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
