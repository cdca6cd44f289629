"""How a zone stands at a time: what is off normal, which outages are open, who is out by them.

A function of the records up to that time: devices off normal, revisions of outages, entries of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.contracts.outputs.outage import FINAL_STATUSES
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Record = dict[str, Any]


@dataclass(slots=True)
class Standing:
    """A zone at a time (ms)."""

    zone_id: str
    at: int
    network_version: str | None = None
    """Of which the last record is; None before any."""
    off_normal: dict[str, Record] = field(default_factory=dict)
    """Records of what stands otherwise than normally, by element."""
    outages: dict[str, Record] = field(default_factory=dict)
    """The last revision of each outage that is open."""
    out: dict[int, str] = field(default_factory=dict)
    """By stable number the outage by which a usage point is out."""
    changes_since: int = 0
    """Records of what stands otherwise than normally after that time: where only the last ones are kept, what they
    replaced is not known."""


def standing(
    place: tuple[str, int],
    abnormal: Iterable[Mapping[str, Any]],
    revisions: Iterable[Mapping[str, Any]],
    ledger: Iterable[Mapping[str, Any]],
) -> Standing:
    """Read how a zone stands at a time (ms), of records in the order of their topics; those of other zones are left.

    A tombstone need not name its zone.
    """
    found = Standing(*place)
    zone_id, now = found.zone_id, format_time(found.at)

    def mine(records: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        return (one for one in records if one["zone_id"] == zone_id and one["updated_at"] <= now)

    for record in abnormal:
        if "tombstone" not in record and record["zone_id"] != zone_id:
            continue
        if record["updated_at"] > now:
            found.changes_since += 1
            continue
        found.off_normal.pop(record["element_id"], None)
        if "tombstone" not in record:
            found.off_normal[record["element_id"]] = dict(record)
    last = ""
    for record in mine(revisions):
        found.outages.pop(record["outage_id"], None)
        if record["status"] not in FINAL_STATUSES:
            found.outages[record["outage_id"]] = dict(record)
        if record["updated_at"] >= last:
            last, found.network_version = record["updated_at"], record["network_version"]
    for record in mine(ledger):
        _enter(found, record)
    return found


def _enter(found: Standing, record: Mapping[str, Any]) -> None:
    """Take entries of an outage: who is out by it, if it is open."""
    outage_id = record["outage_id"]
    is_open = outage_id in found.outages
    for number, change in zip(record["usage_points"], record["changes"], strict=True):
        if is_open and change == "gained":
            found.out[number] = outage_id
        elif found.out.get(number) == outage_id:
            del found.out[number]
