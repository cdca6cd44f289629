"""What the flows that make and take evidence tell, `ingest` and `outages`."""

from __future__ import annotations

from typing import Final

from adapters.metrics.declaration import AgeRow, CounterRow, GaugeRow, Row
from adapters.metrics.tables.labels import DISPOSITION, PARTITION, RAW_TOPIC

DEAD_LETTERS: Final = CounterRow(
    name="faultline_dead_letters_total",
    labels=(RAW_TOPIC, DISPOSITION),
    help="Records refused, by the topic that they came by and the reason.",
    look="Any steady rate: `faultline dlq list` shows them. `unknown-usage-point` that rises after a rollout of meters "
    "asks for `installed` with their usage points, or a new network version, `exchanged-meter` in bulk for a look at "
    "these, `future-time` for a clock to be set.",
)
EVIDENCE_ROWS: Final = CounterRow(
    name="faultline_evidence_rows_total",
    labels=(RAW_TOPIC,),
    help="Rows of evidence: appended to the log by ingest, taken from it by outages.",
    look="Both flows' rates over ten minutes are the same, else outages falls behind or ingest was restarted.",
)
WATERMARK_LAG: Final = AgeRow(
    name="faultline_watermark_lag_seconds",
    unit="seconds",
    labels=(RAW_TOPIC, PARTITION),
    of_log=True,
    help="How far the origin's watermark is behind the present; 0 once its end mark was read. On a topic with create "
    "time it grows until the next record comes.",
    look="The largest that is not left out is how old the picture is that people look at: a page above 30 s.",
)

NETWORK_AWAITED: Final = GaugeRow(
    name="faultline_network_awaited",
    help="1 while the process waits for a version of the network that has been released and that it has not got.",
    look="Any 1 for longer than a file takes to be copied: `/readyz` names the version and the place.",
)

SECTIONS: Final[dict[str, tuple[Row, ...]]] = {
    "Records": (DEAD_LETTERS, EVIDENCE_ROWS),
    "Time": (WATERMARK_LAG,),
    "Network": (NETWORK_AWAITED,),
}
