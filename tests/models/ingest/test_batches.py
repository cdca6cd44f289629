"""How lines are cut into batches does not matter, and a plain reading of the rules, line by line, says the same."""

import json
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.meter import MeterEvent
from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, SCADA_EVENTS
from models.decoding.validation import Refused, validate
from models.evidence.kinds import EVIDENCE_KINDS
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from models.times.iso8601 import format_time

DAY = 86_400_000
MINUTE = 60_000
START = 1_782_900_000_000
METERS = {"Zähler-0": 0, "meter-1": 1, "meter-2": 2, "meter-3": 3, "meter-4": 4}


class Row(NamedTuple):
    """A row as the plain reading has it."""

    log_time: int
    offset: int
    point: int
    kind: str
    observed_at: int
    outage_started_at: int
    received_at: int


class PlainReading:
    """The rules of meter events, one line after the other; whoever is asked about a leap is asked over all lines."""

    def __init__(self, lines: list[bytes]) -> None:
        self.log_time = 0
        self.rows: list[Row] = []
        self.refused: list[tuple[int, str]] = []
        self.read = self.unused = 0
        self.events = [self.event(line) for line in lines]
        for offset, line in enumerate(lines):
            self.take(offset, line)

    def event(self, line: bytes) -> MeterEvent | str:
        try:
            return validate(MeterEvent, self.payload(line))
        except Refused as refused:
            return refused.reason.disposition

    def take(self, offset: int, line: bytes) -> None:
        if not line.strip():
            return
        self.read += 1
        event = self.events[offset]
        disposition = event if isinstance(event, str) else self.disposition(offset, event)
        if isinstance(event, str) or disposition:
            self.refused.append((offset, disposition or ""))
            return
        self.log_time = max(self.log_time, event.received_at)
        if event.meter_id not in METERS:
            self.unused += 1
            return
        started = event.outage_started_at if event.kind == "power_restored" else None
        point = METERS[event.meter_id]
        self.rows.append(
            Row(self.log_time, offset, point, event.kind, event.observed_at, started or 0, event.received_at)
        )

    def leap_is_lonely(self, offset: int, received: int) -> bool:
        near = self.events[offset + 1 : offset + 101]
        sound = [event for event in near if isinstance(event, MeterEvent)][:8]
        agreed = [-DAY <= event.received_at - received <= 31 * DAY for event in sound]
        if self.log_time and received > self.log_time + 31 * DAY:
            return agreed.count(True) <= agreed.count(False)
        return agreed.count(True) < agreed.count(False)

    @staticmethod
    def payload(line: bytes) -> bytes:
        try:
            record = json.loads(line)
        except ValueError:
            return line
        if isinstance(record, dict) and "payload" in record and "event_id" not in record:
            payload = record["payload"]
            return (payload if isinstance(payload, str) else json.dumps(payload)).encode()
        return line

    def disposition(self, offset: int, event: MeterEvent) -> str | None:
        if self.log_time and self.log_time - event.received_at > 7 * DAY:
            return "late"
        leaps = not self.log_time or event.received_at - self.log_time > DAY
        if leaps and self.leap_is_lonely(offset, event.received_at):
            return "future-time"
        if event.meter_id not in METERS and event.kind not in {"installed", "removed"}:
            return "unknown-usage-point"
        return None


def spell(draw: st.DrawFn, at: int) -> str | int:
    spellings: list[str | int] = [at, format_time(at), format_time(at).replace("Z", "+00:00")]
    return draw(st.sampled_from(spellings))


@st.composite
def meter_lines(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(["last_gasp", "power_restored", "installed", "removed"]))
    received = START + draw(
        st.integers(0, 60)
        | st.sampled_from(
            [DAY, DAY + 1, 2 * DAY, 31 * DAY, 31 * DAY + 1, 32 * DAY + 1, 100 * DAY, -START, -DAY, -32 * DAY]
        )
    )
    observed = received + draw(st.integers(-60, 0) | st.sampled_from([5 * MINUTE, -7 * DAY, -7 * DAY - 1, -START]))
    event: dict[str, Any] = {
        "event_id": "e",
        "meter_id": draw(st.sampled_from([*METERS, "", "meter-9"])),
        "kind": kind,
        "observed_at": spell(draw, observed),
        "received_at": spell(draw, received),
        "source": "mesh",
    }
    if draw(st.booleans()):
        event["outage_started_at"] = draw(st.sampled_from([None, START - 1, "2026-06-30T00:00:00", format_time(START)]))
    text = json.dumps(event, ensure_ascii=draw(st.booleans()))
    form = draw(st.sampled_from(["event"] * 6 + ["text", "object", "blank", "cut", "wrong", "array"]))
    forms: dict[str, Any] = {
        "event": text,
        "text": json.dumps({"topic": METER_EVENTS, "payload": text}),
        "object": json.dumps({"payload": event, "kind": 1}),
        "blank": draw(st.sampled_from(["", " ", "\r"])),
        "cut": text[:40],
        "wrong": json.dumps({**event, "voltage": "high"}),
        "array": f"[{text}]",
    }
    return str(forms[form]).encode()


