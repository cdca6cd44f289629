"""The one table of metrics. `adapters.metrics.registry` makes them, docs/reference/metrics.md is written from it."""

from __future__ import annotations

from typing import Final, get_args

from adapters.metrics.declaration import OTHER, AgeRow, CounterRow, GaugeRow, HistogramRow, Label, Row
from models.contracts.outputs.dead_letter import Disposition
from models.contracts.topics import RAW_TOPICS

TOPIC: Final = Label("topic", "topic that this process reads or writes")
RAW_TOPIC: Final = Label("topic", "raw topic", RAW_TOPICS)
PARTITION: Final = Label("partition", "number of the partition")
ORIGIN: Final = Label("origin", "partition of a raw topic, `<topic>/<partition>`")
ZONE: Final = Label("zone", "zone of the network")
READ_OUTCOME: Final = Label("outcome", "what became of it", ("used", "unused", "refused", "control"))
WRITE_OUTCOME: Final = Label("outcome", "what was done", ("written", "withheld"))
DISPOSITION: Final = Label("disposition", "the dead letter's field", get_args(Disposition))
COPY: Final = Label("reason", "why it was dropped", ("repeat", "no_change"))
BROKER_ERROR: Final = Label("kind", "what failed", ("all_down", "transport", "timeout", "authentication", OTHER))

BATCH_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
DELAY_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1800)

MESSAGES_READ: Final = CounterRow(
    name="faultline_messages_read_total",
    labels=(TOPIC, READ_OUTCOME),
    help="Records read: `used` for evidence, `unused` since they change nothing (a meter mounted that is not on the "
    "network), `refused` into the dead letters, `control` for a mark of how far a writer has come.",
    look="Its rate is the load. `refused` above one in a hundred points to a sender or to the network's tables.",
)
MESSAGES_WRITTEN: Final = CounterRow(
    name="faultline_messages_written_total",
    labels=(TOPIC, WRITE_OUTCOME),
    help="Records that were to be written: `written` and acknowledged, `withheld` since the topic had them already.",
    look="`withheld` moves for a while after a start and then stands still.",
)
BYTES_READ: Final = CounterRow(
    name="faultline_read_bytes_total",
    unit="bytes",
    labels=(TOPIC,),
    help="Bytes of values read.",
    look="Its rate against what the network carries.",
)
BYTES_WRITTEN: Final = CounterRow(
    name="faultline_written_bytes_total",
    unit="bytes",
    labels=(TOPIC,),
    help="Bytes of values written and acknowledged, before compression.",
    look="Its rate times the retention is the disk that the topic needs.",
)
DEAD_LETTERS: Final = CounterRow(
    name="faultline_dead_letters_total",
    labels=(RAW_TOPIC, DISPOSITION),
    help="Records refused, by the topic that they came by and the reason.",
    look="Any steady rate: `faultline dlq list` shows them. `unknown-usage-point` that rises after a rollout of meters "
    "asks for a new network version, `future-time` for a clock to be set.",
)
EVIDENCE_ROWS: Final = CounterRow(
    name="faultline_evidence_rows_total",
    labels=(RAW_TOPIC,),
    help="Rows of evidence: appended to the log by ingest, taken from it by outages.",
    look="Both flows' rates over ten minutes are the same, else outages falls behind or ingest was restarted.",
)
COPIES_DROPPED: Final = CounterRow(
    name="faultline_copies_dropped_total",
    labels=(RAW_TOPIC, COPY),
    flows=("outages",),
    help="Rows of evidence that did not count: `repeat` of an offset taken before, `no_change` to what was known.",
    look="`no_change` is high by nature, meters say things several times; `repeat` moves only after ingest was killed.",
)
CONSUMER_LAG: Final = GaugeRow(
    name="faultline_consumer_lag_records",
    unit="records",
    labels=(TOPIC, PARTITION),
    help="Records in the partition after the last one read, told with each epoch.",
    look="It returns to about nothing after each wave. One partition that only grows is a hot or a stuck one.",
)

WATERMARK_LAG: Final = AgeRow(
    name="faultline_watermark_lag_seconds",
    unit="seconds",
    labels=(ORIGIN,),
    of_log=True,
    help="How far the origin's watermark is behind the present; 0 once its end mark was read. On a topic with create "
    "time it grows until the next record comes.",
    look="The largest that is not left out is how old the picture is that people look at: a page above 30 s.",
)
ORIGIN_LEFT_OUT: Final = GaugeRow(
    name="faultline_origin_left_out",
    labels=(ORIGIN,),
    flows=("outages",),
    help="1 while the clock goes on without this origin, which stood still, else 0.",
    look="The sum is the number of degraded origins. Any 1: outages say `degraded`; see to its ingest process.",
)
END_TO_END_DELAY: Final = HistogramRow(
    name="faultline_end_to_end_delay_seconds",
    unit="seconds",
    flows=("outages",),
    buckets=DELAY_SECONDS,
    help="From the log time of the newest evidence behind an outage's record to its way to the broker.",
    look="The 99th percentile, the waiting that detection needs included: a page above 10 s outside of a rebuild.",
)
CONVERSION_TIME: Final = HistogramRow(
    name="faultline_conversion_seconds",
    unit="seconds",
    flows=("ingest",),
    buckets=BATCH_SECONDS,
    help="Time spent to decode and check a batch of raw records and to put it into columns.",
    look="The rate of its sum is ingest's share of a processor; near 1 it needs one more process.",
)
EVALUATION_TIME: Final = HistogramRow(
    name="faultline_evaluation_seconds",
    unit="seconds",
    flows=("outages",),
    buckets=BATCH_SECONDS,
    help="Time spent in the engine for a batch of evidence.",
    look="The rate of its sum is the engine's share of a processor; near 1 the watermark lag follows.",
)

