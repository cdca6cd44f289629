"""What is promised, how much of it is used up, and how fast: burn rates over several windows.

Promised are a picture that is at most 30 seconds old for 99.5 % of the time, and 99 % of the revisions of outages on
their way within 60 seconds. A window counts only with enough revisions in it: one late one on a quiet day is no trend.
"""

from __future__ import annotations

from typing import Final

from adapters.prometheus.declaration import Alert, Group, Recording

FRESH_SECONDS: Final = 30
DETECTION_SECONDS: Final = 60
_FRESH_BUDGET: Final = 0.005
_DETECTION_BUDGET: Final = 0.01
_LEAST_REVISIONS: Final = 50
_WINDOWS: Final = ("5m", "30m", "1h", "6h", "3d")
_PAGES: Final = (("1h", "5m", 14.4), ("6h", "30m", 6.0))
"""Long window, short window, and how many times too fast: 2 % of a month's budget in an hour, 5 % in six."""
_TICKETS: Final = (("3d", "6h", 1.0),)
_LAG: Final = "cluster:faultline_watermark_lag_seconds:max"
_FRESH: Final = "cluster:faultline_fresh:bool"


def _stale(window: str) -> str:
    return f"cluster:faultline_stale:ratio_{window}"


def _late(window: str) -> str:
    return f"cluster:faultline_late:ratio_rate{window}"


def _revisions(window: str) -> str:
    return f"cluster:faultline_revisions:increase{window}"


def _record_window(window: str) -> tuple[Recording, ...]:
    delay = "faultline_end_to_end_delay_seconds"
    in_time = f'sum(rate({delay}_bucket{{le="{DETECTION_SECONDS}.0"}}[{window}]))'
    return (
        Recording(name=_stale(window), expression=f"1 - avg_over_time({_FRESH}[{window}])"),
        Recording(name=_late(window), expression=f"1 - {in_time} / (sum(rate({delay}_count[{window}])) > 0)"),
        Recording(name=_revisions(window), expression=f"sum(increase({delay}_count[{window}]))"),
    )


def _burns(windows: tuple[tuple[str, str, float], ...], budget: float, *, late: bool) -> str:
    name = _late if late else _stale
    parts = []
    for long, short, factor in windows:
        limit = f"{factor * budget:g}"
        enough = f" and {_revisions(long)} >= {_LEAST_REVISIONS}" if late else ""
        parts.append(f"({name(long)} > {limit} and {name(short)} > {limit}{enough})")
    return "\nor\n".join(parts)


RECORDING: Final = Group(
    "faultline-objectives",
    (
        Recording(
            name=_LAG,
            expression='max(faultline_watermark_lag_seconds{job="faultline-outages"}\n'
            "  unless on (instance, topic, partition) faultline_origin_left_out == 1)",
        ),
        # Where no flow tells how old the picture is, it is old.
        Recording(name=_FRESH, expression=f"({_LAG} <= bool {FRESH_SECONDS}) or on () vector(0)"),
        *(rule for window in _WINDOWS for rule in _record_window(window)),
    ),
)
_STALE: Final = "More of the time than was promised the picture of the network is older than 30 seconds."
_SLOW: Final = "More revisions of outages than was promised were on their way later than 60 seconds after the fact."
BURNING: Final = Group(
    "faultline-burn-rates",
    (
        Alert(
            name="FaultlinePictureStale",
            expression=_burns(_PAGES, _FRESH_BUDGET, late=False),
            wait="2m",
            severity="page",
            summary="People look at an old picture",
            description=f"{_STALE} {{{{ $value | humanizePercentage }}}} of the window.",
        ),
        Alert(
            name="FaultlinePictureStaleSlowly",
            expression=_burns(_TICKETS, _FRESH_BUDGET, late=False),
            wait="1h",
            severity="ticket",
            summary="The picture is old too often",
            description=f"{_STALE} {{{{ $value | humanizePercentage }}}} of three days.",
        ),
        Alert(
            name="FaultlineDetectionLate",
            expression=_burns(_PAGES, _DETECTION_BUDGET, late=True),
            wait="2m",
            severity="page",
            summary="Outages are published late",
            description=f"{_SLOW} {{{{ $value | humanizePercentage }}}} of them in the window.",
        ),
        Alert(
            name="FaultlineDetectionLateSlowly",
            expression=_burns(_TICKETS, _DETECTION_BUDGET, late=True),
            wait="1h",
            severity="ticket",
            summary="Outages are published late too often",
            description=f"{_SLOW} {{{{ $value | humanizePercentage }}}} of them in three days.",
        ),
    ),
)
