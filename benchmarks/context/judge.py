"""What the records of a replay say of crews, plans and places, against the input, by rules written once more.

A record stands for what was known at its instant: the crews' reports and the announcements that had come in before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import orjson

from models.alerts.issuing.areas import Areas
from models.alerts.issuing.book import Revision
from models.alerts.issuing.issuer import Issuer
from models.alerts.issuing.policy import AlertPolicy
from models.contracts.topics import CREW_EVENTS, OUTAGE_LIFECYCLE
from models.timeline.moment import Followed
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from models.network.network import Network

HOURS: Final = 3_600_000
SENT_BEFORE: Final = 12 * HOURS
"""A crew that was sent to a device so long before an outage began there has to do with it."""
OTHERS: Final = 40
"""Outages that are no planned ones and are given to the alerts too, so that there is something to warn of."""
NOWHERE: Final = "available"
Record = dict[str, Any]
CrewFacts = tuple[str | None, str, str]
"""Kind, status, since when."""


@dataclass(slots=True)
class Findings:
    """Counts of records and outages, and the ids of outages with which something is wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, what: str, outage_id: str) -> None:
        """Something is not as the input has it."""
        self.wrong[what].append(outage_id)


class Crews:
    """The crews' reports as they came in, by device."""

    def __init__(self, reports: Sequence[Record]) -> None:
        """`reports` stand in the order of their file."""
        received = [parse_time(report["received_at"]) for report in reports]
        log_time = list(accumulate(received, max))
        self._by_crew: dict[str, list[tuple[int, int, Record]]] = defaultdict(list)
        self._at_device: dict[str, set[str]] = defaultdict(set)
        for at, report in zip(log_time, reports, strict=True):
            self._by_crew[report["crew_id"]].append((at, parse_time(report["observed_at"]), report))
            self._at_device[_device(report)].add(report["crew_id"])

    def at(self, record: Record) -> dict[str, CrewFacts]:
        """Give the crews that a record should have."""
        if record["device_kind"] == "service":
            return {}
        now, started_at = parse_time(record["updated_at"]), parse_time(record["started_at"])
        devices = {record["device_id"], *record["equivalent_device_ids"]}
        found = {}
        for crew_id in sorted(set().union(*(self._at_device[device] for device in devices))):
            heard = self._by_crew[crew_id]
            known = heard[: bisect_left(heard, now, key=lambda one: one[0])]
            if not known:
                continue
            _, at, report = max(known, key=lambda one: (one[1], one[2]["status"]))
            earliest = started_at if report["status"] == "completed" else started_at - SENT_BEFORE
            if report["status"] != NOWHERE and at >= earliest and _device(report) in devices:
                found[crew_id] = (report.get("kind"), report["status"], report["observed_at"])
        return found


def judge(network: Network, storm: Path, output: Path) -> Findings:
    """Hold the records of a replay to the storm that it replayed."""
    findings, crews = Findings(), Crews(list(_lines(storm / f"{CREW_EVENTS}.jsonl")))
    last: dict[str, Record] = {}
    together: set[str] = set()
    for record in _lines(output / f"{OUTAGE_LIFECYCLE}.jsonl"):
        outage_id = record["outage_id"]
        last[outage_id] = record
        findings.counts["records"] += 1
        if record["place"] is None or not _within(record["place"]):
            findings.note("no place, or none within its box", outage_id)
        said = {crew["crew_id"]: (crew["kind"], crew["status"], crew["at"]) for crew in record["crews"]}
        expected = {
            crew_id: (kind, status, format_time(parse_time(at)))
            for crew_id, (kind, status, at) in crews.at(record).items()
        }
        findings.counts["records with crews"] += bool(said)
        if said != expected:
            findings.note("other crews", outage_id)
        if {"assessor", "line"} <= {kind for kind, _, _ in said.values()}:
            together.add(outage_id)
    findings.counts["outages"] = len(last)
    findings.counts["outages with an assessing and a repairing crew at once"] = len(together)
    findings.counts["planned outages"] = sum(record["planned"] is not None for record in last.values())
    for outage_id in alarmed_planned(network, output, findings):
        findings.note("planned, and alarmed", outage_id)
    return findings


def alarmed_planned(network: Network, output: Path, findings: Findings) -> list[str]:
    """Warn of each outage by itself, of one customer on: which were planned when a warning named them."""
    policy = AlertPolicy(
        sender="benchmark@faultline", sender_name="Benchmark", by="outage", least_anyway=1, end_customers=1
    )
    issuer = Issuer(policy, Areas(network, policy.by))
    planned: dict[str, bool] = {}
    wrong = []
    for record in _to_warn_of(output):
        planned[record["outage_id"]] = record["planned"] is not None
        fields = {name: record[name] for name in Revision._fields if name not in {"planned", "held"}}
        held = record["operators"] is not None and record["operators"]["publication_held"]
        revision = Revision(**fields, planned=record["planned"] is not None, held=held)
        now = parse_time(record["updated_at"])
        while (due := issuer.due()) is not None and due < now:
            wrong += _planned_of(issuer.live(due, []), planned, findings)
        followed = Followed(OUTAGE_LIFECYCLE, record["sequence"], record["outage_id"], list(revision))
        wrong += _planned_of(issuer.live(now, [followed]), planned, findings)
    return wrong


def _to_warn_of(output: Path) -> list[Record]:
    """The records of all outages that were ever planned, and of some others: by outage, no warning knows of another."""
    records = list(_lines(output / f"{OUTAGE_LIFECYCLE}.jsonl"))
    ever = {record["outage_id"] for record in records if record["planned"]}
    others = dict.fromkeys(record["outage_id"] for record in records if record["outage_id"] not in ever)
    chosen = ever.union(list(others)[:OTHERS])
    return [record for record in records if record["outage_id"] in chosen]


def _planned_of(said: Iterator[Any], planned: dict[str, bool], findings: Findings) -> list[str]:
    wrong = []
    for one in said:
        findings.counts["warnings"] += 1
        if not one.fields["over"]:
            wrong += [outage_id for outage_id in one.fields["outage_ids"] if planned[outage_id]]
    return wrong


def _device(report: Record) -> str:
    """The device at which a report puts its crew."""
    return report.get("open_device_id") or report.get("device_id") or ""


def _within(place: Record) -> bool:
    west, south, east, north = place["bounding_box"]
    return bool(west <= place["longitude"] <= east and south <= place["latitude"] <= north)


def _lines(path: Path) -> Iterator[Record]:
    with path.open("rb") as stream:
        yield from map(orjson.loads, stream)
