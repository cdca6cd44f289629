"""What flows with a state of their own tell."""

from __future__ import annotations

from typing import Final

from adapters.metrics.declaration import GaugeRow, HistogramRow, Row
from adapters.metrics.tables.labels import BATCH_SECONDS

SNAPSHOT_SIZE: Final = GaugeRow(
    name="faultline_snapshot_bytes",
    unit="bytes",
    help="Size of the state that the last snapshot wrote.",
    look="Its growth from day to day; a restart reads it all.",
)
SNAPSHOT_TIME: Final = HistogramRow(
    name="faultline_snapshot_seconds",
    unit="seconds",
    buckets=BATCH_SECONDS,
    help="Time to take a snapshot, during which the flow stands.",
    look="The 99th percentile adds to the end-to-end delay once an epoch.",
)
REBUILD_PROGRESS: Final = GaugeRow(
    name="faultline_rebuild_progress_ratio",
    unit="ratio",
    help="Share of what was to be read at the start that is read, told with each epoch; 1 when live.",
    look="While below 1 the picture is old; its slope tells when that ends.",
)

SECTIONS: Final[dict[str, tuple[Row, ...]]] = {"State": (SNAPSHOT_SIZE, SNAPSHOT_TIME, REBUILD_PROGRESS)}
