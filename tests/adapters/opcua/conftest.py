"""Servers of another make, in processes of their own, and connectors to them; all end with the test."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.peers.opcua_open62541 import GIVEN
from tests.peers.opcua_run import Proxy, Running
from tests.peers.opcua_server import OpcUaServer

collect_ignore = [] if GIVEN else ["test_open62541.py"]

Start = Callable[..., OpcUaServer]
Serve = Callable[..., OpcUaServer]
Run = Callable[..., Running]


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Start:
    """Start servers of any make that end with the test."""

    def start_one(make: type[OpcUaServer], **options: Any) -> OpcUaServer:
        server = make(**options)
        request.addfinalizer(server.kill)
        return server.start()

    return start_one


@pytest.fixture
def serve(start: Start) -> Serve:
    """Start servers of our own make."""
    return lambda *nodes, **options: start(OpcUaServer, nodes=list(nodes), **options)


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
