"""Marks are read as they were written, and nothing else is one."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records.marks import MARK, mark_headers, read_mark
from models.evidence.batch import END_OF_LOG

TIMES = st.integers(0, END_OF_LOG)


@given(before=TIMES, others=st.lists(st.tuples(st.text().filter(lambda name: name != MARK), st.binary())))
def test_a_mark_is_read_as_it_was_written(before: int, others: list[tuple[str, bytes]]) -> None:
    written = [(name, value if isinstance(value, bytes) else None) for name, value in mark_headers(before)]
    assert read_mark([*others, *written]) == before
    assert read_mark(others) is None


@given(st.one_of(st.none(), st.binary()).filter(lambda value: value != b"end" and not (value and value.isdigit())))
def test_a_broken_mark_is_none(value: bytes | None) -> None:
    assert read_mark([(MARK, value)]) is None
    assert read_mark(None) is None
