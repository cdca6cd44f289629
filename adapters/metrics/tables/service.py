"""What every flow on Kafka tells of itself."""

from __future__ import annotations

from typing import Final

from adapters.metrics.declaration import AgeRow, CounterRow, GaugeRow, Label, Row
from adapters.metrics.tables.labels import BROKER_ERROR, PARTITION, READ_OUTCOME, TOPIC, WRITE_OUTCOME

MESSAGES_READ: Final = CounterRow(
    name="faultline_messages_read_total",
    labels=(TOPIC, READ_OUTCOME),
    help="Records read: `used` for evidence, `unused` since they change nothing (a meter mounted that is not on the "
    "network), `refused` into the dead letters, `control` for a mark of how far a writer has come, "
    "`foreign` for one of the evidence log, or among the checkpoints, that cannot be followed and was passed over.",
    look="Its rate is the load. `refused` above one in a hundred points to a sender or to the network's tables. "
    "Any `foreign`: somebody else writes there; `zone.health.state.v1` says where in the log.",
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
CONSUMER_LAG: Final = GaugeRow(
    name="faultline_consumer_lag_records",
    unit="records",
    labels=(TOPIC, PARTITION),
    help="Records in the partition after the last one read, told with each epoch.",
    look="It returns to about nothing after each wave. One partition that only grows is a hot or a stuck one.",
)
EPOCH_AGE: Final = AgeRow(
    name="faultline_epoch_age_seconds",
    unit="seconds",
    of_log=False,
    help="Time since an epoch was last made durable, from the start of the process before the first.",
    look="Above three times the epoch's length the state's disk is slow or the flow is stuck; `/healthz` tells it too.",
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
    "Records": (MESSAGES_READ, MESSAGES_WRITTEN, BYTES_READ, BYTES_WRITTEN, CONSUMER_LAG),
    "State": (EPOCH_AGE,),
    "Broker and process": (
        BROKER_ERRORS,
        BROKER_DISCONNECTS,
        QUEUE_FULL_WAITS,
        QUEUE_FULL_TIME,
        BUILD_INFO,
    ),
}
