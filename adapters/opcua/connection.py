"""Getting to a server: its endpoints, its certificate, a session. What is not trusted is refused, with words.

A server that offers less than was asked for is refused: nothing is ever negotiated down.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.connectors.source import CertificateExpiry
from adapters.kafka.connection.secret_file import read_secret
from adapters.opcua.failures import words
from adapters.opcua.guards.certificates import TrustList, read_certificate
from adapters.opcua.guards.client import GuardedClient, RefusedError, check_namespaces
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asyncua.client.ua_session import UaSession

    from adapters.opcua.settings import EndpointSettings

log: Final = logging.getLogger("faultline")

POLICIES: Final = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
    "None": security_policies.SecurityPolicyNone,
}
MODES: Final = {
    "Sign": ua.MessageSecurityMode.Sign,
    "SignAndEncrypt": ua.MessageSecurityMode.SignAndEncrypt,
    "None": ua.MessageSecurityMode.None_,
}
OWN: Final = "own"
"""In place of a link: our own certificate."""
CLOSE_SECONDS: Final = 2.0
DISCOVERY: Final = "/discovery"
UNREACHABLE: Final = (OSError, asyncio.TimeoutError, ConnectionError, ua.UaError)
"""What the library raises where a server is not there, hangs, or answers nonsense."""


@dataclass(frozen=True)
class Identity:
    """Who we are, and whom we trust."""

    application_uri: str
    certificate: Path | None = None
    key: Path | None = None
    trust: TrustList | None = None

    @cached_property
    def expiry(self) -> CertificateExpiry | None:
        """When our own certificate ends."""
        if self.certificate is None:
            return None
        own = read_certificate(self.certificate.read_bytes())
        return CertificateExpiry(OWN, int(own.not_valid_after_utc.timestamp() * 1000))


@dataclass(slots=True)
class Opened:
    """A session with a server."""

    client: Any
    url: str
    namespaces: list[str]
    certificate: CertificateExpiry | None

    @property
    def session(self) -> UaSession:
        """The services of the session."""
        return self.client.uaclient.session

    async def close(self) -> None:
        """End the session and its subscriptions."""
        with suppress(Exception):  # whatever the other side makes of it, we are done
            await asyncio.wait_for(self.client.disconnect(), CLOSE_SECONDS)
        self.client.disconnect_socket()

    async def abandon(self) -> None:
        """Leave a session whose connection is not worth anything: what waits there another session may take over."""
        self.client.disconnect_socket()
        await asyncio.sleep(0)
        await self.close()


async def open_session(settings: EndpointSettings, url: str, identity: Identity) -> Opened:
    """Open a session. Raises `RefusedError`, or one of `UNREACHABLE`; nothing takes longer than a few timeouts."""
    async with asyncio.timeout(4 * settings.timeout_seconds):
        with _understood(url):
            return await _open(settings, url, identity)


@contextmanager
def _understood(url: str) -> Iterator[None]:
    """Refuse a server of which the library cannot make anything, so that the next one gets its turn."""
    try:
        yield
    except (RefusedError, *UNREACHABLE):
        raise
    except Exception as error:
        raise RefusedError(f"{url}: cannot be understood ({words(error)}); see what answers there") from error


async def _open(settings: EndpointSettings, url: str, identity: Identity) -> Opened:
    client, expiry = _client(settings, url, identity), None
    if settings.security_policy != "None":
        expiry = await _secure(client, settings, identity)
    elif not await _offered(client, settings):
        raise RefusedError(f"{url}: does not offer security policy None")
    await _log_in(client, settings)
    await _connect(client, url)
    opened = Opened(client, url, [], expiry)
    try:
        opened.namespaces = [str(name) for name in await client.get_namespace_array() or ()]
        check_namespaces(url, opened.namespaces)
    except BaseException:
        await opened.close()
        raise
    return opened


async def find_endpoints(settings: EndpointSettings, url: str) -> list[Any]:
    """Ask a server for its endpoints, without a session. Raises as `open_session` does."""
    async with asyncio.timeout(2 * settings.timeout_seconds):
        with _understood(url):
            return await _endpoints(settings, url)


async def _endpoints(settings: EndpointSettings, url: str) -> list[Any]:
    """Ask at the address itself; where that takes nothing without security, at the one beside it that does.

    Eclipse Milo, and what is built on it, hang up at the first and list their endpoints at the second.
    """
    try:
        found: list[Any] = await _plain_client(settings, url).connect_and_get_server_endpoints()
    except ConnectionRefusedError:
        raise
    except (ConnectionError, ua.UaStatusCodeError) as error:
        try:
            found = await _plain_client(settings, url.rstrip("/") + DISCOVERY).connect_and_get_server_endpoints()
        except UNREACHABLE:
            raise error from None
    return found


def shown_endpoint(endpoint: Any) -> str:  # noqa: ANN401 (the library's)
    """Write an endpoint's security for people."""
    policy = str(endpoint.SecurityPolicyUri or "").rpartition("#")[2] or "no policy"
    return f"{policy} {MODES_BY_VALUE.get(endpoint.SecurityMode, '?')}"


