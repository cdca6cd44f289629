"""What will be a trouble is told before it is one."""

import socket

import pytest

from adapters.connectors.clock import now_ms
from adapters.connectors.source import CertificateExpiry
from adapters.opcua.connection import Identity
from adapters.opcua.failures import unreachable
from adapters.opcua.guards.client import RefusedError
from adapters.opcua.servers import DAY_MS, ServerChoice
from tests.peers.opcua_run import settings_of


def test_a_certificate_that_ends_within_a_month_is_told() -> None:
    (endpoint,) = settings_of("opc.tcp://127.0.0.1:4840").endpoints
    choice = ServerChoice(endpoint, Identity("urn:faultline:connector"))
    choice.certificate = CertificateExpiry("ems", now_ms() + 31 * DAY_MS)
    assert choice.warnings() == []
    choice.certificate = CertificateExpiry("ems", now_ms() + 5 * DAY_MS + 1000)
    assert choice.warnings() == ["the server's certificate ends in 5 days; have it renewed"]


def test_what_failed_last_is_tried_last() -> None:
    (endpoint,) = settings_of("opc.tcp://127.0.0.1:1", "opc.tcp://127.0.0.1:2").endpoints
    choice = ServerChoice(endpoint, Identity("urn:faultline:connector"))
    choice.failed("opc.tcp://127.0.0.1:1", "not\nreachable")
    assert choice.troubles() == ["opc.tcp://127.0.0.1:1: not reachable"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ConnectionRefusedError("no"),
            "nobody listens there; see whether the server runs, and on which port",
        ),
        (socket.gaierror(-2, "Name or service not known"), "no such host; correct the url, or see to the names"),
        (OSError(101, "Network is unreachable"), "no way there; see to the network and the url"),
        (RefusedError("it takes no such policy; mend the settings"), "it takes no such policy; mend the settings"),
    ],
)
def test_why_a_server_is_not_reached_ends_with_what_to_do(error: Exception, words: str) -> None:
    assert unreachable(error).endswith(words)
