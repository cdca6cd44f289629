"""Servers of another make, in processes of their own, and connectors to them; all end with the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.peers.opcua_open62541 import GIVEN
from tests.peers.opcua_run import Proxy, Running
from tests.peers.opcua_server import OpcUaServer

collect_ignore = [] if GIVEN else ["test_open62541.py"]

Serve = Callable[..., OpcUaServer]
Run = Callable[..., Running]


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


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """Run connectors that end with the test."""

    def start(*arguments: object, **options: object) -> Running:
        running = Running(*arguments, **options)  # type: ignore[arg-type]
        request.addfinalizer(running.stop)
        return running

    return start


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> Callable[[OpcUaServer], Proxy]:
    """Stand between a connector and a server."""

    def start(server: OpcUaServer) -> Proxy:
        made = Proxy(server.port)
        request.addfinalizer(made.close)
        return made

    return start
