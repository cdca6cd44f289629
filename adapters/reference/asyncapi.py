"""The topics as an AsyncAPI 3 document with Kafka bindings, from the table.

The application is Faultline: an operation is what one of its flows sends to a topic or receives from it. Who else may
read and write stands beside each channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.records.cloud_events import SEQUENCE_DIGITS
from adapters.kafka.records.marks import MARK
from adapters.kafka.topics.table import all_topics, configuration
from models.contracts.registry import PEOPLE
from models.contracts.topics import RAW_TOPICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.kafka.topics.declaration import Topic

Document = dict[str, Any]

_VERSION: Final = "3.0.0"
_BINDING: Final = "0.5.0"
_TRAIT: Final = "cloud_event"
_UNNUMBERED: Final = "unnumbered_cloud_event"
_NUMBERS: Final = ("retention.ms", "delete.retention.ms", "max.message.bytes")
"""Settings that the binding knows, as numbers; it also knows the cleanup policy."""

_INFO: Final = {
    "title": "Faultline",
    "version": "1.0.0",
    "description": "From meter, SCADA, call and crew events to outages and restorations. Numbers of partitions are the "
    "defaults, and a prefix may stand before every address.",
    "license": {"name": "Apache-2.0"},
}

_CLOUD_EVENT: Final[dict[str, Any]] = {
    "description": "CloudEvents 1.0, Kafka protocol binding, binary mode.",
    "headers": {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {"type": "string", "description": "`event_id` of the record."},
            "ce_type": {"type": "string"},
            "ce_source": {
                "type": "string",
                "format": "uri-reference",
                "description": "`/faultline/<organisation>/<zone_id>/<topic's stem>`, each name percent-encoded.",
            },
            "ce_subject": {"type": "string", "description": "`outage_id` of the record, else its `zone_id`."},
            "ce_time": {"type": "string", "format": "date-time", "description": "`updated_at` of the record."},
            "ce_sequence": {
                "type": "string",
                "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
                "description": "`sequence` of the record in its partition, from 1 without gaps, with leading zeros.",
            },
            "ce_dataschema": {
                "type": "string",
                "pattern": "^urn:faultline:schema:[a-z_]+:[0-9]+$",
                "description": "Name and version of the value's schema. Absent where there is no value.",
            },
            "content-type": {"const": "application/json", "description": "Absent where there is no value."},
        },
    },
}

_ADDED: Final = ("ce_time", "ce_sequence")
_HEADERS: Final[dict[str, Any]] = _CLOUD_EVENT["headers"]
_UNNUMBERED_EVENT: Final = {
    "description": "The same of records that follow from a version of the network alone: without time and number.",
    "headers": {
        "type": "object",
        "required": [name for name in _HEADERS["required"] if name not in _ADDED],
        "properties": {name: rule for name, rule in _HEADERS["properties"].items() if name not in _ADDED}
        | {
            "ce_id": {"type": "string", "description": "`<key>:<network_version>`."},
            "ce_subject": {"type": "string", "description": "The record's key."},
        },
    },
}

_MARK: Final = {
    "summary": "No event, but how far the writer has come: without a key, with an empty value.",
    "contentType": "application/octet-stream",
    "headers": {
        "type": "object",
        "required": [MARK],
        "properties": {
            MARK: {
                "type": "string",
                "pattern": "^(end|[0-9]+)$",
                "description": "Milliseconds before which all has been written to the partition, or its end.",
            }
        },
    },
}


def asyncapi() -> Document:
    """Return the document; payloads refer to the JSON Schemas beside it."""
    return {
        "asyncapi": _VERSION,
        "info": _INFO,
        "defaultContentType": "application/json",
        "channels": {topic.stem: _channel(topic) for topic in all_topics()},
        "operations": {name: operation for topic in all_topics() for name, operation in _operations(topic).items()},
        "components": {"messageTraits": {_TRAIT: _CLOUD_EVENT, _UNNUMBERED: _UNNUMBERED_EVENT}},
    }


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.stem,
        "summary": topic.summary,
        "messages": _messages(topic),
        "bindings": {"kafka": _binding(topic)},
        "x-access": topic.access,
        "x-owner": topic.owner,
        "x-readers": topic.readers,
        "x-writers": topic.writers,
    }


def _binding(topic: Topic) -> Document:
    settings = configuration(topic)
    known: Document = {name: int(settings.pop(name)) for name in _NUMBERS if name in settings}
    known["cleanup.policy"] = [settings.pop("cleanup.policy")]
    return {
        "partitions": topic.partitions,
        "topicConfiguration": known,
        "x-topic-configuration": settings,
        "bindingVersion": _BINDING,
    }


def _messages(topic: Topic) -> Document:
    record = _message(topic, {"$ref": f"schemas/{topic.contract}.schema.json"} if topic.contract else {})
    if not topic.contract:
        record |= {"contentType": "application/octet-stream", "summary": f"{topic.form[0].upper()}{topic.form[1:]}."}
    if topic.stem in RAW_TOPICS:
        return {"record": record, "mark": _MARK}
    if not topic.tombstones:
        return {"record": record}
    gone = _message(topic, {"type": "null"}) | {"summary": "What the key names is gone, or over since long: forget it."}
    return {"record": record, "tombstone": gone}


def _message(topic: Topic, payload: Mapping[str, Any]) -> Document:
    message: Document = {
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": _BINDING}}
    }
    if payload:
        message["payload"] = payload
    if topic.event_type:
        message["traits"] = [{"$ref": f"#/components/messageTraits/{_TRAIT if topic.numbered else _UNNUMBERED}"}]
        message["headers"] = {"type": "object", "properties": {"ce_type": {"const": topic.event_type}}}
    return message


def _operations(topic: Topic) -> Document:
    channel = {"$ref": f"#/channels/{topic.stem}"}
    return {
        f"{flow}.{action}.{topic.stem}": {"action": action, "channel": channel}
        for action, roles in (("receive", topic.readers), ("send", topic.writers))
        for flow in dict.fromkeys(roles)
        if flow not in PEOPLE
    }
