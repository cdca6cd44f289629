"""An Atom feed (RFC 4287) of warnings: the message of each alert that holds, or that ended less than a day ago."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from adapters.cap.reading import parse_message
from models.alerts.values import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ATOM: Final = "http://www.w3.org/2005/Atom"
KEPT_SECONDS: Final = 86_400
"""So long after its end an alert stays in the feed: who looks in between is to hear of the all-clear."""


def standing(records: Iterable[Mapping[str, Any]], now: int) -> list[Mapping[str, Any]]:
    """Give the last message of each alert that goes on, or ended less than a day before (seconds), the newest first."""
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    opened: dict[str, str] = {}
    for record in records:
        area = record["area_id"]
        first = opened.setdefault(area, record["identifier"])
        last[area, first] = record
        if record["over"]:
            del opened[area]
    kept = [one for one in last.values() if not one["over"] or parse_time(one["sent"]) > now - KEPT_SECONDS]
    return sorted(kept, key=lambda one: (-parse_time(one["sent"]), one["identifier"]))


def write_feed(records: Sequence[Mapping[str, Any]], sender: str, sender_name: str, now: str) -> bytes:
    """Write the feed of some messages, which lie beside it as `<identifier>.xml`; `now` as Atom has times."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed")
    _add(feed, "id", f"urn:faultline:alerts:{sender}")
    _add(feed, "title", f"Warnings of {sender_name}")
    _add(feed, "updated", now)
    _add(_add(feed, "author"), "name", sender_name)
    for record in records:
        entry = _add(feed, "entry")
        _add(entry, "id", f"urn:faultline:alert:{record['identifier']}")
        _add(entry, "title", _headline(record))
        _add(entry, "updated", record["sent"])
        _add(entry, "link").attrib |= {"href": f"{record['identifier']}.xml", "type": "application/cap+xml"}
    ET.indent(feed)
    whole: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return whole + b"\n"


def _headline(record: Mapping[str, Any]) -> str:
    """In the first language; a Cancel has no words of its own."""
    info = parse_message(record["xml"].encode()).first("info")
    return f"Cancelled: {record['area_id']}" if info is None else info.value("headline")


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = text
    return element
