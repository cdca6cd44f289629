"""Certificates of a server and of a connector, and the folders in which each is trusted."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from adapters.opcua.connection import Identity
from adapters.opcua.guards.certificates import TrustList, make_own

SERVER_URI = "urn:utility:server"
OURS = "urn:faultline:connector"


class Parties:
    """A server's certificate and ours, and the folders in which each is trusted."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.trust = folder, folder / "trust"
        self.trust.mkdir()
        self.server, self.server_key = folder / "server.der", folder / "server.pem"
        make_own(self.server, self.server_key, SERVER_URI, socket.gethostname())
        self.own, self.own_key = folder / "own.der", folder / "own.pem"
        assert make_own(self.own, self.own_key, OURS, socket.gethostname())
        assert not make_own(self.own, self.own_key, OURS, socket.gethostname()), "it is there already"

    def expire(self, certificate: Path, key: Path, uri: str) -> None:
        """Put in a certificate's place one of the same key and name that has ended yesterday."""
        private, now = load_pem_private_key(key.read_bytes(), None), datetime.now(UTC)
        assert isinstance(private, RSAPrivateKey)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, uri)])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
        builder = builder.serial_number(7).not_valid_before(now - timedelta(days=400))
        named = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
        made = builder.not_valid_after(now - timedelta(days=1)).add_extension(named, critical=False)
        certificate.write_bytes(made.sign(private, SHA256()).public_bytes(Encoding.DER))

    def trusting(self, *certificates: Path) -> Identity:
        for certificate in certificates:
            (self.trust / certificate.name).write_bytes(certificate.read_bytes())
        return Identity(OURS, self.own, self.own_key, TrustList(self.trust))
