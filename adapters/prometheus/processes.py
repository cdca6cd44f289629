"""Alerts on processes: absent, down, restarting, cut off from Kafka; and the switch that tells that alerts arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.prometheus.declaration import JOB, Alert, Group
from models.contracts.registry import OUTAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALL_DOWN: Final = 'faultline_broker_errors_total{kind="all_down"}'


def _no_kafka(window: str) -> str:
    """All brokers were away, and ingest has written nothing for so long."""
    return (
        f"sum(increase({_ALL_DOWN}[1h])) > 0\n"
        f'unless on () sum(rate(faultline_written_bytes_total{{job="faultline-ingest"}}[{window}])) > 0'
    )


def _absent(flow: str) -> Alert:
    felt = "nobody sees outages" if flow in {"ingest", OUTAGES} else "its topics stay as they are"
    return Alert(
        name="FaultlineAbsent",
        expression=f'absent(up{{job="{JOB}{flow}"}} == 1)',
        wait="3m",
        severity="page",
        summary=f"No process of {flow} is alive",
        description=f"Prometheus reaches no process of the flow {flow} since 3 minutes: {felt}.",
        labels={"flow": flow},
    )


def process_alerts(flows: Iterable[str]) -> Group:
    """Give the alerts on processes, of which one stands for each flow."""
    return Group("faultline-processes", (_WATCHDOG, *map(_absent, flows), *_PROCESSES))


_WATCHDOG: Final = Alert(
    name="FaultlineWatchdog",
    expression="vector(1)",
    severity="none",
    summary="Alerts arrive",
    description="It always fires. Who receives it raises the alarm when it stays away.",
)
_PROCESSES: Final = (
    Alert(
        name="FaultlineProcessDown",
        expression='up{job=~"faultline-.+",job!~"faultline-(connector|canary)"} == 0',
        wait="5m",
        severity="page",
        summary="A process is down, and nobody else has its partitions",
        description="{{ $labels.job }} at {{ $labels.instance }} does not answer since 5 minutes.",
    ),
    Alert(
        name="FaultlineKafkaDown",
        # A process that finds no broker ends, and tells nothing any more: what it told last counts for an hour. Two
        # minutes without a write are wait enough: this has to stand before all that it stands for.
        expression=_no_kafka("2m"),
        severity="page",
        summary="Kafka is down",
        description="All brokers were away {{ $value | humanize }} times within the hour, and ingest writes nothing.",
    ),
    Alert(
        name="FaultlineRestarting",
        expression='changes(process_start_time_seconds{job=~"faultline-.+"}[30m]) >= 3',
        severity="page",
        summary="A process starts again and again",
        description="{{ $labels.job }} at {{ $labels.instance }} was started {{ $value }} times in half an hour.",
    ),
    Alert(
        name="FaultlineDeliveryFailing",
        # Before the process gives up, after 180 seconds: with it ends whatever it could have told. Of a Kafka that is
        # down a page tells, which comes a little later.
        expression="(max by (job, instance) (faultline_epoch_age_seconds) > 60\n"
        "and sum by (job, instance) (rate(faultline_written_bytes_total[1m])) == 0\n"
        "or max by (job, instance) (faultline_connector_checkpoint_age_seconds) > 60)\n"
        f"unless on () ({_no_kafka('1m')})",
        wait="30s",
        severity="ticket",
        summary="Kafka does not acknowledge records",
        description="{{ $labels.job }} at {{ $labels.instance }} waits since {{ $value | humanizeDuration }}.",
    ),
    Alert(
        name="FaultlineSnapshotsLate",
        expression="max by (job, instance) (faultline_epoch_age_seconds) > 90",
        wait="1m",
        severity="ticket",
        summary="Snapshots do not become durable",
        description="{{ $labels.job }} at {{ $labels.instance }}: the last one is {{ $value | humanizeDuration }} old.",
    ),
    Alert(
        name="FaultlineVersionsDiffer",
        expression="count by (flow) (count by (flow, version, network_version) (faultline_build_info)) > 1",
        wait="1h",
        severity="ticket",
        summary="Processes of a flow run different versions",
        description="{{ $labels.flow }} runs {{ $value }} versions of Faultline or of the network since an hour.",
    ),
)
