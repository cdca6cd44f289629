"""The settings of the OPC UA connector, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from adapters.connectors.settings import ConnectorSettings

SecurityPolicy = Literal["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss", "None"]
SecurityMode = Literal["Sign", "SignAndEncrypt", "None"]


class EndpointSettings(BaseModel):
    """A server, or the redundant set of servers of one control system: they have the same nodes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,80}$", description="Name of the system, in ids and as `source`.")
    urls: list[str] = Field(min_length=1, description="opc.tcp addresses, of a redundant set several.")
    security_policy: SecurityPolicy = Field("Basic256Sha256", description="None only where it is asked for here.")
    security_mode: SecurityMode = Field("SignAndEncrypt", description="None goes with the policy None alone.")
    user: str | None = Field(None, description="Who we are, with a password.")
    password_file: Path | None = Field(None, description="File with the user's password.")
    user_certificate_file: Path | None = Field(None, description="Who we are, by a certificate in PEM or DER form.")
    user_key_file: Path | None = Field(None, description="The user certificate's key.")
    publishing_seconds: float = Field(0.25, ge=0.01, description="How often the server publishes.")
    keep_alive_count: int = Field(8, ge=1, description="Publishing intervals without news after which it says so.")
    lifetime_seconds: float = Field(
        600.0, gt=0, description="How long the server keeps what a lost link has not taken."
    )
    queue_size: int = Field(100, ge=1, description="Values of a node that the server keeps for us.")
    items_per_call: int = Field(1000, ge=1, description="Nodes in one request; the server's own limits count as well.")
    alarms: bool = Field(default=True, description="Follow conditions, where the mapping has points of kind alarm.")
    history: bool = Field(default=False, description="Fill gaps from the server's history.")
    timeout_seconds: float = Field(5.0, gt=0, description="How long an answer may take.")
    probe_seconds: float = Field(2.0, gt=0, description="How often the server's state and ServiceLevel are read.")
    retry_seconds: float = Field(30.0, gt=0, description="The longest wait before the next try.")


class OpcUaSettings(ConnectorSettings):
    """What the OPC UA connector can be told."""

    application_uri: str = Field("urn:faultline:connector", description="Our name in our certificate.")
    certificate_file: Path | None = Field(None, description="Our certificate in DER form; made if it is not there.")
    key_file: Path | None = Field(None, description="Our certificate's key in PEM form; made if it is not there.")
    trust: Path | None = Field(
        None, description="Folder of the certificates, or authorities, of servers that are trusted; and of CRLs."
    )
    endpoints: list[EndpointSettings] = Field(min_length=1, description="The systems.")


def settings_faults(settings: OpcUaSettings) -> list[str]:
    """Say what is wrong with settings of which each for itself is sound, all of it."""
    names = [endpoint.name for endpoint in settings.endpoints]
    faults = [
        f"endpoint {name}: stands twice; give each its own name" for name in sorted({*names}) if names.count(name) > 1
    ]
    for endpoint in settings.endpoints:
        faults += [f"endpoint {endpoint.name}: {fault}" for fault in _endpoint_faults(endpoint)]
    if any(endpoint.security_policy != "None" for endpoint in settings.endpoints):
        needed = {"certificate_file": settings.certificate_file, "key_file": settings.key_file, "trust": settings.trust}
        faults += [
            f"setting {name} is missing; give it, or security_policy None by name"
            for name, path in needed.items()
            if path is None
        ]
        if settings.trust is not None and not settings.trust.is_dir():
            faults.append(f"trust {settings.trust}: is no folder; make it, and put the servers' certificates there")
    return faults


def _endpoint_faults(endpoint: EndpointSettings) -> list[str]:
    faults = [
        f"url {url.rpartition('@')[2]} is none; write opc.tcp://host:port/path, and no user in it"
        for url in endpoint.urls
        if not _is_address(url)
    ]
    if (endpoint.security_policy == "None") != (endpoint.security_mode == "None"):
        faults.append("policy None and mode None go together; give both, or neither")
    if (endpoint.user is None) != (endpoint.password_file is None):
        faults.append("user and password_file go together; give both, or neither")
    if (endpoint.user_certificate_file is None) != (endpoint.user_key_file is None):
        faults.append("user_certificate_file and user_key_file go together; give both, or neither")
    if endpoint.user is not None and endpoint.user_certificate_file is not None:
        faults.append("a user has a password or a certificate; give one of them")
    if endpoint.user is not None and endpoint.security_policy == "None":
        faults.append("a password would go in the clear; give a security_policy")
    files = endpoint.password_file, endpoint.user_certificate_file, endpoint.user_key_file
    return faults + [
        f"{path}: no such file; check the path" for path in files if path is not None and not path.is_file()
    ]


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "opc.tcp" and bool(parts.hostname) and parts.port is not None and "@" not in parts.netloc
    except ValueError:
        return False
