"""Lines written in bulk are the lines that a plain writer would write."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.columns.packed_text import PackedText
from models.times.iso8601 import format_time
from simulator.files.lines import chosen, csv_texts, iso_times, json_texts, numbered, optional, write_lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
ROWS = st.tuples(st.integers(-1, 4), st.integers(0, 4_102_444_799_999), st.booleans(), st.integers(0, 2))


@given(st.lists(TEXTS, min_size=5, max_size=5), st.lists(ROWS, max_size=30))
def test_bulk_lines_say_what_their_columns_hold(texts: list[str], rows: list[tuple[int, int, bool, int]]) -> None:
    names = PackedText.of(texts)
    position = np.array([row[0] for row in rows], np.int32)
    at = np.array([row[1] for row in rows], np.int64)
    given_too = np.array([row[2] for row in rows], bool)
    code = np.array([row[3] for row in rows], np.uint8)
    stream = io.BytesIO()
    some_name = np.where(position < 0, 0, position)
    write_lines(
        stream,
        [
            b'{"n":"',
            numbered("x-"),
            b'","k":"',
            chosen(("a", "bcd", ""), code),
            b'","name":',
            json_texts(names, some_name),
            optional(b',"again":', json_texts(names, position), given_too & (position >= 0), b""),
            b',"at":"',
            iso_times(at),
            b'"}',
        ],
        len(rows),
    )
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines == [
        {"n": f"x-{number:08d}", "k": ("a", "bcd", "")[kind], "name": texts[max(place, 0)]}
        | ({"again": texts[place]} if too and place >= 0 else {})
        | {"at": format_time(when)}
        for number, (place, when, too, kind) in enumerate(rows)
    ]


@given(st.lists(TEXTS.filter(lambda text: "\r" not in text), min_size=1, max_size=8))
def test_csv_fields_are_quoted_where_they_must(texts: list[str]) -> None:
    stream = io.BytesIO()
    write_lines(stream, [b"start,", csv_texts(PackedText.of(texts), np.arange(len(texts))), b",end"], len(texts))
    read = list(csv.reader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert read == [["start", text, "end"] for text in texts]
