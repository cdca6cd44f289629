"""What happened while a gateway could not be read, from the history behind it (OPC UA Web API, `/historyread`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.connectors.clock import now_us
from adapters.gateways.answers import BAD, BOTH, results_of, status_of, web_api_sample
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from adapters.gateways.http_client import HttpClient
    from models.telemetry.reports import Sample

PATH: Final = "/historyread"
RAW: Final = "i=647"
"""The data type ReadRawModifiedDetails."""
MOST_NODES: Final = 100
MOST_ROUNDS: Final = 10_000
_Waiting = list[tuple[int, str, str | None]]


def read_history(
    client: HttpClient, node_ids: Sequence[str], zone: ZoneInfo | None, begin: int, end: int
) -> tuple[list[tuple[int, Sample]], set[int]]:
    """Read values between two moments, milliseconds; in the order of each node, and the places that were answered.

    A node without history is not answered: its gap stands. Raises `GatewayError`.
    """
    samples: list[tuple[int, Sample]] = []
    answered: set[int] = set()
    for start in range(0, len(node_ids), MOST_NODES):
        some = enumerate(node_ids[start : start + MOST_NODES], start)
        waiting: _Waiting = [(place, node_id, None) for place, node_id in some]
        for _ in range(MOST_ROUNDS):
            if not waiting:
                break
            answer = client.post(PATH, _request(waiting, begin, end))
            results = results_of(PATH, answer, len(waiting))
            waiting = _take(waiting, results, zone, samples, answered)
    return [(place, sample) for place, sample in samples if place in answered], answered


def _request(waiting: _Waiting, begin: int, end: int) -> dict[str, Any]:
    details = {"UaTypeId": RAW, "IsReadModified": False, "StartTime": format_time(begin), "EndTime": format_time(end)}
    return {
        "HistoryReadDetails": details | {"NumValuesPerNode": 0, "ReturnBounds": False},
        "TimestampsToReturn": BOTH,
        "ReleaseContinuationPoints": False,
        "NodesToRead": [
            {"NodeId": node_id} | ({"ContinuationPoint": point} if point else {}) for _, node_id, point in waiting
        ],
    }


def _take(
    waiting: _Waiting,
    results: list[dict[str, Any]],
    zone: ZoneInfo | None,
    samples: list[tuple[int, Sample]],
    answered: set[int],
) -> _Waiting:
    """Take what came of each node; returns those of which there is more."""
    following: _Waiting = []
    arrival = now_us()
    for (place, node_id, before), result in zip(waiting, results, strict=True):
        values = _values(result)
        if status_of(result.get("StatusCode", result.get("Status"))) & BAD or values is None:
            continue
        samples += [(place, web_api_sample(value, zone, arrival)) for value in values]
        point = result.get("ContinuationPoint")
        if isinstance(point, str) and point and point != before:
            following.append((place, node_id, point))
        else:
            answered.add(place)
    return following


def _values(result: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Give the values of a node's HistoryData, whose members stand beside its type, or below it; None if unreadable."""
    data = result.get("HistoryData")
    data = data.get("UaBody", data) if isinstance(data, dict) else None
    values = data.get("DataValues") if isinstance(data, dict) else None
    if values is None and isinstance(data, dict):
        return []  # an empty list may be left out
    return values if isinstance(values, list) and all(isinstance(one, dict) for one in values) else None
