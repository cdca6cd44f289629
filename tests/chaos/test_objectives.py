"""An allowance that is used up, told for real: ingest stands while power fails. Five minutes: `make chaos` plays it.

An old picture stays one of 30 seconds, a late revision one of 60, and the budgets are as shipped; the windows over
which the rules look and their waits are divided by `HASTE`, so that six hours are twelve minutes and three days two
hours and a half, in which the picture was fresh before.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from models.contracts.topics import METER_EVENTS
from tests.chaos.figures import tell
from tests.chaos.haste import burning_rules
from tests.chaos.watch import PAGE, PARTITIONS, TICKET, Watch, gasps, watching
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

TRANSFORMERS, METERS = 60, 300
"""All without power, each an outage: enough revisions for a trend."""
STANDS_SECONDS = 85.0


@pytest.fixture
def watch(own_broker: KafkaBroker, tmp_path: Path) -> Iterator[Watch]:
    with watching(own_broker, tmp_path, METERS, TRANSFORMERS) as watch:
        yield watch


def test_an_ingest_that_stands_uses_up_both_allowances(watch: Watch) -> None:
    watch.prometheus.take_rules(burning_rules())
    watch.shows("cluster:faultline_fresh:bool == 1")
    begun = monotonic()
    for process in watch.ingest:
        process.send(signal.SIGSTOP)
    for partition in range(PARTITIONS):
        watch.operator.write(METER_EVENTS, partition, *gasps(range(partition, METERS, PARTITIONS), meters=METERS))
    watch.told(["FaultlinePictureStale"])
    told_after = monotonic() - begun
    eventually(lambda: monotonic() - begun > STANDS_SECONDS)
    for process in watch.ingest:  # as its runbook says
        process.kill()
        process.start()
    watch.told(["FaultlineDetectionLate"])
    eventually(lambda: not watch.receiver.standing(PAGE))
    watch.told(tickets=("FaultlinePictureStaleSlowly", "FaultlineDetectionLateSlowly"))
    assert watch.receiver.told[PAGE] == {"FaultlinePictureStale", "FaultlineDetectionLate"}
    assert watch.receiver.told[TICKET] == {"FaultlinePictureStaleSlowly", "FaultlineDetectionLateSlowly"}
    (revisions,) = watch.prometheus.query("sum(faultline_end_to_end_delay_seconds_count)")
    tell("allowances", stale_told_after_s=round(told_after), revisions=int(revisions["value"][1]))
