"""What `ingest` tells."""

from __future__ import annotations

from typing import Final

from adapters.metrics.declaration import HistogramRow, Row
from adapters.metrics.tables.labels import BATCH_SECONDS

CONVERSION_TIME: Final = HistogramRow(
    name="faultline_conversion_seconds",
    unit="seconds",
    buckets=BATCH_SECONDS,
    help="Time spent to decode and check a batch of raw records and to put it into columns.",
    look="The rate of its sum is ingest's share of a processor; near 1 it needs one more process.",
)

SECTIONS: Final[dict[str, tuple[Row, ...]]] = {
    "Time": (CONVERSION_TIME,),
}
