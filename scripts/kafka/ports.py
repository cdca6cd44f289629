"""Ports on loopback for a broker."""

from __future__ import annotations

import socket
from random import SystemRandom

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Draw ports below those that the kernel gives to clients: one of these might take a stopped broker's port."""
    ports: list[int] = []
    while len(ports) < count:
        port = SystemRandom().randrange(20_000, 30_000)
        if port not in ports and not _is_taken(port):
            ports.append(port)
    return ports


def listens(address: str) -> bool:
    """Tell whether somebody listens at "host:port"."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False
