"""CSV against Python's own reader, and the lines that faults will name."""

import csv
import io
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapters.tables.csv_records import Records, read_header, read_records

LINE_BREAK = re.compile("\r\n|\r|\n")
fields = st.text(st.sampled_from('a,"\r\n ß\0'), max_size=5)


def read(content: bytes, *names: str) -> Records:
    data = np.frombuffer(content, np.uint8)
    header = read_header(data)
    assert header is not None
    return read_records(data, header, names)


@given(
    rows=st.lists(st.lists(fields, min_size=3, max_size=3), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "\ufeff"]),
    torn=st.booleans(),
)
def test_what_a_writer_wrote_is_read_with_its_lines(
    rows: list[list[str]], line_end: str, mark: str, torn: bool
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    file.write(f"{mark}x,y,z{line_end}")
    lines = []
    for row in rows:
        lines.append(len(LINE_BREAK.findall(file.getvalue())) + 1)
        writer.writerow(row)
    text = file.getvalue().removesuffix(line_end) if torn else file.getvalue()
    records = read(text.encode(), "z", "x")
    assert [list(column) for column in records.columns] == [[row[2] for row in rows], [row[0] for row in rows]]
    assert records.line.tolist() == lines
    assert records.fields.tolist() == [3] * len(rows)
    assert not records.unclosed


@given(st.text(st.sampled_from('ab,"\r\n'), max_size=40))
def test_any_text_is_read_as_python_reads_it(text: str) -> None:
    records = read(b"x,y\n" + text.encode(), "x", "y")
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert records.fields.tolist() == [len(row) for row in expected]
    assert list(records.columns[0]) == [row[0] for row in expected]
    assert list(records.columns[1]) == [row[1] if len(row) > 1 else "" for row in expected]


def test_blank_and_ragged_lines_and_open_quotes() -> None:
    records = read(b'\n\nx,y\n\n1\n\r\n\r\n1,2,3\n"4\n5",6\n,\n"7', "y", "x")
    assert list(records.columns[0]) == ["", "2", "6", "", ""]
    assert list(records.columns[1]) == ["1", "1", "4\n5", "", "7"]
    assert records.line.tolist() == [5, 8, 9, 11, 12]
    assert records.fields.tolist() == [1, 3, 2, 2, 1]
    assert records.unclosed
    assert read_header(np.frombuffer(b"\n\r\n", np.uint8)) is None
