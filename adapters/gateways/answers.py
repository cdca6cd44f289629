"""What gateways are asked, and their answers as samples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from adapters.gateways.http_client import GatewayError
from adapters.opcua.data_values import microseconds, plain
from models.telemetry.reports import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from adapters.gateways.http_client import HttpClient

VALUE: Final = 13
"""The attribute that holds a value."""
BOTH: Final = 2
"""TimestampsToReturn."""
BAD: Final = 0x8000_0000
BAD_NODE_ID_UNKNOWN: Final = 0x8034_0000


def read_web_api(client: HttpClient, node_ids: Sequence[str], zone: ZoneInfo | None, arrival: int) -> list[Sample]:
    """Read values by the OPC UA Web API (OPC 10000-6, G.3): the body is the bare ReadRequest.

    The specification calls a value's status `Status`, the published schema `StatusCode`: both are taken.
    """
    nodes = [{"NodeId": node_id, "AttributeId": VALUE} for node_id in node_ids]
    answer = client.post("/read", {"MaxAge": 0, "TimestampsToReturn": BOTH, "NodesToRead": nodes})
    return [web_api_sample(one, zone, arrival) for one in results_of("/read", answer, len(node_ids))]


def checked(path: str, answer: object) -> dict[str, Any]:
    """Give a service's response if it did what was asked. Raises `GatewayError`."""
    if not isinstance(answer, dict):
        raise GatewayError(f"{path}: answers with no response of a service; see what answers there")
    header = answer.get("ResponseHeader") or {}
    if (result := status_of(header.get("ServiceResult"))) & BAD:
        raise GatewayError(f"{path}: fails with 0x{result:08X}; see the gateway's log")
    return answer


def results_of(path: str, answer: object, wanted: int) -> list[dict[str, Any]]:
    """Give the results of a service's response, one for each of what was asked for. Raises `GatewayError`."""
    results = checked(path, answer).get("Results")
    if not isinstance(results, list) or len(results) != wanted:
        raise GatewayError(f"{path}: answers {len(results or ())} values to {wanted}; see the gateway's log")
    return [one if isinstance(one, dict) else {} for one in results]


def read_kepware(client: HttpClient, node_ids: Sequence[str], zone: ZoneInfo | None, arrival: int) -> list[Sample]:
    """Read values by Kepware's IoT gateway: `GET read?ids=…`; what it does not name in its answer it does not know."""
    query = "&".join(f"ids={quote(node_id, safe='')}" for node_id in node_ids)
    answer = client.get(f"/read?{query}")
    results = answer.get("readResults") if isinstance(answer, dict) else None
    if not isinstance(results, list):
        raise GatewayError("/read: answers without readResults; see what answers there")
    by_id = {one.get("id"): one for one in results if isinstance(one, dict)}
    return [_kepware_sample(by_id.get(node_id), zone, arrival) for node_id in node_ids]


READERS: Final = {"opcua-web-api": read_web_api, "kepware-iot": read_kepware}


def read_moment(value: object, zone: ZoneInfo | None) -> int | None:
    """Read a time, microseconds since the epoch: ISO 8601 text, or a number of milliseconds.

    None for one that names no zone where none is set: it could be anything.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value * 1000) if abs(value) < 1 << 53 else None
    try:
        moment = datetime.fromisoformat(_micro(str(value)))
    except ValueError:
        return None
    if moment.tzinfo is None:
        if zone is None:
            return None
        moment = moment.replace(tzinfo=zone)
    return microseconds(moment.astimezone(UTC))


def _micro(text: str) -> str:
    """Cut a fraction to microseconds: OPC UA writes seven digits."""
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"


def status_of(value: Any) -> int:  # noqa: ANN401 (an object, a number, or nothing, which is good)
    """Read a StatusCode; what is none is bad."""
    code = value.get("Code", 0) if isinstance(value, dict) else value
    return code & 0xFFFF_FFFF if isinstance(code, int) and not isinstance(code, bool) else 0 if code is None else BAD


def web_api_sample(one: dict[str, Any], zone: ZoneInfo | None, arrival: int) -> Sample:
    """Read a DataValue."""
    status = status_of(one.get("StatusCode", one.get("Status")))
    source, server = (read_moment(one.get(name), zone) for name in ("SourceTimestamp", "ServerTimestamp"))
    return Sample(plain(one.get("Value")), status, source, server, arrival)


def _kepware_sample(one: dict[str, Any] | None, zone: ZoneInfo | None, arrival: int) -> Sample:
    if one is None:
        return Sample(None, BAD_NODE_ID_UNKNOWN, None, None, arrival)
    status = 0 if one.get("s") is True else BAD
    return Sample(plain(one.get("v")), status, read_moment(one.get("t"), zone), None, arrival)
