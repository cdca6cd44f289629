"""What of the outages' records doubt is made of, taken as soon as a record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from models.contracts.outputs.outage import OutageRecord
from models.customers.news import LedgerNews, news_of

if TYPE_CHECKING:
    from models.timeline.moment import Followed


class DeviceNews(NamedTuple):
    """What opened, as a revision has it."""

    outage_id: str
    device_id: str


def doubtful(followed: Followed) -> DeviceNews | LedgerNews | None:
    """Take what matters of a record."""
    record: Any = followed.record
    if isinstance(record, OutageRecord):
        return DeviceNews(record.outage_id, record.device_id)
    news = news_of(followed)
    return news if isinstance(news, LedgerNews) else None
