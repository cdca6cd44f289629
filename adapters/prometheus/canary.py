"""Alerts on the canary: what it makes is not found, is found wrong or late, or it is gone."""

from __future__ import annotations

from typing import Final

from adapters.prometheus.declaration import Alert, Group

_ENDED: Final = "increase(faultline_canary_outages_total[6h])"
_LATE: Final = "increase(faultline_canary_publication_seconds_bucket"

CANARY: Final = Group(
    "faultline-canary",
    (
        Alert(
            name="FaultlineCanaryMissed",
            expression="max by (partition) (faultline_canary_success_age_seconds) > 3600",
            wait="5m",
            severity="page",
            summary="Outages that were made are not found",
            description="Of partition {{ $labels.partition }} no outage of the canary was found and over since "
            "{{ $value | humanizeDuration }}: nobody knows whether real ones are seen.",
        ),
        Alert(
            name="FaultlineCanaryLate",
            # Half of at least four: what waits in one partition moves the median of a quiet hour.
            expression=f'sum({_LATE}{{le="60.0"}}[1h]))\n  < 0.5 * sum({_LATE}{{le="+Inf"}}[1h]))\n'
            f'and sum({_LATE}{{le="+Inf"}}[1h])) > 3',
            severity="page",
            summary="Outages that were made are published late",
            description="Only {{ $value | humanize }} of the canary's outages within the hour could be read within a "
            "minute of their instant.",
        ),
        Alert(
            name="FaultlineCanaryWrong",
            expression=f'sum(increase(faultline_canary_outages_total{{outcome!="right"}}[6h]))\n'
            f"  / sum({_ENDED}) > 0.2\nand sum({_ENDED}) > 20",
            wait="15m",
            severity="ticket",
            summary="Outages that were made are not understood",
            description="{{ $value | humanizePercentage }} of the canary's outages within six hours were missed, or "
            "found at another device.",
        ),
        Alert(
            name="FaultlineCanaryAbsent",
            # As a connector it is known by having been there: not every site has one.
            expression='group by (job) (max_over_time(up{job="faultline-canary"}[1d]))\n'
            'unless group by (job) (up{job="faultline-canary"} == 1)',
            wait="15m",
            severity="ticket",
            summary="The canary is gone",
            description="It was there within the day and does not answer since 15 minutes.",
        ),
    ),
)
