"""Alerts on connectors: links that are lost, values that are lost, certificates that end."""

from __future__ import annotations

from typing import Final

from adapters.prometheus.declaration import Alert, Group

_DAY: Final = 86_400
_CERTIFICATE: Final = "min by (job, instance, link) (faultline_connector_certificate_seconds)"

CONNECTORS: Final = Group(
    "faultline-connectors",
    (
        Alert(
            name="FaultlineConnectorAbsent",
            # A connector is known by having been there: Prometheus forgets a pod that is gone.
            expression='group by (pod) (max_over_time(up{job="faultline-connector"}[1d]))\n'
            'unless group by (pod) (up{job="faultline-connector"} == 1)',
            wait="5m",
            severity="page",
            summary="A connector is gone",
            description="{{ $labels.pod }} was there within the day and does not answer since 5 minutes.",
        ),
        Alert(
            name="FaultlineLinkLost",
            expression='max by (instance, link) (faultline_connector_state{state=~"stale|lost"}) == 1',
            wait="2m",
            severity="page",
            summary="A control system is not heard",
            description="Nothing comes by the link {{ $labels.link }} of {{ $labels.instance }} since 2 minutes.",
        ),
        Alert(
            name="FaultlineLinkDegraded",
            expression='max by (instance, link) (faultline_connector_state{state="degraded"}) == 1',
            wait="30m",
            severity="ticket",
            summary="A control system is heard in part",
            description="The link {{ $labels.link }} of {{ $labels.instance }} is degraded since half an hour.",
        ),
        Alert(
            name="FaultlineValuesLost",
            expression="sum by (instance, event) "
            '(increase(faultline_connector_events_total{event=~"server_overflow|queue_overflow|packet_lost"}[15m]))'
            " > 0",
            severity="ticket",
            summary="Values of a control system were lost",
            description="{{ $labels.instance }} counted {{ $labels.event }} {{ $value | humanize }} times.",
        ),
        Alert(
            name="FaultlinePointsMissing",
            expression="max by (instance, link) (faultline_connector_points_missing) > 0",
            wait="30m",
            severity="ticket",
            summary="Points of the mapping are not reported",
            description="{{ $value }} points of the link {{ $labels.link }} are not reported since half an hour.",
        ),
        Alert(
            name="FaultlineCertificateEnds",
            expression=f"{_CERTIFICATE} < {14 * _DAY} > {2 * _DAY}",
            wait="1h",
            severity="ticket",
            summary="A certificate ends soon",
            description="The certificate of {{ $labels.link }} ends in {{ $value | humanizeDuration }}.",
        ),
        Alert(
            name="FaultlineCertificateEndsNow",
            expression=f"{_CERTIFICATE} <= {2 * _DAY}",
            wait="5m",
            severity="page",
            summary="A certificate ends within two days, and with it a link",
            description="The certificate of {{ $labels.link }} ends in {{ $value | humanizeDuration }}.",
        ),
    ),
)
