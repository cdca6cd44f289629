"""CloudEvents 1.0 about the records that Faultline writes: the Kafka protocol binding in binary mode.

The attributes stand in the record's headers, the value is the record itself and nothing else. A record without a value,
a tombstone, is an event without data. An event of the current state has the id of the life cycle's that it repeats; the
topic's stem in the source keeps the two apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.contracts.registry import Output

SEQUENCE_DIGITS: Final = 19
"""Those of the largest signed number of 64 bits: the sequence extension wants text that sorts, so zeros lead."""

Header = tuple[str, bytes]

_JSON: Final[Header] = ("content-type", b"application/json")
_ZONES: Final = 1 << 14
"""Zones whose source is kept; a substation's area each, so a large utility has some thousand."""


def headers(output: Output, record: Mapping[str, Any], organisation: str, zone_id: str | None = None) -> list[Header]:
    """Return the headers of a record, or of a tombstone: a record that says `tombstone`.

    `zone_id` is for records that do not name their zone; where there is none the subject stands in its place.
    """
    subject = str(record[output.key])
    buried = "tombstone" in record
    event_id = f"{subject}:{record['updated_at']}:tombstone" if buried else record["event_id"]
    written = [
        *_of_the_zone(output.event_type, stem(output.topic), organisation, zone_id or record.get("zone_id") or subject),
        ("ce_id", event_id.encode()),
        ("ce_subject", subject.encode()),
        ("ce_time", record["updated_at"].encode()),
        ("ce_sequence", b"%0*d" % (SEQUENCE_DIGITS, record["sequence"])),
    ]
    if not buried:
        written += _JSON, ("ce_dataschema", data_schema(output).encode())
    return written


class Kind(NamedTuple):
    """What a record without a number is."""

    topic: str
    """By its stem."""
    event_type: str
    contract: str
    """By the name of its schema."""


def unnumbered_headers(kind: Kind, about: tuple[str, str], whose: tuple[str, str], *, gone: bool) -> list[Header]:
    """Return the headers of a record without a number, whose time is nobody's: `about` are its id and its subject.

    `whose` are organisation and zone.
    """
    (event_id, subject), (organisation, zone_id) = about, whose
    written = [
        *_of_the_zone(kind.event_type, stem(kind.topic), organisation, zone_id),
        ("ce_id", f"{event_id}{':tombstone' if gone else ''}".encode()),
        ("ce_subject", subject.encode()),
    ]
    return written if gone else [*written, _JSON, ("ce_dataschema", schema_name(kind.contract).encode())]


def stem(topic: str) -> str:
    """Give what a topic is about: its name without the kind of record and the version."""
    return ".".join(topic.split(".")[:2])


def data_schema(output: Output) -> str:
    """Give the name of the schema that an output's values follow: `docs/reference/schemas/<name>.schema.json`."""
    return schema_name(output.contract.name)


def schema_name(contract: str) -> str:
    """Give the name of a contract's schema."""
    return f"urn:faultline:schema:{contract}:1"


@lru_cache(_ZONES)
def _of_the_zone(kind: str, about: str, organisation: str, zone_id: str) -> tuple[Header, ...]:
    source = f"/faultline/{quote(organisation, safe='')}/{quote(zone_id, safe='')}/{quote(about, safe='')}"
    return ("ce_specversion", b"1.0"), ("ce_type", kind.encode()), ("ce_source", source.encode())