def read_in_batches(ingest: OriginReader, lines: list[bytes], cuts: list[int]) -> dict[str, Any]:
    """Read lines cut at the given places and join what comes out."""
    borders = [0, *sorted(cuts), len(lines)]
    origin = FileOrigin(ingest)
    columns: dict[str, list[Any]] = {}
    result: dict[str, Any] = {"letters": [], "deferred": [], "crew": [], "read": 0, "refused": 0, "unused": 0}
    log_time = 0
    for start, end in pairwise(borders):
        ingested = origin.take(lines[start:end], last=end == len(lines))
        batch = ingested.batch
        for rows in (batch.points, batch.devices):
            for name in rows.__slots__ if rows else ():
                columns.setdefault(name, []).append(getattr(rows, name))
        result["letters"] += ingested.dead_letters
        result["deferred"] += batch.deferred
        result["crew"] += batch.crew
        for count in ("read", "refused", "unused"):
            result[count] += getattr(batch, count)
        assert batch.watermark == batch.last_log_time >= log_time
        log_time = batch.last_log_time
    result["log_time"] = log_time
    result["columns"] = {name: np.concatenate(parts).tolist() for name, parts in columns.items()}
    return result


@given(st.lists(meter_lines(), min_size=1, max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_meters_read_as_the_rules_say_however_they_are_cut(
    network: Network, lines: list[bytes], cuts: list[int]
) -> None:
    plain = PlainReading(lines)
    read = read_in_batches(OriginReader(network, METER_EVENTS), lines, [min(cut, len(lines)) for cut in cuts])
    columns = read["columns"]
    columns["kind"] = [EVIDENCE_KINDS[code] for code in columns["kind"]]
    assert [Row(*row) for row in zip(*(columns[name] for name in Row._fields), strict=True)] == plain.rows
    assert [(letter.offset, letter.disposition) for letter in read["letters"]] == plain.refused
    assert (read["read"], read["refused"], read["unused"]) == (plain.read, len(plain.refused), plain.unused)
    assert read["log_time"] == plain.log_time


ODD_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", 0, 1.5, True, [], "breaker", "point-1", "account-1", "open", "position", "soon"]
)
USUAL = {
    SCADA_EVENTS: {
        "device_id": "breaker",
        "kind": "position",
        "position": "open",
        "quality": "good",
        "source": "scada",
    },
    CALL_EVENTS: {"account_id": "account-1", "kind": "no_power", "channel": "web"},
    CREW_EVENTS: {"crew_id": "crew-1", "status": "on_site", "device_id": "transformer"},
}
OPTIONAL = [
    "usage_point_id",
    "found_device_id",
    "open_device_id",
    "eta",
    "severity",
    "note",
    "phases",
    "skills",
    "payload",
]


@st.composite
def other_lines(draw: st.DrawFn, topic: str) -> bytes:
    received = START + draw(st.integers(0, 60) | st.sampled_from([31 * DAY + 61]))
    event = {"event_id": "e", **USUAL[topic], "observed_at": received - 5, "received_at": format_time(received)}
    event |= draw(st.dictionaries(st.sampled_from([*event, *OPTIONAL]), ODD_VALUES, max_size=1))
    return draw(st.sampled_from([json.dumps(event).encode()] * 9 + [b"", b"\x00\xff"]))


@given(st.data(), st.sampled_from(sorted(USUAL)))
def test_other_topics_read_alike_however_they_are_cut(network: Network, data: st.DataObject, topic: str) -> None:
    lines = data.draw(st.lists(other_lines(topic), min_size=1, max_size=12))
    cuts = data.draw(st.lists(st.integers(0, len(lines)), max_size=4))
    ingest = OriginReader(network, topic)
    alone = read_in_batches(ingest, lines, list(range(1, len(lines))))
    assert read_in_batches(ingest, lines, cuts) == alone
    offsets = {letter.offset for letter in alone["letters"]} | {late.offset for late in alone["deferred"]}
    offsets |= set(alone["columns"].get("offset", [])) | {row.offset for row in alone["crew"]}
    assert offsets == {offset for offset, line in enumerate(lines) if line.strip()}
