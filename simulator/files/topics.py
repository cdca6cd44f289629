"""The topic files: reports, operations and work become the lines that head-ends and control rooms would have sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

from models.columns.packed_text import PackedText
from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, SCADA_EVENTS, WORK_EVENTS
from models.evidence.kinds import EVIDENCE_KINDS, INSTALLED
from models.times.iso8601 import format_time
from simulator.course import NONE
from simulator.files.lines import chosen, iso_times, json_texts, numbered, optional, write_lines
from simulator.telemetry.callers import CHANNELS
from simulator.telemetry.fleet import SOURCES
from simulator.telemetry.works import work_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from models.network.network import Network
    from simulator.files.lines import Part
    from simulator.telemetry.callers import Calls
    from simulator.telemetry.crews import CrewReport
    from simulator.telemetry.devices import DeviceReport
    from simulator.telemetry.fleet import Fleet
    from simulator.telemetry.reports import Reports
    from simulator.telemetry.works import WorkReport


def write_meters(folder: Path, network: Network, meters: Fleet, reports: Reports) -> None:
    """Write the meters' topic; each meter has the id of the tables, and a new one a new id."""
    started = reports.outage_started_at
    meter = reports.point if meters.meter_of is None else meters.meter_of[reports.point]
    new = np.flatnonzero(reports.kind == INSTALLED)
    new_ids = PackedText.of([f"{meter}-2" for meter in network.meter_ids.take(meter[new])])
    new_row = np.full(len(reports), NONE, np.int32)
    new_row[new] = np.arange(len(new))
    parts: list[Part] = [
        b'{"event_id":"',
        numbered("ami-"),
        b'","kind":"',
        chosen(EVIDENCE_KINDS, reports.kind),
        b'","meter_id":',
        json_texts(network.meter_ids, np.where(new_row == NONE, meter, NONE)),
        json_texts(new_ids, new_row),
        b',"observed_at":"',
        iso_times(reports.observed_at),
        optional(b'","outage_started_at":"', iso_times(started), started > 0, b""),
        b'","received_at":"',
        iso_times(reports.received_at),
        b'","source":"',
        chosen(SOURCES, meters.source[reports.point]),
        b'"}',
    ]
    with (folder / f"{METER_EVENTS}.jsonl").open("wb") as stream:
        write_lines(stream, parts, len(reports))


def write_calls(folder: Path, network: Network, calls: Calls) -> None:
    """Write the customers' topic; a call names its usage point or the account."""
    reports = calls.reports
    account = np.where(calls.by_account, network.account[reports.point], NONE)
    parts: list[Part] = [
        b"{",
        optional(b'"account_id":', json_texts(network.account_ids, account), calls.by_account, b","),
        b'"channel":"',
        chosen(CHANNELS, calls.channel),
        b'","event_id":"',
        numbered("call-"),
        b'","kind":"',
        chosen(EVIDENCE_KINDS, reports.kind),
        b'","observed_at":"',
        iso_times(reports.observed_at),
        b'","received_at":"',
        iso_times(reports.received_at),
        b'"',
        optional(b',"usage_point_id":', json_texts(network.point_ids, reports.point), ~calls.by_account, b""),
        b"}",
    ]
    with (folder / f"{CALL_EVENTS}.jsonl").open("wb") as stream:
        write_lines(stream, parts, len(reports))


def write_scada(folder: Path, network: Network, reports: Iterable[DeviceReport]) -> None:
    """Write the control centre's topic."""
    events = [
        {
            "device_id": network.device_ids[report.device],
            "kind": "alarm" if report.position is None else "position",
            "source": "scada",
            **_given(report, ("position", "quality", "condition_type", "active", "severity", "message")),
            **_times(report),
        }
        for report in reports
    ]
    _write_events(folder / f"{SCADA_EVENTS}.jsonl", "scada", events)


def write_crews(folder: Path, network: Network, reports: Iterable[CrewReport]) -> None:
    """Write the crews' topic."""
    events: list[dict[str, object]] = []
    for report in reports:
        event: dict[str, object] = {"crew_id": f"crew-{report.crew:03d}", "kind": report.kind, "status": report.status}
        event |= _times(report) | ({} if report.cause_code is None else {"cause_code": report.cause_code})
        devices = (report.device, report.open_device, report.found_device)
        for name, device in zip(("device_id", "open_device_id", "found_device_id"), devices, strict=True):
            if device != NONE:
                event[name] = network.device_ids[device]
        events.append(event)
    _write_events(folder / f"{CREW_EVENTS}.jsonl", "crew", events)


def write_works(folder: Path, network: Network, reports: Iterable[WorkReport]) -> None:
    """Write the planning's topic."""
    with (folder / f"{WORK_EVENTS}.jsonl").open("wb") as stream:
        for report in reports:
            event = {
                "work_id": work_id(report.fault),
                "device_id": network.device_ids[report.device],
                "kind": report.kind,
                "status": report.status,
                "planned_from": format_time(report.planned_from),
                "planned_to": format_time(report.planned_to),
                **_times(report),
            }
            stream.write(orjson.dumps(event, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))


def _given(report: DeviceReport, names: Iterable[str]) -> dict[str, object]:
    return {name: getattr(report, name) for name in names if getattr(report, name) is not None}


def _times(report: DeviceReport | CrewReport | WorkReport) -> dict[str, str]:
    return {"observed_at": format_time(report.observed_at), "received_at": format_time(report.received_at)}


def _write_events(path: Path, prefix: str, events: Iterable[dict[str, object]]) -> None:
    with path.open("wb") as stream:
        for number, event in enumerate(events):
            whole = {"event_id": f"{prefix}-{number:08d}", **event}
            stream.write(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
