"""The documents about topics: current, and true where a program can tell."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.kafka.records.cloud_events import headers, unnumbered_headers
from adapters.kafka.records.marks import mark_headers
from adapters.kafka.records.networks.network_states import DEVICES, ZONES
from adapters.kafka.topics.declaration import Topic
from adapters.kafka.topics.table import all_topics, configuration
from adapters.reference.asyncapi import asyncapi
from adapters.reference.topic_pages import topic_pages
from models.contracts.registry import output_of
from models.contracts.topics import RAW_TOPICS
from models.evidence.batch import END_OF_LOG

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
DOCUMENT: dict[str, Any] = orjson.loads(orjson.dumps(asyncapi()))
RECORD = {
    "event_id": "a:1",
    "outage_id": "a",
    "command_id": "a",
    "element_id": "a",
    "backfeed_id": "a",
    "zone_id": "north",
    "evidence_partition": 0,
    "sequence": 1,
    "updated_at": "2026-07-01T18:08:00.000Z",
}


def test_the_committed_pages_are_what_the_table_says() -> None:
    stale = [path for path, text in topic_pages().items() if (REFERENCE / path).read_text("utf-8") != text]
    assert stale == [], "run `make reference`"


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for part in node for found in references(part)]
    if isinstance(node, dict):
        return [node["$ref"]] if "$ref" in node else [found for part in node.values() for found in references(part)]
    return []


def test_every_reference_leads_somewhere() -> None:
    found = references(DOCUMENT)
    assert found
    for reference in found:
        file, _, place = reference.partition("#/")
        node = orjson.loads((REFERENCE / file).read_bytes()) if file else DOCUMENT
        for name in filter(None, place.split("/")):
            node = node[name]


def written_headers(topic: Topic, *, gone: bool) -> list[tuple[str, str]]:
    if topic.numbered:
        record = RECORD | ({"tombstone": True} if gone else {})
        found = headers(output_of(topic.stem), record, "city")
    else:
        kind = next(one for one in (DEVICES, ZONES) if one.topic == topic.stem)
        found = unnumbered_headers(kind, ("a:version", "a"), ("city", "north"), gone=gone)
    return [(name, value.decode()) for name, value in found]


@pytest.mark.parametrize("topic", [topic for topic in all_topics() if topic.event_type], ids=lambda topic: topic.stem)
def test_events_bear_the_headers_that_the_document_promises(topic: Topic) -> None:
    assert topic.event_type is not None
    messages = DOCUMENT["channels"][topic.stem]["messages"]
    (trait,) = {message["traits"][0]["$ref"] for message in messages.values()}
    promised = DOCUMENT["components"]["messageTraits"][trait.rpartition("/")[2]]["headers"]
    for name, message in messages.items():
        written = dict(written_headers(topic, gone=name == "tombstone"))
        own = message["headers"]["properties"]
        assert set(promised["required"]) <= written.keys() <= promised["properties"].keys()
        assert ("content-type" in written) == (message["payload"] != {"type": "null"})
        for header, value in written.items():
            rule = promised["properties"][header] | own.get(header, {})
            assert rule.get("const", value) == value
            assert re.search(rule.get("pattern", ""), value)


@pytest.mark.parametrize("before", [1, 1_782_929_045_250, END_OF_LOG])
def test_marks_bear_the_header_that_the_document_promises(before: int) -> None:
    for stem in RAW_TOPICS:
        promised = DOCUMENT["channels"][stem]["messages"]["mark"]["headers"]
        ((name, value),) = mark_headers(before)
        assert promised["required"] == [name]
        assert isinstance(value, bytes)
        assert re.search(promised["properties"][name]["pattern"], value.decode())


def test_bindings_and_their_further_settings_are_the_whole_configuration() -> None:
    for topic in all_topics():
        binding = DOCUMENT["channels"][topic.stem]["bindings"]["kafka"]
        known = {
            name: ",".join(value) if isinstance(value, list) else str(value)
            for name, value in binding["topicConfiguration"].items()
        }
        assert known | binding["x-topic-configuration"] == configuration(topic)
