"""The settings of the gateway connector, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field

from adapters.connectors.settings import ConnectorSettings

GatewayKind = Literal["opcua-web-api", "kepware-iot"]


class GatewayEndpoint(BaseModel):
    """A gateway."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,80}$", description="Name of the system, in ids and as `source`.")
    kind: GatewayKind = Field(description="OPC UA Web API (OPC 10000-6, G.3), or Kepware's IoT gateway.")
    url: str = Field(description="https address below which the gateway answers.")
    poll_seconds: float = Field(
        2.0,
        gt=0,
        description="Time between two readings: a change and back in it is not seen. With publish, of messages.",
    )
    publish: bool = Field(
        default=False, description="Of a Web API: subscribe, and wait for changes by long polling, in place of reading."
    )
    queue_size: int = Field(100, ge=1, description="With publish, values of a node that the gateway keeps for us.")
    timeout_seconds: float = Field(10.0, gt=0, description="How long an answer may take.")
    items_per_call: int = Field(500, ge=1, description="Nodes in one request.")
    history: bool = Field(default=False, description="Fill gaps from the history behind a Web API.")
    retry_seconds: float = Field(30.0, gt=0, description="The longest wait before the next try.")
    ca_file: Path | None = Field(None, description="Authorities in PEM form, in place of the system's.")
    user: str | None = Field(None, description="Who we are, with a password (basic credentials).")
    password_file: Path | None = Field(None, description="File with the user's password.")
    token_url: str | None = Field(None, description="https address that gives tokens (OAuth 2.0 client credentials).")
    client_id: str | None = Field(None, description="Who we are there.")
    client_secret_file: Path | None = Field(None, description="File with our secret there.")
    scope: str | None = Field(None, description="What the token shall be good for.")
    time_zone: str | None = Field(
        None, description="Zone of times that name none, as Europe/Berlin; without it they are not believed."
    )


class GatewaySettings(ConnectorSettings):
    """What the gateway connector can be told."""

    endpoints: list[GatewayEndpoint] = Field(min_length=1, description="The gateways.")


def gateway_faults(settings: GatewaySettings) -> list[str]:
    """Say what is wrong with settings of which each for itself is sound, all of it."""
    names = [endpoint.name for endpoint in settings.endpoints]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = [f"endpoint {name}: stands twice; give each its own name" for name in twice]
    for endpoint in settings.endpoints:
        faults += [f"endpoint {endpoint.name}: {fault}" for fault in _endpoint_faults(endpoint)]
    return faults


def _endpoint_faults(endpoint: GatewayEndpoint) -> list[str]:
    addresses = {"url": endpoint.url, **({"token_url": endpoint.token_url} if endpoint.token_url else {})}
    faults = [
        f"{name} is no https address; write https://host[:port]/path"
        for name, url in addresses.items()
        if not _is_https(url)
    ]
    if (endpoint.user is None) != (endpoint.password_file is None):
        faults.append("user and password_file go together; give both, or neither")
    oauth = (endpoint.token_url, endpoint.client_id, endpoint.client_secret_file)
    if any(oauth) and not all(oauth):
        faults.append("token_url, client_id and client_secret_file go together; give all, or none")
    if endpoint.user and endpoint.token_url:
        faults.append("it takes basic credentials or tokens; give one of them")
    if endpoint.history and endpoint.kind != "opcua-web-api":
        faults.append("a kepware-iot gateway has no history; take history out")
    if endpoint.publish and endpoint.kind != "opcua-web-api":
        faults.append("a kepware-iot gateway has no subscriptions; take publish out")
    files = endpoint.password_file, endpoint.client_secret_file, endpoint.ca_file
    faults += [f"{path}: no such file; check the path" for path in files if path is not None and not path.is_file()]
    if endpoint.time_zone is not None:
        try:
            ZoneInfo(endpoint.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            faults.append(f"time_zone {endpoint.time_zone!r} is not known; give one as Europe/Berlin or UTC")
    return faults


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
