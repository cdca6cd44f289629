"""Labels, and the buckets of histograms, that rows of several tables have."""

from __future__ import annotations

from typing import Final, get_args

from adapters.metrics.declaration import OTHER, Label
from models.contracts.outputs.dead_letter import Disposition
from models.contracts.topics import RAW_TOPICS
from models.evidence.kinds import DECIDING_REPORTS, DEVICE_REPORTS
from models.ingest.mounting.laid import Standing
from models.outages.evidence.clocks import DOUBTS

TOPIC: Final = Label("topic", "topic that this process reads or writes")
RAW_TOPIC: Final = Label("topic", "raw topic", RAW_TOPICS)
PARTITION: Final = Label("partition", "number of the partition")
LINK: Final = Label("link", "link of a connector, by its name in the settings")
ZONE: Final = Label("zone", "zone of the network")
READ_OUTCOME: Final = Label("outcome", "what became of it", ("used", "unused", "refused", "control", "foreign"))
WRITE_OUTCOME: Final = Label("outcome", "what was done", ("written", "withheld"))
DISPOSITION: Final = Label("disposition", "the dead letter's field", get_args(Disposition))
COPY: Final = Label("reason", "why it was dropped", ("repeat", "no_change"))
DEVICE_REPORT: Final = Label("report", "what SCADA says", DEVICE_REPORTS[DECIDING_REPORTS:])
DELIVERED: Final = Label("kind", "kind of message", ("last_gasp", "power_restored"))
CLOCK_DOUBT: Final = Label("reason", "what of the clock was not believed", tuple(DOUBTS))
MOUNTING: Final = Label("kind", "what was done", ("installed", "removed"))
STANDING: Final = Label("standing", "what the version makes of it", get_args(Standing))
BROKER_ERROR: Final = Label("kind", "what failed", ("all_down", "transport", "timeout", "authentication", OTHER))

BATCH_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
DELAY_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
