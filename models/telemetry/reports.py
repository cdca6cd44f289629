"""Reports about devices as `scada.device.events.v1` takes them, with ids that any connector would give them.

An id is a digest of what happened and where, and of nothing that differs between servers of a redundant set, sessions
or connectors: two that see the same change write the same record but for `received_at`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from models.digest import base32, digest
from models.telemetry.readings import UnfitError, nothing_known, read_value
from models.telemetry.source_times import FUTURE_US, TimeSource, When, choose_time, time_note
from models.telemetry.status_codes import CODE_MASK, Trust, is_old, trust_of, without_overflow

if TYPE_CHECKING:
    from models.telemetry.points import Point


class Sample(NamedTuple):
    """A value of a node as it came. Times are microseconds since the epoch, None for none."""

    value: Any
    status: int
    source_time: int | None
    server_time: int | None
    arrival: int


class Report(NamedTuple):
    """A report on its way: the device that is its key, and the bytes."""

    device_id: str
    value: bytes
    time_by: TimeSource = "source"


def event_id(*parts: object) -> str:
    """Name a report by what it says: 26 letters and digits, lower-case base32 of 16 bytes."""
    whole = bytes.fromhex(digest(orjson.dumps([str(part) for part in parts]), size=16))
    return base32(whole)


def report_value(point: Point, sample: Sample, future: int = FUTURE_US) -> Report | None:
    """Report a value; None where it says nothing. Raises `UnfitError` for a value that its point cannot have."""
    trust = trust_of(sample.status)
    if trust.silent:
        return None
    reading = read_value(point, sample.value) if trust.use_value else nothing_known(point)
    if reading is None:
        return None
    when = choose_time(sample.source_time, sample.server_time, sample.arrival, future)
    return _report(point, sample, trust, when, reading)


def report_unfit(point: Point, sample: Sample, error: UnfitError) -> Report | None:
    """Report that nothing is known of a device, as its value has a type or range that its point cannot have."""
    reading = nothing_known(point)
    if reading is None:
        return None
    when = choose_time(sample.source_time, sample.server_time, sample.arrival)
    return _report(
        point, sample, Trust("bad", "telemetered", use_value=False), when, {**reading, "message": str(error)}
    )


def report_gap(endpoint: str, device_id: str, begin: int, end: int, why: str) -> Report:
    """Report that nothing was heard of a device from `begin` to `end`, milliseconds."""
    begin = min(begin, end)
    fields = {
        "event_id": event_id(endpoint, device_id, "gap", begin, end),
        "device_id": device_id,
        "kind": "gap",
        "quality": "good",
        "gap_from": begin,
        "observed_at": end,
        "received_at": end,
        "source": endpoint,
        "message": why,
    }
    return Report(device_id, orjson.dumps(fields))


def _report(point: Point, sample: Sample, trust: Trust, when: When, reading: dict[str, Any]) -> Report:
    status = without_overflow(sample.status)
    fields: dict[str, Any] = {
        "event_id": event_id(point.endpoint, point.node_id, when.at, status & CODE_MASK, sample.value),
        "device_id": point.device_id,
        "kind": point.kind,
        "quality": trust.quality,
        "observed_at": when.milliseconds,
        "received_at": sample.arrival // 1000,
        "source": point.endpoint,
        "node_id": point.node_id,
        "status_code": status,
        **reading,
    }
    if trust.origin != "telemetered":
        fields["origin"] = trust.origin
    if point.phases is not None:
        fields["phases"] = point.phases
    notes = [time_note(when, sample.source_time), "the value is an old one" if is_old(sample.status) else None]
    if notes := [note for note in notes if note]:
        fields["message"] = "; ".join([*notes, *([fields["message"]] if "message" in fields else [])])
    return Report(point.device_id, orjson.dumps(fields), when.by)
