"""What the tests of connectors share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.opcua_server import OpcUaServer


@pytest.fixture
def server() -> Iterator[OpcUaServer]:
    """A control system with two points."""
    made = OpcUaServer(nodes=["a", "b"]).start()
    yield made
    made.kill()
