"""Storms as they stand: the last record of each, from the compacted topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.reading.last_states import last_of
from models.refusal import FaultsError
from models.storms.output import STORMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.broker import Broker

Record = dict[str, Any]


def find_storms(broker: Broker, *, every: bool) -> list[Record]:
    """Give the storms that go on, or all that are known, the longest ones first."""
    found = [record for record in last_of(broker, STORMS.topic) if every or record["status"] == "open"]
    return sorted(found, key=lambda record: (record["started_at"], record["storm_id"]))


def find_storm(broker: Broker, storm_id: str) -> Record:
    """Give one storm. Raises `FaultsError` where there is none."""
    for record in find_storms(broker, every=True):
        if record["storm_id"] == storm_id:
            return record
    raise FaultsError([f"no storm {storm_id} is known; see faultline storm list --all"])


def line(record: Record, clock: Callable[[str], str]) -> str:
    """Write a storm as a line; `clock` writes its times."""
    time = f"since {clock(record['started_at'])}"
    if record["ended_at"] is not None:
        time += f" to {clock(record['ended_at'])}"
    out = f"{record['outages_open']} of {record['outages']} outages open, {record['customers_out']} customers out"
    return f"{record['storm_id']}  {record['name']}, {record['status']} {time}  {out}"


def page(record: Record) -> str:
    """Write all fields of a storm that say something, a line each."""
    return "\n".join(f"{name}: {value}" for name, value in sorted(record.items()) if value not in (None, [], ""))
