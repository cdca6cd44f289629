"""Trying a connector's settings against its live servers: what would be followed, and what would not."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from asyncua import ua

from adapters.connectors.clock import now_us
from adapters.gateways.alarms import event_filter
from adapters.gateways.answers import BAD, READERS
from adapters.gateways.http_client import GatewayError, HttpClient
from adapters.gateways.subscription import Subscription
from adapters.opcua.connection import UNREACHABLE, Opened, find_endpoints, open_session, shown_endpoint
from adapters.opcua.data_values import sample_of
from adapters.opcua.failures import unreachable
from adapters.opcua.guards.client import RefusedError
from adapters.opcua.node_ids import to_node_id
from adapters.opcua.servers import service_level
from cli.connect.service import identity_of
from cli.connect.settings import is_gateway, prepare_gateway, prepare_opcua
from models.telemetry.readings import UnfitError, read_value
from models.telemetry.status_codes import trust_of

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.gateways.settings import GatewayEndpoint
    from adapters.opcua.connection import Identity
    from adapters.opcua.settings import EndpointSettings
    from models.telemetry.points import Point
    from models.telemetry.reports import Sample

PER_READ: Final = 500


class Finding(NamedTuple):
    """What was found of a server or a node."""

    endpoint: str
    what: str
    fault: bool
    result: str

    def text(self) -> str:
        """Write it for people."""
        return f"{'FAULT' if self.fault else 'ok   '} {self.endpoint}: {self.what}: {self.result}"


def try_connector(path: Path) -> list[Finding]:
    """Try what the settings name, servers or gateways. Raises `FaultsError` where the settings alone are wrong."""
    return _try_gateways(path) if is_gateway(path) else _try_opcua(path)


def _try_gateways(path: Path) -> list[Finding]:
    prepared = prepare_gateway(path, broker=False)
    found: list[Finding] = []
    for endpoint in prepared.settings.endpoints:
        mine = [point for point in prepared.points if point.endpoint == endpoint.name]
        zone = ZoneInfo(endpoint.time_zone) if endpoint.time_zone else None
        try:
            client = HttpClient(endpoint)
            if any(point.kind == "alarm" for point in mine):
                found.append(_try_alarms(endpoint, client, zone))
            mine = [point for point in mine if point.kind != "alarm"]
            for start in range(0, len(mine), endpoint.items_per_call):
                part = mine[start : start + endpoint.items_per_call]
                samples = READERS[endpoint.kind](client, [point.node_id for point in part], zone, now_us())
                for point, sample in zip(part, samples, strict=True):
                    found.append(Finding(endpoint.name, _what(point), *_judge(point, sample)))
        except GatewayError as error:
            found.append(
                Finding(endpoint.name, endpoint.url, fault=True, result=str(error).removeprefix(f"{endpoint.url}: "))
            )
    return found


def _try_alarms(endpoint: GatewayEndpoint, client: HttpClient, zone: ZoneInfo | None) -> Finding:
    """Try whether the server behind a Web API gives its events, and brings all alarms when it is asked."""
    subscription = Subscription(client, endpoint, zone)
    try:
        followed = subscription.follow_events(event_filter())
        if followed & BAD:
            why = f"are not followed: the server refuses its events ({ua.StatusCode(followed).name})"
            return Finding(endpoint.name, "alarms", fault=True, result=why)
        refreshed = subscription.refresh_conditions()
        told = f"; those that change while the link is down are not known: no refresh ({ua.StatusCode(refreshed).name})"
        return Finding(endpoint.name, "alarms", fault=False, result="are followed" + told * bool(refreshed & BAD))
    finally:
        subscription.close()


def _what(point: Point) -> str:
    return f"{point.device_id} {point.kind} {point.node_id}"


def _try_opcua(path: Path) -> list[Finding]:
    """Try everything, and say what was found. Raises `FaultsError` where the settings alone are wrong."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    prepared = prepare_opcua(path, broker=False)
    identity = identity_of(prepared.settings)

    async def all_of_them() -> list[Finding]:
        found: list[Finding] = []
        for endpoint in prepared.settings.endpoints:
            mine = [point for point in prepared.points if point.endpoint == endpoint.name]
            for url in endpoint.urls:
                found += await _try_server(endpoint, url, identity, mine)
        return found

    return asyncio.run(all_of_them())


async def _try_server(settings: EndpointSettings, url: str, identity: Identity, points: list[Point]) -> list[Finding]:
    found: list[Finding] = []
    try:
        offered = sorted({shown_endpoint(each) for each in await find_endpoints(settings, url)})
        found.append(Finding(settings.name, url, fault=False, result=f"offers {', '.join(offered)}"))
        opened = await open_session(settings, url, identity)
    except (RefusedError, *UNREACHABLE) as error:
        return [*found, _unreached(settings.name, url, error)]
    try:
        level = await service_level(opened)
        state = f"connected, ServiceLevel {level}, namespaces {', '.join(opened.namespaces)}"
        found.append(Finding(settings.name, url, fault=False, result=state))
        return found + await _try_nodes(settings.name, opened, points)
    except UNREACHABLE as error:
        return [*found, _unreached(settings.name, url, error)]
    finally:
        await opened.close()


def _unreached(name: str, url: str, error: BaseException) -> Finding:
    return Finding(name, url, fault=True, result=unreachable(error).removeprefix(f"{url}: "))


async def _try_nodes(name: str, opened: Opened, points: list[Point]) -> list[Finding]:
    found = []
    for start in range(0, len(points), PER_READ):
        part = points[start : start + PER_READ]
        nodes = [to_node_id(point.node_id, opened.namespaces) for point in part]
        known = [node for node in nodes if node is not None]
        values = iter(await opened.session.read(_read_parameters(known, part, nodes)) if known else [])
        for point, node in zip(part, nodes, strict=True):
            if node is None:
                found.append(Finding(name, _what(point), fault=True, result="the server has no such namespace"))
            else:
                found.append(Finding(name, _what(point), *_judge(point, sample_of(next(values), now_us()))))
    return found


def _read_parameters(known: list[Any], points: list[Point], nodes: list[Any]) -> Any:  # noqa: ANN401 (the library's)
    params = ua.ReadParameters()
    params.TimestampsToReturn = ua.TimestampsToReturn.Both
    kinds = [point.kind for point, node in zip(points, nodes, strict=True) if node is not None]
    for node, kind in zip(known, kinds, strict=True):
        wanted = ua.ReadValueId()
        wanted.NodeId = node
        wanted.AttributeId = ua.AttributeIds.NodeClass if kind == "alarm" else ua.AttributeIds.Value
        params.NodesToRead.append(wanted)
    return params


def _judge(point: Point, sample: Sample) -> tuple[bool, str]:
    status = ua.StatusCode(sample.status).name
    trust = trust_of(sample.status)
    if not trust.use_value:
        return not trust.silent and status.startswith("BadNodeId"), f"no value ({status})"
    if point.kind == "alarm":
        return False, "is there"
    try:
        reading = read_value(point, sample.value)
    except UnfitError as error:
        return True, str(error)
    says = ", ".join(f"{name} {said}" for name, said in (reading or {"says": "nothing"}).items())
    return False, f"{says} ({trust.quality}, {trust.origin}; value {sample.value!r})"
