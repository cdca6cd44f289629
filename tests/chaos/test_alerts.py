"""Faults provoked in flows on a real Kafka: the right alert reaches who is told, what follows from it is held back.

Prometheus and Alertmanager are real, and so is who is told. A storm with a restart is watched by the rules as they are
shipped. For the faults all times of the same rules are divided by `HASTE`, and none is waited for longer than
`LONGEST_MS`; what looks at the month's allowance stays as it is, for it would still page of one fault while the next is
provoked. What is done against a fault is what its runbook says.
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from adapters.kafka.clients.producer import Outgoing
from models.contracts.topics import METER_EVENTS
from tests.chaos.haste import HASTE, hastened_rules
from tests.chaos.watch import ANOTHER_VERSION, METERS, PAGE, Watch, close, gasps, watching
from tests.peers.alertmanager import suppressed
from tests.peers.kafka import eventually
from tests.peers.own_certificates import secured
from tests.worlds.storms import COMMAND

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker
    from tests.chaos.processes import Flow

HOUR_MS = 3_600_000
HALF_AN_HOUR_SECONDS = 1800
OVERFLOW = 0x480
"""A status that is good, and says that values were lost before."""


@pytest.fixture
def watch(own_broker: KafkaBroker, tmp_path: Path) -> Iterator[Watch]:
    with watching(own_broker, tmp_path) as watch:
        yield watch


class WrongHeadEnd(Thread):
    """A head-end that goes on for as long as it is let: one message in 25 nobody can read, half by a wrong clock."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(daemon=True)
        self._watch, self._over = watch, Event()

    def run(self) -> None:
        """Write some messages twice a second."""
        while not self._over.wait(0.5):
            wrong = [Outgoing(b"no event", b"m"), *gasps(range(12), ahead_ms=-HOUR_MS), *gasps(range(12))]
            self._watch.operator.write(METER_EVENTS, 0, *wrong)

    def end(self) -> None:
        """Somebody sets its clock."""
        self._over.set()
        self.join()


def test_faults_are_told_and_a_storm_is_not(watch: Watch) -> None:
    nobody_is_told_of_a_storm_with_a_restart(watch)
    watch.prometheus.take_rules(hastened_rules())
    what_is_blind_is_told_until_it_is_mended(watch)
    what_is_wrong_is_told_until_it_is_mended(watch)
    a_broker_that_stands_is_told(watch)
    a_dead_kafka_is_one_page(watch)


