"""Alerts on what the flows see: zones set aside, origins left out, clocks that stand, records that are refused."""

from __future__ import annotations

from typing import Final

from adapters.prometheus.declaration import Alert, Group

_JUDGED: Final = 'faultline_messages_read_total{outcome=~"used|unused|refused"}'
_REFUSED: Final = f"sum by (topic) (rate(faultline_dead_letters_total[15m]))\n  / sum by (topic) (rate({_JUDGED}[15m]))"
_ENOUGH: Final = f"sum by (topic) (increase({_JUDGED}[15m])) > 100"
_CORRECTED: Final = (
    "sum by (topic) (rate(faultline_clocks_corrected_total[1h]))\n"
    '  / sum by (topic) (rate(faultline_evidence_rows_total{job="faultline-outages"}[1h]))'
)

EVIDENCE: Final = Group(
    "faultline-evidence",
    (
        Alert(
            name="FaultlineZonesSetAside",
            expression="sum(faultline_quarantined_zones) > 0",
            wait="1m",
            severity="page",
            summary="Zones are set aside: nobody sees their outages",
            description="{{ $value }} zones are set aside since a rule failed in them.",
        ),
        Alert(
            name="FaultlineClockStands",
            expression="max(faultline_clock_standing_seconds) > 60",
            wait="1m",
            severity="page",
            summary="Evidence comes, but the engine's clock stands",
            description="The clock of an evidence partition stands since {{ $value | humanizeDuration }}.",
        ),
        Alert(
            name="FaultlineEvidenceSilent",
            expression="max by (partition) (faultline_evidence_silence_seconds) > 60",
            # Longer than a dead Kafka, or an ingest of which no process is alive, takes to be told by its own name.
            wait="3m",
            severity="page",
            summary="No evidence comes in a partition",
            description="Nothing came in evidence partition {{ $labels.partition }} since "
            "{{ $value | humanizeDuration }}: ingest appends something every second if it works.",
        ),
        Alert(
            name="FaultlineOriginLeftOut",
            expression="sum by (topic) (max by (topic, partition) (faultline_origin_left_out)) > 0",
            wait="3m",
            severity="page",
            summary="A part of the raw records is not read",
            description="{{ $value }} partitions of {{ $labels.topic }} are left out: outages there are degraded.",
        ),
        Alert(
            name="FaultlineRecordsRefused",
            expression=f"{_REFUSED} > 0.2\nand {_ENOUGH}",
            wait="5m",
            severity="page",
            summary="A great part of the records is refused",
            description="{{ $value | humanizePercentage }} of {{ $labels.topic }} go to the dead letters: "
            "what they say is not seen.",
        ),
        Alert(
            name="FaultlineSomeRecordsRefused",
            expression=f"{_REFUSED} > 0.01\nand {_ENOUGH}",
            wait="15m",
            severity="ticket",
            summary="Records are refused",
            description="{{ $value | humanizePercentage }} of {{ $labels.topic }} go to the dead letters.",
        ),
        Alert(
            name="FaultlineForeignRecords",
            expression='sum by (job, topic) (increase(faultline_messages_read_total{outcome="foreign"}[15m])) > 0',
            severity="ticket",
            summary="Records that cannot be followed stand in a topic of Faultline's",
            description="{{ $labels.job }} passed over {{ $value | humanize }} records of {{ $labels.topic }}.",
        ),
        Alert(
            name="FaultlineClocksWrong",
            expression=f"{_CORRECTED} > 0.05",
            wait="15m",
            severity="ticket",
            summary="The clock of a sender is wrong",
            description="{{ $value | humanizePercentage }} of the times in {{ $labels.topic }} were corrected.",
        ),
    ),
)
