"""Marks are read as they were written, within bounds, and nothing else is one."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records.marks import MARK, mark_header, mark_headers, mark_time
from models.evidence.batch import END_OF_LOG
from models.times.iso8601 import LATEST, YEAR_2000

DAY = 86_400_000
TIMES = st.integers(YEAR_2000, LATEST) | st.just(END_OF_LOG)


@given(before=TIMES, others=st.lists(st.tuples(st.text().filter(lambda name: name != MARK), st.binary())))
def test_a_mark_is_read_as_it_was_written(before: int, others: list[tuple[str, bytes]]) -> None:
    written = [(name, value if isinstance(value, bytes) else None) for name, value in mark_headers(before)]
    header = mark_header([*others, *written])
    assert header is not None
    assert mark_time(header, 0) == mark_time(header, min(before, LATEST)) == before
    assert mark_header(others) is mark_header(None) is None


@given(st.one_of(st.none(), st.binary()).filter(lambda value: value != b"end" and not (value and value.isdigit())))
def test_a_broken_mark_marks_nothing(value: bytes | None) -> None:
    header = mark_header([(MARK, value)])
    assert header is not None
    assert mark_time(header, 0) is None


@given(st.integers(0, 10**25), st.integers(YEAR_2000, LATEST))
def test_a_mark_far_from_the_log_marks_nothing(before: int, log_time: int) -> None:
    bounded = YEAR_2000 <= before <= min(log_time + 31 * DAY, LATEST)
    assert mark_time(str(before).encode(), log_time) == (before if bounded else None)
    assert mark_time(b"9" * 10_000, log_time) is None
