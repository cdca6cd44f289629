"""Dashboards of one thing at a time: a flow's partitions, a connector's links."""

from __future__ import annotations

from typing import Final

from adapters.grafana.declaration import Dashboard, Panel, Variable

_FLOW: Final = 'job="faultline-$flow",partition=~"$partition"'
_PARTITION: Final = 'partition=~"$partition"'
_LINK: Final = 'instance=~"$connector"'

PARTITIONS: Final = Dashboard(
    "partitions",
    "Faultline: a flow's partitions",
    (
        Panel(
            "Records still to be read",
            "It returns to about nothing after each wave.",
            "short",
            "FaultlinePictureStale",
            ((f"max by (topic, partition) (faultline_consumer_lag_records{{{_FLOW}}})", "{{topic}} {{partition}}"),),
        ),
        Panel(
            "Age of what is known",
            "By origin, as this flow sees it.",
            "s",
            "FaultlinePictureStale",
            ((f"max by (topic, partition) (faultline_watermark_lag_seconds{{{_FLOW}}})", "{{topic}} {{partition}}"),),
        ),
        Panel(
            "Origins left out",
            "1 while the clock goes on without them.",
            "bool_yes_no",
            "FaultlineOriginLeftOut",
            ((f"max by (topic, partition) (faultline_origin_left_out{{{_PARTITION}}})", "{{topic}} {{partition}}"),),
        ),
        Panel(
            "Silence of the evidence log",
            "Ingest appends something every second.",
            "s",
            "FaultlineEvidenceSilent",
            ((f"max by (partition) (faultline_evidence_silence_seconds{{{_PARTITION}}})", "{{partition}}"),),
        ),
        Panel(
            "Since an outage of the canary was found and over",
            "On each partition in turn.",
            "s",
            "FaultlineCanaryMissed",
            ((f"max by (partition) (faultline_canary_success_age_seconds{{{_PARTITION}}})", "{{partition}}"),),
        ),
        Panel(
            "Clock that stands",
            "Although evidence comes.",
            "s",
            "FaultlineClockStands",
            (("max by (instance) (faultline_clock_standing_seconds)", "{{instance}}"),),
        ),
        Panel(
            "Rebuild",
            "Share of what was to be read at the start that is read.",
            "percentunit",
            "FaultlinePictureStale",
            (("min by (instance) (faultline_rebuild_progress_ratio)", "{{instance}}"),),
        ),
        Panel(
            "State",
            "What a snapshot writes.",
            "bytes",
            "FaultlineSnapshotsLate",
            (("max by (instance) (faultline_snapshot_bytes)", "{{instance}}"),),
        ),
        Panel(
            "Records written",
            "By topic; withheld since they stood there already.",
            "cps",
            "FaultlineDeliveryFailing",
            (
                (
                    'sum by (topic, outcome) (rate(faultline_messages_written_total{job="faultline-$flow"}[5m]))',
                    "{{topic}} {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Records passed over",
            "That cannot be followed, or came twice.",
            "short",
            "FaultlineForeignRecords",
            (
                (
                    'sum by (topic) (increase(faultline_messages_read_total{job="faultline-$flow"}[1h]))',
                    "read {{topic}}",
                ),
                ("sum by (topic, reason) (increase(faultline_copies_dropped_total[1h]))", "{{topic}} {{reason}}"),
            ),
        ),
    ),
    (
        Variable("flow", "faultline_build_info", "flow"),
        Variable("partition", "faultline_consumer_lag_records", "partition"),
    ),
)
CONNECTORS: Final = Dashboard(
    "connectors",
    "Faultline: a connector's links",
    (
        Panel(
            "State of the links",
            "The state that is 1.",
            "short",
            "FaultlineLinkLost",
            ((f"max by (link, state) (faultline_connector_state{{{_LINK}}}) == 1", "{{link}} {{state}}"),),
        ),
        Panel(
            "Events",
            "What came from the other side.",
            "cps",
            "FaultlineValuesLost",
            ((f"sum by (event) (rate(faultline_connector_events_total{{{_LINK}}}[5m]))", "{{event}}"),),
        ),
        Panel(
            "Records written",
            "And acknowledged by Kafka.",
            "cps",
            "FaultlineDeliveryFailing",
            ((f"sum by (topic) (rate(faultline_connector_written_total{{{_LINK}}}[5m]))", "{{topic}}"),),
        ),
        Panel(
            "Queue for Kafka",
            "It returns to about nothing.",
            "short",
            "FaultlineValuesLost",
            ((f"max by (instance) (faultline_connector_queue_records{{{_LINK}}})", "{{instance}}"),),
        ),
        Panel(
            "Silence",
            "Since anything came, were it a keep-alive.",
            "s",
            "FaultlineLinkLost",
            ((f"max by (link) (faultline_connector_silence_seconds{{{_LINK}}})", "{{link}}"),),
        ),
        Panel(
            "Lag of values",
            "From the source's time to the arrival.",
            "s",
            "FaultlineLinkDegraded",
            ((f"max by (link) (faultline_connector_value_lag_seconds{{{_LINK}}})", "{{link}}"),),
        ),
        Panel(
            "ServiceLevel",
            "Of the server in use: below 200 it is degraded.",
            "short",
            "FaultlineLinkDegraded",
            ((f"min by (link) (faultline_connector_service_level{{{_LINK}}})", "{{link}}"),),
        ),
        Panel(
            "Points that are not reported",
            "Of the mapping.",
            "short",
            "FaultlinePointsMissing",
            ((f"max by (link) (faultline_connector_points_missing{{{_LINK}}})", "{{link}}"),),
        ),
        Panel(
            "Alarms",
            "Conditions that hold.",
            "short",
            "FaultlineLinkDegraded",
            ((f"max by (link) (faultline_connector_alarms{{{_LINK}}})", "{{link}}"),),
        ),
        Panel(
            "Days of the certificates",
            "Until they end.",
            "d",
            "FaultlineCertificateEnds",
            ((f"min by (link) (faultline_connector_certificate_seconds{{{_LINK}}}) / 86400", "{{link}}"),),
        ),
        Panel(
            "Age of the checkpoint",
            "Above a few seconds Kafka does not acknowledge.",
            "s",
            "FaultlineDeliveryFailing",
            ((f"max by (instance) (faultline_connector_checkpoint_age_seconds{{{_LINK}}})", "{{instance}}"),),
        ),
    ),
    (Variable("connector", "faultline_connector_state", "instance"),),
)
