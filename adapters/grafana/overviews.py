"""Dashboards of all at once: for who answers for the service, and for who runs it."""

from __future__ import annotations

from typing import Final

from adapters.grafana.declaration import Dashboard, Panel

_FLOWS: Final = 'job=~"faultline-.+"'

EXECUTIVE: Final = Dashboard(
    "executive",
    "Faultline: the storm and the service",
    (
        Panel(
            "Customers without power",
            "The sum over the open outages, as published.",
            "short",
            "FaultlinePictureStale",
            (("sum(faultline_customers_out)", "customers"),),
            single=True,
        ),
        Panel(
            "Open outages",
            "Published and open.",
            "short",
            "FaultlinePictureStale",
            (("sum(faultline_open_outages)", "outages"),),
            single=True,
        ),
        Panel(
            "Age of the picture",
            "How far the evidence that is known is behind the present; promised are 30 seconds.",
            "s",
            "FaultlinePictureStale",
            (("cluster:faultline_watermark_lag_seconds:max", "age"),),
            single=True,
        ),
        Panel(
            "Zones that nobody sees",
            "Set aside since a rule failed in them.",
            "short",
            "FaultlineZonesSetAside",
            (("sum(faultline_quarantined_zones)", "zones"),),
            single=True,
        ),
        Panel(
            "Customers without power",
            "The curve of the storm.",
            "short",
            "FaultlinePictureStale",
            (("sum(faultline_customers_out)", "customers"),),
        ),
        Panel(
            "Promises kept",
            "Share of the hour with a fresh picture, and of the revisions that were on their way within a minute.",
            "percentunit",
            "FaultlineDetectionLate",
            (
                ("1 - cluster:faultline_stale:ratio_1h", "fresh"),
                ("1 - cluster:faultline_late:ratio_rate1h", "in time"),
            ),
        ),
        Panel(
            "Zones with most customers out",
            "Ten of them.",
            "short",
            "FaultlineZonesSetAside",
            (("topk(10, faultline_customers_out)", "{{zone}}"),),
        ),
        Panel(
            "Alerts that stand",
            "The watchdog always does.",
            "short",
            "FaultlineWatchdog",
            (('count by (alertname) (ALERTS{service="faultline",alertstate="firing"})', "{{alertname}}"),),
        ),
    ),
)
FLOWS: Final = Dashboard(
    "flows",
    "Faultline: the flows",
    (
        Panel(
            "Records read",
            "By what became of them.",
            "cps",
            "FaultlineSomeRecordsRefused",
            (("sum by (job, outcome) (rate(faultline_messages_read_total[5m]))", "{{job}} {{outcome}}"),),
        ),
        Panel(
            "Evidence",
            "Rows appended by ingest and taken by outages: the same in the long run.",
            "cps",
            "FaultlineEvidenceSilent",
            (("sum by (job) (rate(faultline_evidence_rows_total[5m]))", "{{job}}"),),
        ),
        Panel(
            "Records refused",
            "By the reason.",
            "cps",
            "FaultlineRecordsRefused",
            (
                (
                    "sum by (topic, disposition) (rate(faultline_dead_letters_total[5m])) > 0",
                    "{{topic}} {{disposition}}",
                ),
            ),
        ),
        Panel(
            "From the fact to the broker",
            "Of revisions of outages.",
            "s",
            "FaultlineDetectionLate",
            tuple(
                (
                    f"histogram_quantile({share}, sum by (le) (rate(faultline_end_to_end_delay_seconds_bucket[5m])))",
                    f"{share * 100:g} %",
                )
                for share in (0.5, 0.99)
            ),
        ),
        Panel(
            "Share of a processor",
            "Work of the engine and of ingest: near 1 there is no more to be had.",
            "percentunit",
            "FaultlinePictureStale",
            (
                ("rate(faultline_evaluation_seconds_sum[5m])", "outages {{instance}}"),
                ("rate(faultline_conversion_seconds_sum[5m])", "ingest {{instance}}"),
                (f"rate(process_cpu_seconds_total{{{_FLOWS}}}[5m])", "all of {{job}} {{instance}}"),
            ),
        ),
        Panel(
            "Memory",
            "Resident, by process.",
            "bytes",
            "FaultlineProcessDown",
            ((f"process_resident_memory_bytes{{{_FLOWS}}}", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Age of the last snapshot",
            "They are due every ten seconds.",
            "s",
            "FaultlineSnapshotsLate",
            (("max by (job, instance) (faultline_epoch_age_seconds)", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Kafka's troubles",
            "Errors that the clients go on trying after, and time in which writes waited.",
            "short",
            "FaultlineKafkaDown",
            (
                ("sum by (job, kind) (increase(faultline_broker_errors_total[5m]))", "{{job}} {{kind}}"),
                ("sum by (job) (rate(faultline_queue_full_seconds_total[5m]))", "{{job}} waits"),
            ),
        ),
        Panel(
            "Processes",
            "That Prometheus reaches.",
            "short",
            "FaultlineAbsent",
            ((f"sum by (job) (up{{{_FLOWS}}})", "{{job}}"),),
        ),
        Panel(
            "Starts",
            "Within half an hour.",
            "short",
            "FaultlineRestarting",
            ((f"changes(process_start_time_seconds{{{_FLOWS}}}[30m])", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Versions",
            "Of Faultline and of the network, by process.",
            "short",
            "FaultlineVersionsDiffer",
            (
                (
                    "count by (flow, version, network_version) (faultline_build_info)",
                    "{{flow}} {{version}} {{network_version}}",
                ),
            ),
        ),
        Panel(
            "Clocks corrected",
            "Times of senders that the arrival contradicts.",
            "cps",
            "FaultlineClocksWrong",
            (("sum by (topic, reason) (rate(faultline_clocks_corrected_total[5m]))", "{{topic}} {{reason}}"),),
        ),
        Panel(
            "What became of the canary's outages",
            "Within the hour; all are to be right.",
            "short",
            "FaultlineCanaryWrong",
            (
                ("sum by (outcome) (increase(faultline_canary_outages_total[1h]))", "found {{outcome}}"),
                ("sum by (outcome) (increase(faultline_canary_restorations_total[1h]))", "over {{outcome}}"),
            ),
        ),
        Panel(
            "Delays of the canary's outages",
            "Medians of the hour: found after the first message, read after the instant, over after the last message.",
            "s",
            "FaultlineCanaryLate",
            tuple(
                (
                    f"histogram_quantile(0.5, sum by (le) (rate(faultline_canary_{what}_seconds_bucket[1h])))",
                    what,
                )
                for what in ("detection", "publication", "restoration")
            ),
        ),
    ),
)