def nobody_is_told_of_a_storm_with_a_restart(watch: Watch) -> None:
    watch.operator.write(METER_EVENTS, 0, *gasps(range(METERS // 2)))
    watch.shows("sum(faultline_customers_out) > 20")
    watch.outages.stop()
    watch.operator.write(METER_EVENTS, 1, *gasps(range(METERS // 2, METERS)))
    watch.outages.start()
    watch.shows('changes(process_start_time_seconds{job="faultline-outages"}[5m]) == 1')
    watch.shows(f'faultline_evidence_rows_total{{job="faultline-outages",topic="{METER_EVENTS}"}} >= {METERS // 2}')
    watch.shows("sum(faultline_customers_out) > 20")
    assert not watch.prometheus.query('count_over_time(ALERTS{alertname!="FaultlineWatchdog",alertstate="firing"}[1h])')
    eventually(lambda: "/watchdog" in watch.receiver.told)
    assert set(watch.receiver.told) == {"/watchdog"}


def what_is_blind_is_told_until_it_is_mended(watch: Watch) -> None:
    """A rule that fails, SCADA that is not there, a process that stands still, a flood of what nobody can read."""
    watch.server.put("a", False)
    watch.shows("faultline_quarantined_zones == 1")
    watch.server.kill()
    watch.ingest[1].send(signal.SIGSTOP)
    watch.operator.write(METER_EVENTS, 0, *[Outgoing(b"no event", b"m")] * 1000)
    watch.told(
        (
            "FaultlineZonesSetAside",
            "FaultlineLinkLost",
            "FaultlineProcessDown",
            "FaultlineOriginLeftOut",
            "FaultlineRecordsRefused",
        )
    )
    assert "FaultlineKafkaDown" not in watch.receiver.told[PAGE]
    assert watch.prometheus.query("faultline_connector_service_level == 0")
    watch.outages.stop()
    watch.outages.command = COMMAND
    watch.ingest[1].send(signal.SIGCONT)
    watch.server.start()
    close(watch.server)
    watch.told(["FaultlineAbsent"])
    watch.outages.start()
    watch.shows('up{job="faultline-outages"} == 1')
    resumed = watch.operator.run("zones", "resume", "north")
    assert resumed.returncode == 0, resumed.stderr
    watch.operator.write(METER_EVENTS, 0, *gasps(range(8000)))
    watch.quiet()


def what_is_wrong_is_told_until_it_is_mended(watch: Watch) -> None:
    """A head-end that goes wrong, a rollout half done that damages the log, and all that ails a connector."""
    head_end = WrongHeadEnd(watch)
    head_end.start()
    watch.connector.kill()
    watch.ingest[1].command = (sys.executable, "-c", ANOTHER_VERSION)
    starts = f'process_start_time_seconds{{instance="{watch.ingest[1].settings["listen"]}"}}'
    while not watch.prometheus.query(f"changes({starts}[{HALF_AN_HOUR_SECONDS // HASTE}s]) >= 3"):
        restart(watch, watch.ingest[1], starts)
    watch.told(["FaultlineConnectorAbsent", "FaultlineRestarting"])
    watch.server.options["nodes"] = ["a"]
    secured(watch.server, watch.connector, server_days=10, own_days=1)
    watch.connector.start()
    watch.shows("faultline_connector_points_missing == 1")
    watch.server.put("a", True, status=OVERFLOW)
    watch.operator.write(METER_EVENTS, 1, *gasps(range(METERS)))
    watch.told(["FaultlineCertificateEndsNow"], ["FaultlineForeignRecords", "FaultlineValuesLost"])
    watch.operator.write(METER_EVENTS, 1, *gasps(range(METERS)))
    watch.told(["FaultlineClockStands"])
    watch.told(
        tickets=(
            "FaultlineCertificateEnds",
            "FaultlineClocksWrong",
            "FaultlineLinkDegraded",
            "FaultlinePointsMissing",
            "FaultlineSomeRecordsRefused",
            "FaultlineVersionsDiffer",
        )
    )
    head_end.end()
    watch.operator.write(METER_EVENTS, 0, *gasps(range(20_000)))
    watch.ingest[1].stop()
    watch.ingest[1].command = COMMAND
    watch.ingest[1].start()
    go_on_without_what_is_damaged(watch)
    watch.server.options["nodes"] = ["a", "b"]
    watch.connector.kill()
    secured(watch.server, watch.connector, server_days=90, own_days=90)
    close(watch.server)
    watch.connector.start()
    watch.quiet()


def restart(watch: Watch, flow: Flow, starts: str) -> None:
    """Let a process be killed and started, and Prometheus see it, which may miss a scrape."""
    (before,) = watch.prometheus.query(f"last_over_time({starts}[5m])")
    flow.kill()
    flow.start()
    watch.shows(f"{starts} > {before['value'][1]}")


def go_on_without_what_is_damaged(watch: Watch) -> None:
    """Do what `/readyz` of outages says."""
    with pytest.raises(HTTPError) as told:
        urlopen(f"http://{watch.outages.settings['listen']}/readyz", timeout=60)
    found = re.search(r"faultline (evidence skip --partition \d+ --offset \d+)", told.value.read().decode())
    assert found
    skipped = watch.operator.run(*found[1].split(), "--reason", "a version that damaged a record")
    assert skipped.returncode == 0, skipped.stderr


def a_broker_that_stands_is_told(watch: Watch) -> None:
    """As one whose disk does not answer: its connections stay."""
    assert watch.broker.process is not None
    watch.broker.process.send_signal(signal.SIGSTOP)
    watch.told(["FaultlineEvidenceSilent"], ["FaultlineDeliveryFailing", "FaultlineSnapshotsLate"])
    watch.broker.process.send_signal(signal.SIGCONT)
    watch.quiet()


def a_dead_kafka_is_one_page(watch: Watch) -> None:
    watch.broker.kill()
    watch.told(["FaultlineKafkaDown"])
    eventually(lambda: "FaultlineEvidenceSilent" in suppressed(watch.alertmanager))
    told = {path: told for path, told in watch.receiver.told.items() if path != "/watchdog"}
    assert told == {PAGE: {"FaultlineKafkaDown"}}
    watch.broker.start()
    watch.quiet()
