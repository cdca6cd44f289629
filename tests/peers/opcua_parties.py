"""Certificates of a server and of a connector, and the folders in which each is trusted."""

import socket
from pathlib import Path

from adapters.opcua.certificates import TrustList, make_own
from adapters.opcua.connection import Identity

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

    def trusting(self, *certificates: Path) -> Identity:
        for certificate in certificates:
            (self.trust / certificate.name).write_bytes(certificate.read_bytes())
        return Identity(OURS, self.own, self.own_key, TrustList(self.trust))
