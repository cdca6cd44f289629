"""Going on by other rules than those that the outputs were written by: what is open is said once more, as it is now.

What the outputs say and what the engine knows then come from different rules. The engine has lived through the log up
to its end without a word. From there on it numbers its records after those that stand in the topics; each outage that
is open gets a revision after the last one that was published of it, with all of its fields; one that stands open in the
topics and is not open here is brought to an end there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.contracts.outputs.outage import FINAL_STATUSES
from models.network.network import PRIORITIES
from models.outages.context.breakdown import NOBODY_OUT
from models.outages.publishing import Publisher
from models.outages.state.record_writer import format_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.outages.engine_state import EngineState
    from models.outages.publishing import Published

Record = dict[str, Any]


def reconcile(state: EngineState, sequences: Mapping[str, int], published: Mapping[str, Record]) -> Published:
    """Go on after what stands in the topics: the last numbers, and by outage id the last revisions.

    Returns the ends of outages that are not open here; those that are follow at the next instant.
    """
    partition = state.partition
    state.sequences.update(sequences)
    publisher = Publisher(partition, state.sequences)
    now = state.watermarks.last_instant
    partition.context.ledger.begin_anew()
    for name, outage in sorted(partition.by_name.items()):
        outage.revision = max(outage.revision, published.get(name, {}).get("revision", 0))
        if not outage.suspected:
            outage.published = {}
            partition.dirty[name] = outage
            partition.set_timer(now + SECOND, ~outage.area)
    for name, record in sorted(published.items()):
        known = partition.by_name.get(name)
        if record["status"] not in FINAL_STATUSES and (known is None or known.suspected):
            publisher.tell_end(_ended(record, now, known_here=name in partition.known))
            if known is not None:
                known.revision += 1  # it may be found all the same
        partition.known.add(name)  # nothing that is found from now on has its name
    return publisher.published


def _ended(record: Record, now: int, *, known_here: bool) -> Record:
    """The last revision of an outage that is over by these rules, or that they never found."""
    at = format_time(now)
    status = {"status": "restored", "restored_at": at} if known_here else {"status": "cancelled"}
    restored = record["customers_affected"] - record["customers_transferred"]
    nobody = {"life_support": 0, "critical": 0, "key": 0}
    counts = {"customers_out": 0, "customers_restored": restored, "priority_out": nobody, **NOBODY_OUT}
    revision = record["revision"] + 1
    changed = status | counts
    priority = {name: record["priority_customers"][name] for name in PRIORITIES[1:]}
    return (
        dict.fromkeys(("place", "customers_served", "supply_device_id"))  # of older rules, that did not say so
        | {"restoration_steps": []}
        | record
        | {"priority_customers": priority}
        | changed
        | {
            "event_id": f"{record['outage_id']}:{revision}",
            "revision": revision,
            "change": sorted(name for name, value in changed.items() if record.get(name) != value),
            "updated_at": at,
        }
    )
