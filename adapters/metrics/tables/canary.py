"""What a canary tells."""

from __future__ import annotations

from typing import Final

from adapters.metrics.declaration import AgeRow, CounterRow, HistogramRow, Label, Row
from adapters.metrics.tables.labels import DELAY_SECONDS, PARTITION
from models.canary.exercise import FOUND, RESTORED

_FINE: Final = (1, 2, 3, 5, 7.5, 10, 12.5, 15, 17.5, 20, 25, 30, 35, 40, 45, 50, 60, 75, 90, 120, 180, 300)
OUTAGES: Final = CounterRow(
    name="faultline_canary_outages_total",
    labels=(Label("outcome", "what became of it", FOUND),),
    help="Outages made on canary zones: `right` is one outage, at the device that was opened, with all customers below "
    "it; `wrong` is another one or more than one; of `missed` nothing was published.",
    look="Any `missed`: the way from the meters' topic to the outages is broken. `wrong` above one in ten: the model "
    "file is not that of the flow, or raw records are lost.",
)
RESTORATIONS: Final = CounterRow(
    name="faultline_canary_restorations_total",
    labels=(Label("outcome", "what became of it", RESTORED),),
    help="Of these outages, whether they were said to be over for all, in time.",
    look="`missed` without outages missed: restoration messages are lost.",
)
DETECTION: Final = HistogramRow(
    name="faultline_canary_detection_seconds",
    unit="seconds",
    buckets=_FINE,
    help="From the arrival of an outage's first gasp to the instant of its first revision, as faultline score has it.",
    look="It is what inference wants to hear; one that rises: raw partitions are left behind.",
)
PUBLICATION: Final = HistogramRow(
    name="faultline_canary_publication_seconds",
    unit="seconds",
    buckets=DELAY_SECONDS,
    help="From that instant until the revision was read from Kafka.",
    look="How far the flows are behind, on a quiet day too. Two seconds are usual.",
)
RESTORATION: Final = HistogramRow(
    name="faultline_canary_restoration_seconds",
    unit="seconds",
    buckets=_FINE,
    help="From the arrival of the last message of power that is back to the instant at which the outage is over.",
    look="As the detection.",
)
SUCCESS_AGE: Final = AgeRow(
    name="faultline_canary_success_age_seconds",
    unit="seconds",
    of_log=False,
    labels=(PARTITION,),
    help="Time since an outage on the canary zone of an evidence partition was found and over as it should be; at "
    "first, since the start.",
    look="Above an hour nobody knows whether outages of that partition are seen.",
)
SECTIONS: Final[dict[str, tuple[Row, ...]]] = {
    "Canary": (OUTAGES, RESTORATIONS, DETECTION, PUBLICATION, RESTORATION, SUCCESS_AGE)
}
