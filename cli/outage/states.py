"""Outages as they stand: the last revision of each, from the compacted topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.reading.last_states import last_of
from models.contracts.outputs.outage import FINAL_STATUSES
from models.contracts.topics import OUTAGE_STATE
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.broker import Broker

Record = dict[str, Any]


def find_outages(broker: Broker, *, every: bool) -> list[Record]:
    """Give the outages that are open, or all that are not forgotten, the longest ones first."""
    found = [record for record in last_of(broker, OUTAGE_STATE) if every or record["status"] not in FINAL_STATUSES]
    return sorted(found, key=lambda record: (record["started_at"], record["outage_id"]))


def find_outage(broker: Broker, outage_id: str) -> Record:
    """Give one outage. Raises `FaultsError` where there is none."""
    for record in find_outages(broker, every=True):
        if record["outage_id"] == outage_id:
            return record
    raise FaultsError([f"no outage {outage_id} is known; see faultline outage list --all"])


def line(record: Record, clock: Callable[[str], str]) -> str:
    """Write an outage as a line; `clock` writes its time."""
    place = f"{record['device_kind']} {record['device_id']}"
    out = f"{record['customers_out']} of {record['customers_affected']} customers out"
    return f"{record['outage_id']}  {record['status']} since {clock(record['started_at'])}  {place}  {out}"


def page(record: Record) -> str:
    """Write all fields of an outage that say something, a line each."""
    return "\n".join(f"{name}: {value}" for name, value in sorted(record.items()) if value not in (None, [], ""))
