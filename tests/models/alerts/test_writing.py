"""What is written is read back as it was, whatever the texts; what XML cannot hold is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cap.reading import parse_message
from models.alerts.element import Element, walk
from models.alerts.writing import write_message
from tests.worlds.alerts import EXAMPLES

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=30).filter(
    lambda text: all(letter in "\t\n\r" or letter >= " " for letter in text)
)
NAMES = st.sampled_from(["alert", "info", "area", "headline"])
TREES = st.recursive(
    st.builds(Element, NAMES, TEXTS),
    lambda below: st.builds(Element, NAMES, st.just(""), st.lists(below, min_size=1, max_size=3)),
    max_leaves=8,
)


@given(TREES)
def test_round_trip(tree: Element) -> None:
    again = parse_message(write_message(tree))
    for element in walk(again):
        element.line = 0
        if element.children:
            assert element.stripped == ""
            element.text = ""
    assert again == tree


def test_a_message_is_written_an_element_a_line() -> None:
    assert write_message(parse_message(EXAMPLES["storm"])) == EXAMPLES["storm"]


@pytest.mark.parametrize("letter", ["\0", "\x0b", "\x1b", "\ufffe"])
def test_characters_that_xml_cannot_hold_are_refused(letter: str) -> None:
    with pytest.raises(ValueError, match="XML cannot hold"):
        write_message(Element("headline", f"a{letter}b"))
