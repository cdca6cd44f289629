"""A timeline is one well-formed file in which later is further right, and nothing from a name becomes markup."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from adapters.report.timeline import LEFT, WIDTH, Bar, Lane, Mark, Note, draw_timeline

MOMENTS = st.lists(st.integers(1_700_000_000_000, 1_700_090_000_000), min_size=1, max_size=12)
NAMES = st.text("<&\">'ab", max_size=5)
SVG = "{http://www.w3.org/2000/svg}"


@given(MOMENTS, NAMES)
def test_later_is_further_right(moments: list[int], name: str) -> None:
    bars = [Bar(at, at + 1000, "bar", name) for at in moments]
    lanes = [Lane(name, bars, [Mark(at, "open", name) for at in moments])]
    drawn = ET.fromstring(draw_timeline(name, name, lanes, [Note(moments[0], name)]))  # noqa: S314 (we wrote it)
    across = [float(rect.attrib["x"]) for rect in drawn.iter(f"{SVG}rect") if rect.get("class") == "bar"]
    pairs = sorted(zip(moments, across, strict=True))
    assert all(a <= b for (_, a), (_, b) in pairwise(pairs))
    assert all(LEFT <= x <= WIDTH for x in across)
    assert {title.text or "" for title in drawn.iter(f"{SVG}title")} == {name}
    assert len(list(drawn.iter(f"{SVG}polygon"))) == len(moments)


def test_a_picture_of_nothing_is_a_picture() -> None:
    assert ET.fromstring(draw_timeline("", "", [], [])).tag == f"{SVG}svg"  # noqa: S314
