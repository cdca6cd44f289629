"""What `outages` tells."""

from __future__ import annotations

from typing import Final

from adapters.metrics.declaration import AgeRow, CounterRow, GaugeRow, HistogramRow, Row
from adapters.metrics.tables.labels import (
    BATCH_SECONDS,
    CLOCK_DOUBT,
    COPY,
    DELAY_SECONDS,
    DELIVERED,
    DEVICE_REPORT,
    PARTITION,
    RAW_TOPIC,
    ZONE,
)

COPIES_DROPPED: Final = CounterRow(
    name="faultline_copies_dropped_total",
    labels=(RAW_TOPIC, COPY),
    help="Rows of evidence that did not count: `repeat` of an offset taken before, `no_change` to what was known.",
    look="`no_change` is high by nature, meters say things several times; `repeat` moves only after ingest was killed.",
)
UNDECIDING_REPORTS: Final = CounterRow(
    name="faultline_undeciding_reports_total",
    labels=(DEVICE_REPORT,),
    help="Reports of SCADA about devices that are kept as evidence and that no rule reads yet; a gap is two of them.",
    look="Its rate is telemetry that decides nothing: positions on the way, gaps, counters, modes, fault indicators.",
)
CLOCKS_CORRECTED: Final = CounterRow(
    name="faultline_clocks_corrected_total",
    labels=(RAW_TOPIC, CLOCK_DOUBT),
    help="Rows of evidence whose sender's clock was contradicted by the arrival: `hour_off` was put right, `arrival` "
    "less the usual delay stands in, `outage_started_at` was left out.",
    look="A steady rate is a head-end or a meter family with a wrong clock: compare by topic, and have the clock set.",
)
ORIGIN_LEFT_OUT: Final = GaugeRow(
    name="faultline_origin_left_out",
    labels=(RAW_TOPIC, PARTITION),
    help="1 while the clock goes on without this partition of a raw topic, which stood still, else 0.",
    look="The sum is the number of degraded origins. Any 1: outages say `degraded`; see to its ingest process.",
)
CLOCK_STANDING: Final = GaugeRow(
    name="faultline_clock_standing_seconds",
    unit="seconds",
    help="For how long the clock of an evidence partition has stood although evidence came, the longest; 0 if none.",
    look="Above 30 s the process is not ready and says which origin holds the clock: people look at an old picture.",
)
EVIDENCE_SILENCE: Final = AgeRow(
    name="faultline_evidence_silence_seconds",
    unit="seconds",
    labels=(PARTITION,),
    of_log=False,
    help="Since a record came in an evidence partition. On topics with append time ingest appends once a second.",
    look="Above 30 s no ingest process is alive, and the process is not ready; where files are played it says nothing.",
)
END_TO_END_DELAY: Final = HistogramRow(
    name="faultline_end_to_end_delay_seconds",
    unit="seconds",
    buckets=DELAY_SECONDS,
    help="From the instant of an outage's revision to its way to the broker, of a process that has caught up: after a "
    "start it first says what was said before.",
    look="The 99th percentile: seconds. The alert FaultlineDetectionLate asks how many took more than a minute.",
)
EVALUATION_TIME: Final = HistogramRow(
    name="faultline_evaluation_seconds",
    unit="seconds",
    buckets=BATCH_SECONDS,
    help="Time spent in the engine for a batch of evidence.",
    look="The rate of its sum is the engine's share of a processor; near 1 the watermark lag follows.",
)
OPEN_OUTAGES: Final = GaugeRow(
    name="faultline_open_outages",
    labels=(ZONE,),
    help="Published outages that are open.",
    look="The sum is the storm's size. A zone that stays above 0 for days has an outage that nothing closes.",
)
CUSTOMERS_OUT: Final = GaugeRow(
    name="faultline_customers_out",
    labels=(ZONE,),
    help="Customers without power, the sum over the open outages.",
    look="The curve that control rooms know. It must be 0 where no outage is open.",
)
LEARNED_DELIVERY: Final = GaugeRow(
    name="faultline_learned_delivery_ratio",
    labels=(ZONE, DELIVERED),
    help="Share of the messages from which the engine has learned that arrived; no series before an outage is over.",
    look="A zone that falls has a collector or a head-end that fails: `faultline rates show --log` tells which.",
)
QUARANTINED_ZONES: Final = GaugeRow(
    name="faultline_quarantined_zones",
    help="Zones set aside since their evaluation failed.",
    look="Anything above 0 pages someone: these zones are blind. `faultline zones list` names them and the fault.",
)

SECTIONS: Final[dict[str, tuple[Row, ...]]] = {
    "Records": (COPIES_DROPPED, UNDECIDING_REPORTS, CLOCKS_CORRECTED),
    "Time": (ORIGIN_LEFT_OUT, CLOCK_STANDING, EVIDENCE_SILENCE, END_TO_END_DELAY, EVALUATION_TIME),
    "Outages": (OPEN_OUTAGES, CUSTOMERS_OUT, LEARNED_DELIVERY, QUARANTINED_ZONES),
}
