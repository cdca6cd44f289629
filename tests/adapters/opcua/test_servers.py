"""What will be a trouble is told before it is one."""

from adapters.connectors.clock import now_ms
from adapters.connectors.source import CertificateExpiry
from adapters.opcua.connection import Identity
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
