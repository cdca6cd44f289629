from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.times.iso8601 import INVALID, LATEST, format_time, parse_time, parse_times

DIGITS = st.text("0123456789", max_size=12)
ZONES = st.one_of(
    st.sampled_from(
        ["Z", "z", "", "+00:00", "-00:00", "+0530", "-07", "+24:00", "+12:60", "UTC", "+1:00", "Z ", "+00:00Z"]
    ),
    st.builds("{}{:02d}:{:02d}".format, st.sampled_from("+-"), st.integers(0, 25), st.integers(0, 61)),
)
SPELLINGS = st.builds(
    "{:0{}d}{}{:02d}{}{:02d}{}{:02d}{}{:02d}{}{:02d}{}{}{}".format,
    st.sampled_from([0, 1, 1900, 1968, 1969, 1970, 2000, 2024, 2026, 2100, 9999, 10000]) | st.integers(1960, 2040),
    st.sampled_from([4, 4, 4, 2, 5]),
    st.sampled_from(["-", "-", "-", "", "/"]),
    st.integers(0, 13),
    st.sampled_from(["-", "-", "-", ""]),
    st.integers(0, 32),
    st.sampled_from(["T", "T", "T", " ", "t", "", "_"]),
    st.integers(0, 25),
    st.sampled_from([":", ":", ":", "", "."]),
    st.integers(0, 61),
    st.sampled_from([":", ":", ":", ""]),
    st.integers(0, 61),
    st.sampled_from(["", "", ".", ".", ","]),
    DIGITS,
    ZONES,
)
COMMON = st.builds(
    "{:%Y-%m-%dT%H:%M:%S}{}{}".format,
    st.datetimes(datetime(1969, 12, 30), datetime(9999, 12, 31)),  # noqa: DTZ001 (the zone is spelled apart)
    st.just("") | st.text("0123456789", min_size=1, max_size=12).map(".{}".format),
    ZONES,
)
NUMBERS = st.integers(-(2**70), 2**70) | st.integers(-5, LATEST + 5) | st.sampled_from([0, -1, LATEST, LATEST + 1])


def parse_or_invalid(value: object) -> int:
    try:
        return parse_time(value)
    except ValueError:
        return INVALID


@given(st.lists(st.one_of(COMMON, SPELLINGS, st.text(max_size=30), NUMBERS), max_size=12))
def test_a_batch_reads_as_each_time_alone(values: list[str | int]) -> None:
    read = parse_times(values)
    assert read.dtype == np.int64
    assert read.tolist() == [parse_or_invalid(value) for value in values]


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 (the zone is drawn apart)
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
    st.sampled_from(["T", " "]),
)
def test_the_standard_library_reads_the_same(local: datetime, minutes: int, separator: str) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert parse_time(moment.isoformat(separator)) == expected
    assert parse_times([moment.isoformat(separator)]).tolist() == [expected]


@given(st.integers(0, LATEST))
def test_what_is_written_reads_back(at: int) -> None:
    text = format_time(at)
    assert len(text) == 24
    assert parse_times([text]).tolist() == [parse_time(text)] == [at]


@pytest.mark.parametrize(
    ("spelling", "at"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-02-29T23:59:59.9999Z", 1709251199999),
        ("2026-07-01T18:04:05.250Z", 1782929045250),
        ("2026-07-01T18:04:05.25+00:00", 1782929045250),
        ("2026-07-01t18:04:05,25z", 1782929045250),
        ("20260701T180405.25Z", 1782929045250),
        ("2026-07-01 20:04:05.250987654321+02:00", 1782929045250),
        ("2026-07-01T10:34:05.250-0730", 1782929045250),
        ("2026-07-01T18:04Z", 1782929040000),
        ("2026-07-01T18:04:05.250-00:00", 1782929045250),
        (1782929045250, 1782929045250),
    ],
)
def test_spellings_of_a_time(spelling: str | int, at: int) -> None:
    assert parse_time(spelling) == at
    assert parse_times([spelling]).tolist() == [at]


@pytest.mark.parametrize(
    ("spelling", "reason"),
    [
        ("2026-07-01T18:04:05", "has no zone"),
        ("20260701T180405", "has no zone"),
        ("2026-07-01", "is no time"),
        ("2026-W27-3T18:04:05Z", "is no time"),
        ("2026-182T18:04:05Z", "is no time"),
        ("1782929045250", "is digits in a text"),
        ("", "is no time"),
        ("\u0662026-07-01T18:04:05Z", "is no time"),
        ("2026-07-01T18:04:05Z\n", "is no time"),
        ("2026-02-29T18:04:05Z", "impossible date"),
        ("2026-00-01T18:04:05Z", "impossible date"),
        ("2026-07-01T24:00:00Z", "impossible time of day"),
        ("2016-12-31T23:59:60Z", "impossible time of day"),
        ("2026-07-01T18:04:05+24:00", "impossible zone"),
        ("1969-12-31T23:59:59Z", "outside the years"),
        ("9999-12-31T23:59:59-01:00", "outside the years"),
        (-1, "outside the years"),
        (LATEST + 1, "outside the years"),
        (10**400, "outside the years"),
        (True, "must be a time"),
        (1.5, "must be a time"),
        (None, "must be a time"),
    ],
)
def test_what_is_no_time_is_refused_with_the_reason(spelling: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_time(spelling)


def test_an_empty_batch_is_empty() -> None:
    assert parse_times([]).tolist() == []
