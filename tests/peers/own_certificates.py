"""Certificates of an OPC UA server and of a connector that end when a test wants them to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from asyncua.crypto import cert_gen
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.peers.opcua_parties import OURS, SERVER_URI

if TYPE_CHECKING:
    from tests.peers.opcua_command import Connector
    from tests.peers.opcua_server import OpcUaServer

POLICY = "Basic256Sha256"


def secured(server: OpcUaServer, connector: Connector, server_days: int, own_days: int) -> None:
    """Start the server anew with a certificate that ends so soon, which a connector trusts that starts after this."""
    folder = connector.folder
    (folder / "trust").mkdir(exist_ok=True)
    certificate, key = folder / "trust" / "server.der", folder / "server.pem"
    _issue(certificate, key, SERVER_URI, server_days)
    _issue(folder / "own.der", folder / "own.pem", OURS, own_days)
    server.kill()
    server.options |= {"policies": [POLICY], "certificate": certificate, "key": key}
    server.start()
    ours = (
        f'certificate_file = "{folder / "own.der"}"\nkey_file = "{folder / "own.pem"}"\ntrust = "{folder / "trust"}"\n'
    )
    text = connector.config.read_text()
    text = re.sub(r'"opc\.tcp://[^"]*"', f'"{server.url}"', text)
    plain = 'security_policy = "None"\nsecurity_mode = "None"\n'
    if plain in text:
        text = text.replace(plain, "").replace("[[endpoints]]", f"{ours}[[endpoints]]")
    connector.config.write_text(text)


def _issue(certificate: Path, key: Path, uri: str, days: int) -> None:
    """Write a self-signed certificate (DER) and its key (PEM)."""
    private = cert_gen.generate_private_key()
    key.write_bytes(cert_gen.dump_private_key_as_pem(private))
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri), x509.DNSName("localhost")]
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    made = cert_gen.generate_self_signed_app_certificate(private, uri, {}, names, uses, days)
    certificate.write_bytes(made.public_bytes(Encoding.DER))
