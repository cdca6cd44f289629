"""What strangers send is read, or refused by name; nothing is expanded, fetched or read without end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cap.reading import DEEPEST, LARGEST, MOST_ELEMENTS, RULES, RefusedError, parse_message, read_file
from models.alerts.validation import validate
from tests.worlds.alerts import EXAMPLES

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
BILLION = HEAD + '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><alert>&b;</alert>'
FETCHING = HEAD + '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>\n<alert>&f;</alert>'
ELSEWHERE = HEAD + '<!DOCTYPE alert SYSTEM "http://127.0.0.1:1/cap.dtd"><alert/>'
HOSTILE = [
    ("entities in entities", BILLION.encode(), "xml-doctype", 1),
    ("a file from outside", FETCHING.encode(), "xml-doctype", 1),
    ("a document type from outside", ELSEWHERE.encode(), "xml-doctype", 1),
    ("an entity of HTML", b"<alert>\n&nbsp;</alert>", "xml-entity", 2),
    ("a huge file", b"<alert>" + b" " * LARGEST, "xml-size", 0),
    ("a deep one", b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), "xml-depth", 1),
    ("one of many elements", b"<a>" + b"<a/>\n" * MOST_ELEMENTS + b"</a>", "xml-elements", MOST_ELEMENTS),
    ("Latin 1 that claims UTF-8", f"{HEAD}\n\n<alert>é</alert>".encode("latin-1"), "xml-encoding", 3),
    ("an unknown encoding", b'<?xml version="1.0" encoding="utf-7"?><alert/>', "xml-encoding", 1),
    ("UTF-32", "<alert/>".encode("utf-32"), "xml-encoding", 1),
    ("UTF-16 without its mark", "<alert/>".encode("utf-16-le"), "xml-encoding", 1),
    (
        "a mark of UTF-8 before Latin 1",
        b'\xef\xbb\xbf<?xml version="1.0" encoding="iso-8859-1"?><a/>',
        "xml-encoding",
        1,
    ),
    ("an open element", b"<alert>\n<info>", "xml-form", 2),
    ("a prefix without namespace", b"<cap:alert/>", "xml-form", 1),
    ("nothing", b"", "xml-form", 1),
    ("no XML", b'{"identifier": 1}', "xml-form", 1),
    ("a zero byte", b"<alert>\n\0</alert>", "xml-encoding", 2),
    ("a control character", b"<alert>\x08</alert>", "xml-form", 1),
    ("two roots", b"<alert/>\n<alert/>", "xml-form", 2),
]


@pytest.mark.parametrize(("what", "content", "rule", "line"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_hostile_documents_are_refused_by_name(what: str, content: bytes, rule: str, line: int) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_message(content)
    assert (refused.value.finding.rule, refused.value.finding.line) == (rule, line), what


def test_every_refusal_has_a_case() -> None:
    assert {rule.name for rule in RULES} == {case[2] for case in HOSTILE}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_that_are_read_give_the_same_message(encoding: str) -> None:
    declared = "UTF-16" if encoding == "utf-16" else encoding.removesuffix("-sig")
    text = EXAMPLES["languages"].decode().replace('"UTF-8"', f'"{declared}"')
    assert parse_message(text.encode(encoding)) == parse_message(EXAMPLES["languages"])


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    assert len(read_file(Path("/dev/zero"))) == LARGEST + 1


@given(st.binary(max_size=300), st.integers(0, 2000), st.integers(0, 40))
def test_bytes_of_any_kind_are_read_or_refused(noise: bytes, place: int, gone: int) -> None:
    good = EXAMPLES["storm"]
    for content in (noise, good[:place] + noise + good[place + gone :]):
        try:
            validate(parse_message(content), "ipaws")
        except RefusedError:
            continue