MODES_BY_VALUE: Final = {mode: name for name, mode in MODES.items()}


def _plain_client(settings: EndpointSettings, url: str) -> Any:  # noqa: ANN401 (the library's)
    client = GuardedClient(url, settings.timeout_seconds)
    client.session_timeout = int(max(settings.lifetime_seconds, 30) * 1000)
    return client


def _client(settings: EndpointSettings, url: str, identity: Identity) -> Any:  # noqa: ANN401 (the library's)
    client = _plain_client(settings, url)
    client.name = client.description = f"Faultline connector {settings.name}"
    client.application_uri = identity.application_uri
    client.product_uri = "urn:faultline"
    return client


async def _offered(client: Any, settings: EndpointSettings) -> Any:  # noqa: ANN401 (the library's)
    """Give the endpoint with the policy and mode that were asked for; None where there is none."""
    endpoints = await _endpoints(settings, client.server_url.geturl())
    wanted = POLICIES[settings.security_policy].URI, MODES[settings.security_mode]
    found = [each for each in endpoints if (each.SecurityPolicyUri, each.SecurityMode) == wanted]
    if found:
        return found[0]
    if settings.security_policy != "None":
        offers = ", ".join(sorted({shown_endpoint(each) for each in endpoints})) or "nothing"
        asked = f"{settings.security_policy} {settings.security_mode}"
        raise RefusedError(
            f"{client.server_url.geturl()}: offers {offers}, not {asked}; mend the server, or the settings"
        )
    return None


async def _secure(client: Any, settings: EndpointSettings, identity: Identity) -> CertificateExpiry:  # noqa: ANN401
    url = client.server_url.geturl()
    endpoint = await _offered(client, settings)
    assert identity.trust is not None  # noqa: S101 (settings_faults asks for it)
    try:
        certificate = read_certificate(endpoint.ServerCertificate or b"")
    except ValueError:
        raise RefusedError(f"{url}: has a certificate that cannot be read; have it replaced") from None
    try:
        faults = identity.trust.faults(certificate, endpoint.Server.ApplicationUri)
    except (FaultsError, OSError) as error:
        faults = [" ".join(str(error).split())]
    if faults:
        raise RefusedError(f"{url}: {'; '.join(faults)}")
    await client.set_security(
        POLICIES[settings.security_policy],
        certificate=CertProperties(identity.certificate),
        private_key=CertProperties(identity.key),
        server_certificate=CertProperties(certificate.public_bytes(Encoding.DER)),
        mode=MODES[settings.security_mode],
    )
    return CertificateExpiry(settings.name, int(certificate.not_valid_after_utc.timestamp() * 1000))


async def _log_in(client: Any, settings: EndpointSettings) -> None:  # noqa: ANN401 (the library's)
    if settings.user is not None and settings.password_file is not None:
        client.set_user(settings.user)
        client.set_password(read_secret(settings.password_file))
    if settings.user_certificate_file is not None and settings.user_key_file is not None:
        await client.load_client_certificate(settings.user_certificate_file)
        await client.load_private_key(settings.user_key_file)


async def _connect(client: Any, url: str) -> None:  # noqa: ANN401 (the library's)
    """Connect; what the server has against us is put into words."""
    try:
        await client.connect(auto_reconnect=False)
    except ua.UaStatusCodeError as error:
        name = ua.StatusCode(error.code).name
        if name in _AGAINST_US:
            raise RefusedError(f"{url}: refuses us: {_AGAINST_US[name]} ({name})") from error
        raise
    except ua.UaError as error:
        raise RefusedError(f"{url}: {str(error)[:200]}; it does not prove who it is") from error


_AGAINST_US: Final = {
    "BadUserAccessDenied": "the user may not; see to its rights there",
    "BadIdentityTokenRejected": "it does not know the user, or the password is wrong; see to both",
    "BadIdentityTokenInvalid": "it takes no such users; give another kind",
    "BadCertificateUntrusted": "it does not trust our certificate; have it put into its trust list",
    "BadCertificateInvalid": "it cannot use our certificate; see to it",
    "BadCertificateTimeInvalid": "our certificate is not valid now; renew it",
    "BadCertificateUriInvalid": "our certificate names another application_uri; make them agree",
    "BadSecurityChecksFailed": "it does not trust our certificate; have it put into its trust list",
    "BadSecurityPolicyRejected": "it takes no such policy; mend the settings",
    "BadTooManySessions": "it has too many sessions; close some there",
}
