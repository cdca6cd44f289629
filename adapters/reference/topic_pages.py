"""The topics as documents: the AsyncAPI document for programs and one page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from adapters.kafka.records.marks import MARK
from adapters.kafka.topics.declaration import EVIDENCE_PARTITIONS, RAW_PARTITIONS
from adapters.kafka.topics.table import all_topics
from adapters.reference.asyncapi import asyncapi

if TYPE_CHECKING:
    from adapters.kafka.topics.declaration import Topic

_HOUR: Final = 3_600_000
_KIB: Final = 1 << 10
_COLUMNS: Final = (
    "topic",
    "what",
    "key",
    "value",
    "CloudEvents type",
    "partitions",
    "kept",
    "timestamp",
    "largest",
    "access",
    "written by",
    "read by",
)

_HEAD: Final = f"""# Topics

Every topic on Kafka, generated from the code by `make reference`; [asyncapi.json](asyncapi.json) says the same to
programs. `faultline topics create` makes them, `faultline topics check` tells every difference. A prefix may stand
before every name.

Partitions are `raw` (default {RAW_PARTITIONS}) or `evidence` (default {EVIDENCE_PARTITIONS}): as many as asked
for of the raw topics, or of the evidence log. What the outages flow writes stands in the partition of the evidence that
it comes from.

Who: `sources` bring events in, `ingest` and `outages` are the flows, `consumers` are consoles, alerts, analytics and
whoever else reads, `operators` are people at a terminal. A flow reads what it writes, to continue where it ended. Of
several writers the first is the owner; operators add what they send again, and control records.

Access: `public` may be read by anybody. `internal` is for who has to do with outages: no names, contacts, words of
people or facts of health are in it, but ids of customers, which are personal data all the same. `restricted` holds such
things, or may: dead letters are whatever a sender took for a record. Give it to few.

Topics into which files are played (`--played`) take the writer's time and forget nothing by age: such times may be
years back. There the writer also says how far it is: a mark is a record without a key, with an empty value and the
header `{MARK}`, which is `end` or the time in milliseconds before which all has been written.

Records with a CloudEvents type are CloudEvents 1.0 in binary mode. Their headers are `ce_specversion`, `ce_id` (the
record's `event_id`), `ce_type`, `ce_source` (`/faultline/<organisation>/<zone_id>/<topic's stem>`, percent-encoded;
with the id it names the event), `ce_subject` (the outage, else the zone), `ce_time` (`updated_at`), `ce_sequence`
(`sequence` in 19 digits), `ce_dataschema` (`urn:faultline:schema:<name>:<version>`, of [schemas/](schemas/)) and
`content-type`; a tombstone lacks the last two.

The outages flow writes in transactions, so that only one process can write a partition: read with
`isolation.level=read_committed` (the default of librdkafka, not of Java's client), and expect gaps between offsets.
"""


def topic_pages() -> dict[str, str]:
    """Return the text of each file below `docs/reference/`, by its path there."""
    style = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    lines = [
        _HEAD,
        _line(_COLUMNS),
        "|" + "---|" * len(_COLUMNS),
        *(_line(_cells(topic)) for topic in all_topics()),
        "",
    ]
    return {"asyncapi.json": orjson.dumps(asyncapi(), option=style).decode(), "topics.md": "\n".join(lines)}


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(topic: Topic) -> tuple[str, ...]:
    return (
        f"`{topic.stem}`",
        topic.summary,
        topic.key,
        f"[{topic.contract}](schemas/{topic.contract}.schema.json)" if topic.contract else topic.form,
        f"`{topic.event_type}`" if topic.event_type else "",
        topic.rule,
        _kept(topic),
        topic.timestamp,
        f"{topic.largest_message // _KIB:,} KiB",
        topic.access,
        ", ".join(topic.writers),
        ", ".join(topic.readers),
    )


def _kept(topic: Topic) -> str:
    days, hours = divmod(topic.retention_ms // _HOUR, 24)
    span = f"{hours} hours" if not days else f"{days} day{'s' * (days > 1)}"
    return f"the last record of each key; tombstones {span}" if topic.cleanup == "compact" else span
