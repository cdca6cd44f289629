"""How long certificates hold: those that settings name, those that are named besides, and the brokers' own."""

from __future__ import annotations

import ssl
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509

from cli.storm_ready.page import Row
from models.refusal import FaultsError
from models.times.duration import UNITS
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cli.broker import Broker

SUFFIXES: Final = frozenset({".der", ".crt", ".cer", ".pem"})
SECONDS: Final = 10.0
_PEM: Final = b"-----BEGIN CERTIFICATE"
_OF_CLIENT: Final = ("ssl.ca.location", "ssl.certificate.location", "https.ca.location")
CHECK: Final = "certificate"


def certificates(
    broker: Broker, settings: Sequence[Path], named: Sequence[Path], within: tuple[float, int]
) -> Iterator[Row]:
    """Judge each certificate by the days that it has to hold, from a moment (ms) on."""
    own = [Path(str(broker.client[name])) for name in _OF_CLIENT if broker.client.get(name)]
    files = [*own, *named, *(path for file in settings for path in files_of(file))]
    yielded = False
    for path in dict.fromkeys(files):
        yielded = True
        yield _judge_file(path, within)
    for server in _servers(broker):
        yielded = True
        yield _judge_server(server, within)
    if not yielded:
        yield Row(CHECK, "", "not asked", "no certificate is in use here or named", "")


def files_of(settings: Path) -> Iterator[Path]:
    """Give the files of certificates that a TOML file names, and those in its folders of trust."""
    try:
        content = tomllib.loads(settings.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise FaultsError([f"settings {settings} cannot be read ({error}); check --settings"]) from error
    for name, value in _values(content):
        if name.endswith(("certificate_file", "ca_file")):
            yield Path(value)
        elif name == "trust":
            yield from sorted(path for path in Path(value).glob("*") if path.suffix.lower() in SUFFIXES)


def _values(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, str):
            yield name, value
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from _values(each)


def _judge_file(path: Path, within: tuple[float, int]) -> Row:
    try:
        ends = ends_of(path.read_bytes())
    except (OSError, ValueError) as error:
        return Row(CHECK, str(path), "not ready", f"cannot be read: {str(error)[:100]}", "put the certificate there")
    return _judge(str(path), ends, within)


def _judge_server(server: str, within: tuple[float, int]) -> Row:
    host, _, port = server.rpartition(":")
    try:
        ends = ends_of(ssl.get_server_certificate((host.strip("[]"), int(port)), timeout=SECONDS).encode())
    except (OSError, ValueError) as error:
        return Row(CHECK, server, "unknown", f"shows none: {str(error)[:100]}", "look at the broker's own certificate")
    return _judge(server, ends, within)


def _judge(subject: str, ends: int, within: tuple[float, int]) -> Row:
    days, now = within
    left = (ends - now) / UNITS["d"]
    if left >= days:
        return Row(CHECK, subject, "ready", f"holds until {format_time(ends)}, {left:.0f} days")
    saw = f"ended at {format_time(ends)}" if left < 0 else f"ends at {format_time(ends)}, in {left:.1f} days"
    return Row(CHECK, subject, "not ready", saw, f"renew it now: it has to hold for {days:g} days")


def ends_of(data: bytes) -> int:
    """Give when a certificate ends (ms): of a chain the first, of authorities alone the last. Raises `ValueError`."""
    found = [x509.load_der_x509_certificate(data)] if _PEM not in data else x509.load_pem_x509_certificates(data)
    ends = [int(one.not_valid_after_utc.timestamp() * 1000) for one in found]
    return max(ends) if all(map(_is_authority, found)) else ends[0]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _servers(broker: Broker) -> Iterable[str]:
    if "SSL" not in str(broker.client.get("security.protocol", "")):
        return []
    return [server.strip() for server in str(broker.client["bootstrap.servers"]).split(",")]
