"""What `ingest` tells."""

from __future__ import annotations

from typing import Final

from adapters.metrics.declaration import CounterRow, GaugeRow, HistogramRow, Row
from adapters.metrics.tables.labels import BATCH_SECONDS, MOUNTING, STANDING

CONVERSION_TIME: Final = HistogramRow(
    name="faultline_conversion_seconds",
    unit="seconds",
    buckets=BATCH_SECONDS,
    help="Time spent to decode and check a batch of raw records and to put it into columns.",
    look="The rate of its sum is ingest's share of a processor; near 1 it needs one more process.",
)

MOUNTINGS: Final = CounterRow(
    name="faultline_meter_mountings_total",
    labels=(MOUNTING,),
    help="Messages by which a meter hangs elsewhere than the network's tables say: installed, or removed again.",
    look="What crews exchange in a day; far more says that the head-end's usage points are not those of the network.",
)
EXCHANGED_METERS: Final = GaugeRow(
    name="faultline_exchanged_meters",
    labels=(STANDING,),
    help="Meters that hang elsewhere than the tables of the version in force say (`standing`); of those that did when "
    "it was released, how many it has (`confirmed`), and how many ended because its tables are later (`overruled`).",
    look="`standing` that only grows: the tables do not follow the field. Any `overruled`: the head-end and the tables "
    "disagree; ingest's log names the first.",
)

SECTIONS: Final[dict[str, tuple[Row, ...]]] = {
    "Time": (CONVERSION_TIME,),
    "Network": (MOUNTINGS, EXCHANGED_METERS),
}
