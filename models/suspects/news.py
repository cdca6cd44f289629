"""What of the outages' records suspicions are made of, taken as soon as a record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.contracts.outputs.membership import MembershipRecord
from models.contracts.outputs.outage import FINAL_STATUSES, OutageRecord
from models.customers.news import LedgerNews, news_of
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from models.timeline.moment import Followed

NONE_IN_THE_END: Final = ("cancelled", "merged")


class OutageFacts(NamedTuple):
    """What a revision says of an outage; times in milliseconds."""

    outage_id: str
    zone_id: str
    device_id: str
    service: bool
    """It is of one usage point alone."""
    final: bool
    counts: bool
    """It was an outage of its own."""
    started_at: int
    ended_at: int
    """Of one that is open the instant of the revision."""


def evidence_of(followed: Followed) -> OutageFacts | LedgerNews | None:
    """Take what matters of a record."""
    record: Any = followed.record
    if isinstance(record, MembershipRecord):
        news = news_of(followed)
        return news if isinstance(news, LedgerNews) else None
    if not isinstance(record, OutageRecord):
        return None
    return OutageFacts(
        record.outage_id,
        record.zone_id,
        record.device_id,
        record.device_kind == "service",
        record.status in FINAL_STATUSES,
        record.status not in NONE_IN_THE_END,
        parse_time(record.started_at),
        parse_time(record.restored_at or record.updated_at),
    )
