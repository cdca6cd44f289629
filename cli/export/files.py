"""What `faultline export outages` does: outages as of an instant, in files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from adapters.files.whole import write_whole
from adapters.network.area_kinds import refuse_unknown_kind
from adapters.partners.policy_file import read_partner_policy
from cli.reading.moments import moments_of
from models.contracts.outputs.outage import FINAL_STATUSES
from models.contracts.topics import OUTAGE_STATE
from models.partners.outages import by_area, facts_of, partner_outage
from models.partners.writing import AREA, OUTAGE, TIMES, csv_table, write_json, write_xml
from models.refusal import FaultsError
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from models.contracts.outputs.outage import OutageRecord


class Told(NamedTuple):
    """What the files hold."""

    outages: int
    areas: int
    at: str


def export_outages(replayed: Path, output: Path, policy: Path | None, until: int | None, organisation: str) -> Told:
    """Write the outages that are open at an instant (ms), or at the last one. Raises `FaultsError`."""
    told = read_partner_policy(policy)
    states, instant = _states(replayed, until)
    kinds = {area.kind for record in states.values() for area in record.areas}
    if states:
        refuse_unknown_kind(f"policy {policy}", told.area_kind, kinds)
    found = (facts_of(record) for _, record in sorted(states.items()) if record.status not in FINAL_STATUSES)
    outages = [partner_outage(facts, told) for facts in found if facts is not None]
    areas, at = by_area(outages), format_time(instant)
    output.mkdir(parents=True, exist_ok=True)
    write_whole(output / "outages.json", write_json(outages, "outage", organisation, at))
    write_whole(output / "outages.csv", _csv(csv_table(outages, (*OUTAGE, *TIMES))))
    write_whole(output / "outages.xml", write_xml(outages, organisation))
    write_whole(output / "areas.json", write_json(areas, "area", organisation, at))
    write_whole(output / "areas.csv", _csv(csv_table(areas, AREA)))
    return Told(len(outages), len(areas), at)


def _states(replayed: Path, until: int | None) -> tuple[dict[str, OutageRecord], int]:
    """The last state of each outage up to an instant, and the last instant lived through."""
    states: dict[str, OutageRecord] = {}
    instant = 0
    for moment in moments_of(replayed, OUTAGE_STATE):
        if until is not None and moment.instant > until:
            if not instant:
                fault = (
                    f"--at {format_time(until)} lies before the replay's first instant, {format_time(moment.instant)}"
                )
                raise FaultsError([f"{fault}; give a later one"])
            break
        instant = moment.instant
        for followed in moment.records:
            if followed.record is None:
                states.pop(followed.key, None)
            else:
                states[followed.key] = followed.record
    if not instant:
        raise FaultsError([f"{replayed}: no instant has been lived through; replay a storm first"])
    return states, instant


def _csv(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
