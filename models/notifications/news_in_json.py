"""News of outages as they stand in the flow's log: in JSON's types, and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.customers.news import LedgerNews, OutageNews, ZoneNews

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.customers.news import News

OUTAGE, LEDGER, ZONE = "outage", "ledger", "zone"


def write_news(news: News) -> list[Any]:
    """Write news."""
    if isinstance(news, OutageNews):
        return [OUTAGE, *news]
    if isinstance(news, ZoneNews):
        return [ZONE, *news]
    columns = [column.tolist() for column in (news.numbers, news.changes, news.out_at, news.at)]
    heirs = {heir: rows.tolist() for heir, rows in news.heirs.items()}
    return [LEDGER, news.outage_id, news.zone_id, news.revision, *columns, heirs]


def read_news(said: Sequence[Any]) -> News | None:
    """Read what `write_news` wrote; None of anything else."""
    kind, *parts = said
    if kind == OUTAGE:
        return OutageNews(*parts)
    if kind == ZONE:
        return ZoneNews(*parts)
    if kind != LEDGER:
        return None
    outage_id, zone_id, revision, numbers, changes, out_at, at, heirs = parts
    return LedgerNews(
        outage_id,
        zone_id,
        revision,
        np.array(numbers, np.int32),
        np.array(changes, np.uint8),
        np.array(out_at, np.int64),
        np.array(at, np.int64),
        {heir: np.array(rows, np.int64) for heir, rows in heirs.items()},
    )
