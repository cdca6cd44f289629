"""Running a connector as a service."""

from __future__ import annotations

import logging
import random
import socket
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.connectors.checkpoint import Checkpoint
from adapters.connectors.clock import now_ms
from adapters.connectors.delivery import Delivery, Pace
from adapters.connectors.heartbeat import Heartbeat
from adapters.connectors.process import ConnectorProcess
from adapters.connectors.report_queue import ReportQueue
from adapters.connectors.watch import ConnectorWatch
from adapters.gateways.connector import GatewayConnector
from adapters.kafka.clients.producer import CheckedProducer
from adapters.kafka.connection.reach import unreachable
from adapters.one_way.heartbeat import PassingHeartbeat
from adapters.one_way.receiver import OneWayReceiver
from adapters.opcua.connection import Identity
from adapters.opcua.connector import OpcUaConnector
from adapters.opcua.guards.certificates import TrustList, make_own, read_certificate, thumbprint
from adapters.process.http_port import serve
from adapters.process.log import LogFormat, json_line, log_to_stderr
from adapters.process.watchdog import EndProcess, Watchdog
from adapters.state.lock import locked_output
from cli.connect.settings import prepare_gateway, prepare_opcua
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.connectors.settings import FrameSettings
    from adapters.connectors.source import Source
    from adapters.gateways.settings import GatewaySettings
    from adapters.kafka.clients.producer import RecordProducer
    from adapters.opcua.settings import OpcUaSettings
    from cli.connect.settings import Prepared

    Build = Callable[[ReportQueue, dict[str, int]], Source]

log: Final = logging.getLogger("faultline")


class Outlet(NamedTuple):
    """Where a connector's records go, and what the names of topics begin with there."""

    producer: RecordProducer
    prefix: str = ""


def run_opcua(path: Path) -> int:
    """Run the OPC UA connector until it is asked to stop; returns the code to end with. Raises `FaultsError`."""
    prepared = prepare_opcua(path)
    return run_connector(prepared.settings, to_kafka(prepared), opcua_source(prepared))


def run_gateway(path: Path) -> int:
    """Run the gateway connector, as `run_opcua` does."""
    prepared = prepare_gateway(path)
    return run_connector(prepared.settings, to_kafka(prepared), gateway_source(prepared))


def opcua_source(prepared: Prepared[OpcUaSettings]) -> Build:
    """Give what makes the source of a connector by OPC UA."""
    draw = random.SystemRandom().random

    def build(queue: ReportQueue, marks: dict[str, int]) -> Source:
        identity = identity_of(prepared.settings)
        return OpcUaConnector(prepared.settings, identity, prepared.points, queue, marks, draw)

    return build


def gateway_source(prepared: Prepared[GatewaySettings]) -> Build:
    """Give what makes the source of a connector by gateways."""
    draw = random.SystemRandom().random
    return lambda queue, marks: GatewayConnector(prepared.settings, prepared.points, queue, marks, draw)


def to_kafka(prepared: Prepared[Any]) -> Outlet:
    """Give the way to the broker of the settings. Raises `FaultsError` where nobody answers there."""
    assert prepared.broker is not None  # noqa: S101 (asked for)
    connection = prepared.broker.connection()
    if faults := unreachable(connection):
        raise FaultsError(faults)
    patience = prepared.settings.delivery_seconds
    return Outlet(CheckedProducer(connection.client_settings(), patience=patience), prepared.broker.topic_prefix)


def run_connector(settings: FrameSettings, outlet: Outlet, build: Build) -> int:
    """Run a source in the frame of every connector until it is asked to stop; returns the code to end with."""
    checkpoint = Checkpoint(settings.state, settings.connector)
    _start_log(settings)
    with ExitStack() as stack:
        stack.enter_context(locked_output(settings.state))
        queue = ReportQueue(settings.queue_size)
        source = build(queue, checkpoint.read())
        heartbeat = _heartbeat(source, settings)
        pace = Pace(settings.heartbeat_seconds, settings.checkpoint_seconds)
        delivery = Delivery(queue, source, outlet.producer, heartbeat, checkpoint, pace, outlet.prefix)
        watch = ConnectorWatch(source, queue, delivery, settings.stall_seconds)
        watch.count_written(outlet.producer, outlet.prefix)
        if settings.listen:
            port = serve(settings.listen, watch.metrics, watch, settings.allowed_hosts)
            stack.callback(port.close)
            log.info("connector %s: metrics and health at http://%s", settings.connector, port.address)
        render = [partial(json_line, level="error")] if settings.log_format is LogFormat.json else []
        watchdog = stack.enter_context(
            closing(Watchdog(settings.stall_seconds, EndProcess(settings.stall_seconds, *render)))
        )

        def beat() -> None:
            watchdog.beat()
            watch.beat()

        process = ConnectorProcess(source, delivery, beat)
        delivery.on_end = process.stop
        log.info("connector %s: %d devices", settings.connector, len(source.devices))
        return process.run()


def _heartbeat(source: Source, settings: FrameSettings) -> Heartbeat:
    if isinstance(source, OneWayReceiver):
        return PassingHeartbeat(settings.connector, source, settings.heartbeat_seconds, now_ms())
    return Heartbeat(settings.connector, source, settings.heartbeat_seconds, now_ms())


def identity_of(settings: OpcUaSettings) -> Identity:
    """Find or make who we are, and read whom we trust. Raises `FaultsError`."""
    certificate, key, trust = settings.certificate_file, settings.key_file, settings.trust
    if certificate is None or key is None or trust is None:
        return Identity(settings.application_uri)
    if make_own(certificate, key, settings.application_uri, socket.gethostname()):
        mark = thumbprint(read_certificate(certificate.read_bytes()))
        log.info("connector: made %s (SHA-256 %s); have the servers trust it", certificate, mark)
    return Identity(settings.application_uri, certificate, key, TrustList(trust))


def _start_log(settings: FrameSettings) -> None:
    log_to_stderr(settings.log_level, settings.log_format, connector=settings.connector)
    # What the library says is about its inside; what matters of it is told in the state of the link.
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
