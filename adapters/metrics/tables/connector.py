"""What a connector tells."""

from __future__ import annotations

from typing import Final, get_args

from adapters.metrics.declaration import AgeRow, CounterRow, GaugeRow, Label, Row
from adapters.metrics.tables.labels import LINK, TOPIC, WRITE_OUTCOME
from models.contracts.outputs.connector_health import ConnectorState

COUNTED: Final = (
    "value",
    "alarm",
    "history",
    "gap",
    "repeat",
    "no_value_yet",
    "says_nothing",
    "unfit",
    "unmapped_alarm",
    "debounced",
    "time_of_server",
    "time_of_arrival",
    "time_back",
    "missed",
    "server_overflow",
    "queue_overflow",
    "reconnect",
    "failover",
    "refused",
    "packet",
    "packet_repeat",
    "packet_lost",
    "packet_refused",
)
STATE: Final = GaugeRow(
    name="faultline_connector_state",
    labels=(LINK, Label("state", "how it stands", get_args(ConnectorState))),
    help="1 for the state in which a link stands, else 0.",
    look="Any link that is not `connected`: /readyz and the heartbeats say why.",
)
EVENTS: Final = CounterRow(
    name="faultline_connector_events_total",
    labels=(Label("event", "what came", COUNTED),),
    help="What came from the other side: `value`, `alarm` and `history` were reported, `gap` was declared. `repeat` of "
    "what was reported before, `no_value_yet`, `says_nothing` (a lockout that is off), `debounced` and "
    "`unmapped_alarm` were left out; `unfit` has a type that its point cannot have. `time_of_server` and "
    "`time_of_arrival` stand in for a source's time that cannot be; `time_back` is older than the one before. "
    "`missed` was found by reading again. `server_overflow` and `queue_overflow` lost values, declared as gaps. "
    "`refused` is a server that was not trusted, or that does not trust us. Of a one-way link `packet` came, "
    "`packet_repeat` were copies, `packet_lost` have not come and are declared as gaps, `packet_refused` had no seal "
    "that fits.",
    look="`value` is the load. `unfit` and `unmapped_alarm`: the mapping. `server_overflow`: a larger queue_size. "
    "`packet_lost`: the sender's rate, more copies. `packet_refused`: the keys on both sides.",
)
QUEUE: Final = GaugeRow(
    name="faultline_connector_queue_records",
    unit="records",
    help="Reports that wait for Kafka.",
    look="It returns to about nothing. One that grows: the broker is slower than the control system.",
)
SILENCE: Final = AgeRow(
    name="faultline_connector_silence_seconds",
    unit="seconds",
    of_log=True,
    labels=(LINK,),
    help="Time since anything came by a link, were it only a keep-alive.",
    look="Above stale_seconds the link is stale.",
)
VALUE_LAG: Final = GaugeRow(
    name="faultline_connector_value_lag_seconds",
    unit="seconds",
    labels=(LINK,),
    help="From the source's time of the last value to its arrival.",
    look="A steady offset is a clock; one that grows is a front end that is behind.",
)
SERVICE_LEVEL: Final = GaugeRow(
    name="faultline_connector_service_level",
    labels=(LINK,),
    help="OPC UA ServiceLevel of the server in use: 0 and 1 have no data, below 200 it is degraded. "
    "0 as well while there is none.",
    look="Below 200 on one server of a pair, with failovers rising.",
)
POINTS_MISSING: Final = GaugeRow(
    name="faultline_connector_points_missing",
    labels=(LINK,),
    help="Points of the mapping that the server does not report: unknown nodes, or the link is not there.",
    look="Above 0 while the link is connected or degraded: the mapping, or a reload of the server.",
)
ALARMS: Final = GaugeRow(
    name="faultline_connector_alarms",
    labels=(LINK,),
    help="Conditions that hold.",
    look="Its jump is an alarm flood.",
)
CERTIFICATE: Final = GaugeRow(
    name="faultline_connector_certificate_seconds",
    unit="seconds",
    labels=(LINK,),
    help="Time until a certificate ends: of a link's server, and `own`.",
    look="Below a month: renew it, and have the other side trust the new one.",
)
CHECKPOINT: Final = AgeRow(
    name="faultline_connector_checkpoint_age_seconds",
    unit="seconds",
    of_log=False,
    help="Time since what was handed on was last made sure of.",
    look="Above a few seconds Kafka does not acknowledge.",
)
WRITTEN: Final = CounterRow(
    name="faultline_connector_written_total",
    labels=(TOPIC, WRITE_OUTCOME),
    help="Records written and acknowledged.",
    look="Its rate follows that of the events.",
)

SECTIONS: Final[dict[str, tuple[Row, ...]]] = {
    "Connectors": (
        STATE,
        EVENTS,
        QUEUE,
        SILENCE,
        VALUE_LAG,
        SERVICE_LEVEL,
        POINTS_MISSING,
        ALARMS,
        CERTIFICATE,
        CHECKPOINT,
        WRITTEN,
    ),
}
