"""Files for partners: ODIN's names in JSON and CSV, and XML of its profile of IEC 61968-3 (`PubOutages`).

The same outages give the same bytes. Times are UTC; what is not known is left out of XML and JSON, and empty in CSV.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Outages = Sequence[Mapping[str, Any]]

NAMESPACE: Final = "http://iec.ch/TC57/2014/PubOutages#"
"""Of the messages that ODIN serves."""
OUTAGE: Final = (
    *("m_rid", "community_descriptor", "cause", "customers_restored", "meters_affected", "original_customers_served"),
    *("original_meters_affected", "outage_kind", "reported_start_time", "status_kind", "utility_disclaimer"),
)
"""Native fields of an outage, in the profile's order."""
TIMES: Final = ("actual_end", "planned_start", "planned_end", "estimated_restoration_time")
AREA: Final = (
    *("outage_area_kind", "community_descriptor", "outages", "meters_affected", "meters_served"),
    *("earliest_reported_time", "estimated_restoration_time"),
)
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}


def odin_name(name: str) -> str:
    """`meters_affected` is `metersAffected` there, and `m_rid` `mRID`."""
    if name == "m_rid":
        return "mRID"
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def write_json(rows: Outages, under: str, organisation: str, at: str) -> bytes:
    """All rows under a name, with whose they are and as of when."""
    whole = {"utilityName": organisation, "asOf": at, under: [_renamed(row) for row in rows]}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _renamed(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {odin_name(name): value for name, value in row.items() if value is not None and name != "outage_id"}
    if "areas" in row:
        said["outageArea"] = [_renamed(area) for area in row["areas"]]
        del said["areas"]
    return said


def csv_table(rows: Outages, names: Sequence[str]) -> Iterator[list[str]]:
    """The rows of a CSV file, the names first; what a spreadsheet takes for a formula gets an apostrophe."""
    yield [odin_name(name) for name in names]
    for row in rows:
        yield [_cell(row[name]) for name in names]


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def write_xml(outages: Outages, organisation: str) -> bytes:
    """One message with all outages; what XML cannot hold is a replacement character."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<PubOutages xmlns="{NAMESPACE}">']
    for outage in outages:
        lines += ["  <Outage>", *_outage(outage, organisation), "  </Outage>"]
    return ("\n".join([*lines, "</PubOutages>"]) + "\n").encode()


def _outage(outage: Mapping[str, Any], organisation: str) -> Iterator[str]:
    for name in OUTAGE:
        yield from _element(odin_name(name), outage[name], 4)
    yield from _group("actualPeriod", [("start", outage["reported_start_time"]), ("end", outage["actual_end"])])
    yield from _group("estimatedPeriod", [("start", outage["planned_start"]), ("end", outage["planned_end"])])
    yield from _group("EstimatedRestorationTime", [("ert", outage["estimated_restoration_time"])])
    yield "    <Names>"
    yield from _element("name", organisation, 6)
    yield from _group("NameType", [("name", "UtilityName")], 6)
    yield "    </Names>"
    for area in outage["areas"]:
        fields = [("metersServed", area["meters_served"]), ("outageAreaKind", area["outage_area_kind"])]
        yield from _group("OutageArea", [("communityDescriptor", area["community_descriptor"]), *fields])


def _group(name: str, fields: Sequence[tuple[str, object]], indent: int = 4) -> Iterator[str]:
    inner = [line for field, value in fields for line in _element(field, value, indent + 2)]
    if inner:
        yield from (f"{' ' * indent}<{name}>", *inner, f"{' ' * indent}</{name}>")


def _element(name: str, value: object, indent: int) -> Iterator[str]:
    if value is not None:
        text = _NOT_XML.sub("\ufffd", str(value)).translate(_ESCAPES)
        yield f"{' ' * indent}<{name}>{text}</{name}>"
