"""Templates stay in their sandbox, and texts are what XML and the standard can hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts.element import Element
from models.alerts.issuing.texts import LENGTHS, about, plain, render
from models.alerts.writing import write_message
from models.messages.templates import compile_template


@pytest.mark.parametrize(
    "template",
    [
        "{{ missing }}",
        "{{ area.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ range(10) }}",
        "{{ 1 // 0 }}",
        "{{ area.format(1) if area.pop() else 1 }}",
        "{% if false %}nothing{% endif %}",
    ],
)
def test_a_template_that_fails_says_why(template: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        render(compile_template(template), {"area": "Nord"}, "headline")


@pytest.mark.parametrize("template", ["{{ area", "{% for %}", "{{ area | nofilter }}", "x" * 5000])
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"is no template|are the most"):
        compile_template(template)


@given(st.text(max_size=400))
def test_any_value_fits_into_a_headline(area: str) -> None:
    text = render(compile_template("In {{ area }}"), {"area": area}, "headline")
    assert len(text) <= LENGTHS["headline"]
    write_message(Element("headline", text))


def test_texts_are_cut_at_a_word() -> None:
    assert plain("one two three", 9) == "one two…"
    assert plain("x" * 20, 10) == "x" * 9 + "…"
    assert plain(" a\x00\x0bb \ud800", 10) == "ab"


@pytest.mark.parametrize(
    ("customers", "text"),
    [
        (0, "fewer than 20"),
        (19, "fewer than 20"),
        (44, "44"),
        (996, "1,000"),
        (12_345, "12,000"),
        (999_999, "1,000,000"),
    ],
)
def test_numbers_are_rounded_to_two_digits(customers: int, text: str) -> None:
    assert about(customers) == text
