"""What of the outages' records the customers' states are made of, taken as soon as a record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.contracts.outputs.membership import MembershipRecord
from models.contracts.outputs.outage import FINAL_STATUSES, OutageRecord
from models.contracts.outputs.zone_health import ZoneHealthRecord
from models.messages.codes import message_of_outage
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.timeline.moment import Followed

GAINED: Final = 0
LOST: Final = 1
CONFIRMED: Final = 2
INFERRED: Final = 3
TRANSFERRED: Final = 4
REMOVED: Final = 5
CHANGES: Final = {
    "gained": GAINED,
    "lost": LOST,
    "restored_confirmed": CONFIRMED,
    "restored_inferred": INFERRED,
    "transferred": TRANSFERRED,
    "removed": REMOVED,
}
"""By what the ledger's records name them."""


class OutageNews(NamedTuple):
    """A revision."""

    outage_id: str
    zone_id: str
    revision: int
    final: bool
    cancelled: bool
    heir: str | None
    """The outage by which its customers are out from now on."""
    restored_at: int | None
    """Milliseconds since the epoch."""
    said: dict[str, Any]
    """What is said of who is out by it, in JSON's types."""


class LedgerNews(NamedTuple):
    """Entries of the ledger, n rows by usage point; times in milliseconds since the epoch."""

    outage_id: str
    zone_id: str
    revision: int
    numbers: NDArray[np.int32]
    changes: NDArray[np.uint8]
    out_at: NDArray[np.int64]
    at: NDArray[np.int64]
    heirs: dict[str, NDArray[np.int64]]
    """By outage, the rows that were transferred to it."""


class ZoneNews(NamedTuple):
    """A zone is set aside, or taken back."""

    zone_id: str
    aside: bool


News = OutageNews | LedgerNews | ZoneNews


def news_of(followed: Followed) -> News | None:
    """Take what matters of a record; None of a tombstone."""
    record = followed.record
    if isinstance(record, OutageRecord):
        return _of_outage(record)
    if isinstance(record, MembershipRecord):
        return _of_ledger(record)
    if isinstance(record, ZoneHealthRecord):
        return ZoneNews(record.zone_id, record.status == "quarantined")
    return None


def _of_outage(record: OutageRecord) -> OutageNews:
    message = message_of_outage(record)
    return OutageNews(
        record.outage_id,
        record.zone_id,
        record.revision,
        record.status in FINAL_STATUSES,
        record.status == "cancelled",
        record.merged_into or record.transferred_to,
        None if record.restored_at is None else parse_time(record.restored_at),
        {
            "basis": record.evidence,
            "planned": None if record.planned is None else record.planned.model_dump(),
            "etr_public": record.etr_public,
            "etr_stage": record.etr_stage,
            "stale": record.degraded,
            "message_code": message.code,
            "message_parameters": message.parameters,
        },
    )


def _of_ledger(record: MembershipRecord) -> LedgerNews:
    changes = np.array([CHANGES[change] for change in record.changes], np.uint8)
    heirs: dict[str, list[int]] = {}
    for row in np.flatnonzero(changes == TRANSFERRED).tolist():
        heirs.setdefault(record.others[row] or "", []).append(row)
    return LedgerNews(
        record.outage_id,
        record.zone_id,
        record.revision,
        np.array(record.usage_points, np.int32),
        changes,
        np.array(record.out_at, np.int64),
        np.array(record.at, np.int64),
        {heir: np.array(rows, np.int64) for heir, rows in heirs.items() if heir},
    )
