"""What is wrong with the settings of a connection to Kafka, before anything is connected."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from adapters.kafka.connection.secret_file import read_secret
from adapters.kafka.connection.token_file import read_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.kafka.connection.connection import Connection

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,/\[\]]+):(\d{1,5})")
_ENDPOINT: Final = ("oauth_token_endpoint", "oauth_client_id", "oauth_client_secret_file")
_KEY: Final = ("ssl_certificate_file", "ssl_key_file", "ssl_key_password_file")
_PAIRS: Final = ((_KEY[0], _KEY[1]), (_KEY[1], _KEY[0]), (_KEY[2], _KEY[1]))
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def connection_faults(connection: Connection) -> list[str]:
    """Give every fault as a sentence that names the setting and what to do."""
    return [f"kafka: {fault}" for fault in _faults(connection)]


def _faults(connection: Connection) -> Iterator[str]:
    yield from _server_faults(connection.bootstrap_servers)
    yield from (
        f"{name} is empty; leave it out or give it a value" for name, value in connection.given().items() if value == ""
    )
    yield from _superfluous(connection)
    yield from _missing(connection)
    yield from _endpoint_faults(connection)
    broken = dict(_file_faults(connection))
    yield from broken.values()
    yield from _certificate_faults(connection, broken)


def _server_faults(servers: str) -> Iterator[str]:
    for server in servers.split(","):
        match = _SERVER.fullmatch(server.strip())
        if match is None or not 0 < int(match[2]) < 1 << 16:
            yield f'bootstrap_servers has "{server.strip()}"; write host:port, with commas between several'


def _superfluous(connection: Connection) -> Iterator[str]:
    """Name what is set for another protocol or mechanism: somebody believes that it protects something."""
    protocol, mechanism = connection.security_protocol, connection.sasl_mechanism
    for name in connection.given():
        if name.startswith("ssl_") and "SSL" not in protocol.split("_"):
            yield f"{name} is set, but security_protocol {protocol} has no TLS; choose SSL or SASL_SSL, or leave it out"
        if name == "sasl_mechanism" and not protocol.startswith("SASL"):
            yield f"{name} is set, but security_protocol {protocol} has no login; choose SASL_SSL, or leave it out"
        if name in ("sasl_username", "sasl_password_file") and mechanism in (None, "OAUTHBEARER"):
            yield f"{name} is set, but sasl_mechanism is {mechanism}; choose PLAIN or SCRAM-SHA-512, or leave it out"
        if name.startswith("oauth_") and mechanism != "OAUTHBEARER":
            yield f"{name} is set, but sasl_mechanism is {mechanism}; choose OAUTHBEARER, or leave it out"


def _missing(connection: Connection) -> Iterator[str]:
    given = connection.given()
    wanted: list[tuple[str, str]] = []
    if connection.security_protocol.startswith("SASL"):
        wanted.append((f"security_protocol {connection.security_protocol}", "sasl_mechanism"))
    if connection.sasl_mechanism == "OAUTHBEARER":
        endpoint = [name for name in (*_ENDPOINT, "oauth_scope", "oauth_ca_file") if name in given]
        if "oauth_token_file" not in given:
            wanted += [("sasl_mechanism OAUTHBEARER without oauth_token_file", name) for name in _ENDPOINT]
        elif endpoint:
            yield f"oauth_token_file and {', '.join(endpoint)} are set; keep the file or the endpoint"
    elif connection.sasl_mechanism is not None:
        reason = f"sasl_mechanism {connection.sasl_mechanism}"
        wanted += [(reason, "sasl_username"), (reason, "sasl_password_file")]
    wanted += [(name, other) for name, other in _PAIRS if name in given]
    yield from (f"{reason} needs {name}; set it" for reason, name in wanted if name not in given)


def _endpoint_faults(connection: Connection) -> Iterator[str]:
    if not connection.oauth_token_endpoint:
        return
    address = urlsplit(connection.oauth_token_endpoint)
    if address.scheme not in ("http", "https") or not address.hostname:
        yield "oauth_token_endpoint is no web address; write https://host/path"
    elif address.scheme == "http" and address.hostname not in _LOOPBACK:
        yield "oauth_token_endpoint would get the client's secret unencrypted; write https://"


def _file_faults(connection: Connection) -> Iterator[tuple[str, str]]:
    """Give the setting's name with each fault."""
    for name, path in connection.given().items():
        if not name.endswith("_file"):
            continue
        try:
            (read_token if name == "oauth_token_file" else read_secret)(path)
        except OSError as error:
            yield name, f"{name} {path} cannot be read: {(error.strerror or str(error)).lower()}; give a readable file"
        except ValueError as error:
            yield name, f"{name} {path} {error}; put in what belongs there"


def _certificate_faults(connection: Connection, broken: dict[str, str]) -> Iterator[str]:
    for name, path in (("ssl_ca_file", connection.ssl_ca_file), ("oauth_ca_file", connection.oauth_ca_file)):
        if path is not None and name not in broken:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
            except ssl.SSLError:
                yield f"{name} {path} has no certificate in PEM form; give the authority's"
    certificate, key = connection.ssl_certificate_file, connection.ssl_key_file
    if certificate is not None and key is not None and not broken.keys() & set(_KEY):
        try:
            _load(certificate, key, connection.ssl_key_password_file)
        except (ssl.SSLError, ValueError):
            fault = f"ssl_certificate_file {certificate} and ssl_key_file {key} do not fit, or the key stays locked"
            yield f"{fault}; give a pair in PEM form, and ssl_key_password_file if the key has a password"


def _load(certificate: Path, key: Path, password: Path | None) -> None:
    # A locked key without a password would ask for one at the terminal.
    secret = "" if password is None else read_secret(password)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, lambda: secret)
