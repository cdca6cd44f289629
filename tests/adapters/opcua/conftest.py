"""Servers of another make, in processes of their own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.peers.opcua_server import OpcUaServer

Serve = Callable[..., OpcUaServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that end with the test."""
    started: list[OpcUaServer] = []

    def start(*nodes: str, **options: Any) -> OpcUaServer:
        started.append(OpcUaServer(nodes=list(nodes), **options).start())
        return started[-1]

    yield start
    for server in started:
        server.kill()