OPEN_OUTAGES: Final = GaugeRow(
    name="faultline_open_outages",
    labels=(ZONE,),
    flows=("outages",),
    help="Published outages that are open.",
    look="The sum is the storm's size. A zone that stays above 0 for days has an outage that nothing closes.",
)
CUSTOMERS_OUT: Final = GaugeRow(
    name="faultline_customers_out",
    labels=(ZONE,),
    flows=("outages",),
    help="Customers without power, the sum over the open outages.",
    look="The curve that control rooms know. It must be 0 where no outage is open.",
)
QUARANTINED_ZONES: Final = GaugeRow(
    name="faultline_quarantined_zones",
    flows=("outages",),
    help="Zones set aside since their evaluation failed.",
    look="Anything above 0 pages someone: these zones are blind. `faultline zones list` names them and the fault.",
)

EPOCH_AGE: Final = AgeRow(
    name="faultline_epoch_age_seconds",
    unit="seconds",
    of_log=False,
    help="Time since an epoch was last made durable, from the start of the process before the first.",
    look="Above three times the epoch's length the state's disk is slow or the flow is stuck; `/healthz` tells it too.",
)
SNAPSHOT_SIZE: Final = GaugeRow(
    name="faultline_snapshot_bytes",
    unit="bytes",
    flows=("outages",),
    help="Size of the state that the last snapshot wrote.",
    look="Its growth from day to day; a restart reads it all.",
)
SNAPSHOT_TIME: Final = HistogramRow(
    name="faultline_snapshot_seconds",
    unit="seconds",
    flows=("outages",),
    buckets=BATCH_SECONDS,
    help="Time to take a snapshot, during which the flow stands.",
    look="The 99th percentile adds to the end-to-end delay once an epoch.",
)
REBUILD_PROGRESS: Final = GaugeRow(
    name="faultline_rebuild_progress_ratio",
    unit="ratio",
    flows=("outages",),
    help="Share of what was to be read at the start that is read, told with each epoch; 1 when live.",
    look="While below 1 the picture is old; its slope tells when that ends.",
)

DELIVERY_FAILURES: Final = CounterRow(
    name="faultline_delivery_failures_total",
    labels=(TOPIC,),
    help="Records that the broker did not acknowledge. The process ends and goes on from its last snapshot.",
    look="Any rise, with restarts: the broker, a record that is too large, or a right to write that is missing.",
)
BROKER_ERRORS: Final = CounterRow(
    name="faultline_broker_errors_total",
    labels=(BROKER_ERROR,),
    help="Errors that the Kafka client met and goes on trying after.",
    look="`all_down` and `authentication` at once; single `transport` errors are brokers that restart.",
)
BROKER_DISCONNECTS: Final = CounterRow(
    name="faultline_broker_disconnects_total",
    help="Connections to brokers that were lost; the client makes them again by itself.",
    look="A steady rate means a network or a proxy that cuts connections.",
)
QUEUE_FULL_WAITS: Final = CounterRow(
    name="faultline_queue_full_waits_total",
    help="How often a write had to wait since the client's own queue was full.",
    look="A rise means that the broker acknowledges more slowly than the flow writes.",
)
QUEUE_FULL_TIME: Final = CounterRow(
    name="faultline_queue_full_seconds_total",
    unit="seconds",
    help="Time spent in those waits.",
    look="Its rate is the share of time that the flow stands for the broker.",
)
BUILD_INFO: Final = GaugeRow(
    name="faultline_build_info",
    labels=(
        Label("flow", "this process's flow"),
        Label("version", "of Faultline"),
        Label("network_version", "of the network that is in use"),
    ),
    help="Always 1; the labels tell what runs. One series at a time.",
    look="All processes of a flow show the same after a rollout.",
)

SECTIONS: Final[dict[str, tuple[Row, ...]]] = {
    "Records": (
        MESSAGES_READ,
        MESSAGES_WRITTEN,
        BYTES_READ,
        BYTES_WRITTEN,
        DEAD_LETTERS,
        EVIDENCE_ROWS,
        COPIES_DROPPED,
        CONSUMER_LAG,
    ),
    "Time": (WATERMARK_LAG, ORIGIN_LEFT_OUT, END_TO_END_DELAY, CONVERSION_TIME, EVALUATION_TIME),
    "Outages": (OPEN_OUTAGES, CUSTOMERS_OUT, QUARANTINED_ZONES),
    "State": (EPOCH_AGE, SNAPSHOT_SIZE, SNAPSHOT_TIME, REBUILD_PROGRESS),
    "Broker and process": (
        DELIVERY_FAILURES,
        BROKER_ERRORS,
        BROKER_DISCONNECTS,
        QUEUE_FULL_WAITS,
        QUEUE_FULL_TIME,
        BUILD_INFO,
    ),
}
TABLE: Final[tuple[Row, ...]] = tuple(row for rows in SECTIONS.values() for row in rows)
"""All metrics, in the order of the page."""
