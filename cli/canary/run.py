"""Running the canary as a service."""

from __future__ import annotations

import logging
import random
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.canary.prober import GROUP, Prober, Rhythm, Topics
from adapters.canary.watch import CanaryWatch
from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError
from adapters.kafka.clients.tail import find_bounds
from adapters.kafka.connection.reach import unreachable
from adapters.model.parameters_file import read_model
from adapters.network.shelf import NetworkShelf
from adapters.process.http_port import parse_address, serve
from adapters.process.log import LogFormat, json_line, log_to_stderr
from adapters.process.pulse import until_asked
from adapters.process.watchdog import EndProcess, Watchdog
from dataflows.outages.settings import OutagesSettings
from dataflows.service.given_settings import load_settings
from dataflows.service.preparation import Gathered
from models.canary.feeders import feeders
from models.contracts.topics import CANARY_LIFECYCLE, METER_EVENTS
from models.outages.weights.parameters import Parameters
from models.refusal import FaultsError
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.canary.feeders import Feeder

FAILED: Final = 1
log: Final = logging.getLogger("faultline")


class CanarySettings(OutagesSettings):
    """As the flow has them, but for its state: the canary keeps nothing."""

    state: Path = Field(Path(), description="Not used.")


def run_canary(given: Mapping[str, Any], every: float, lasting: float) -> int:
    """Make outages until it is asked to stop; returns the code to end with. Raises `FaultsError` with every fault."""
    settings = load_settings(CanarySettings, given)
    zones, parameters = _prepare(settings, every, lasting)
    client, prefix = settings.connection().client_settings(), settings.topic_prefix
    log_to_stderr(settings.log_level, settings.log_format)
    with ExitStack() as stack:
        topics = _topics(client, prefix, settings.delivery_seconds)
        stack.callback(topics.reader.close)
        rhythm = Rhythm(round(every * SECOND), round(lasting * SECOND))
        prober = Prober(zones, topics, rhythm, parameters, random.SystemRandom().random)
        watch = CanaryWatch(prober, zones, settings.stall_seconds)
        if settings.listen:
            port = serve(settings.listen, watch.metrics, watch, settings.allowed_hosts)
            stack.callback(port.close)
            log.info("canary: metrics and health at http://%s", port.address)
        render = [partial(json_line, level="error")] if settings.log_format is LogFormat.json else []
        watchdog = stack.enter_context(
            closing(Watchdog(settings.stall_seconds, EndProcess(settings.stall_seconds, *render)))
        )
        stopping = until_asked(watchdog.beat)
        log.info("canary: %d zones, an outage each %.0f s on each", len(zones), every)
        try:
            prober.run(stopping)
        except DeliveryError as error:
            log.error("canary: %s", error)  # noqa: TRY400  what to do is in it
            return FAILED
    return 0


def _prepare(settings: CanarySettings, every: float, lasting: float) -> tuple[list[Feeder], Parameters]:
    gathered = Gathered()
    if every < lasting + 20:
        gathered.faults.append(f"--every {every:g} leaves no time after --lasting {lasting:g}; give 20 more at least")
    zones = gathered.find(lambda: _zones(settings.network))
    model = settings.model
    parameters = gathered.find(lambda: read_model(model) if model is not None else Parameters())
    listen = settings.listen
    gathered.find(lambda: parse_address(listen) if listen else None)
    gathered.faults += unreachable(settings.connection())
    if gathered.faults or zones is None or parameters is None:
        raise FaultsError(gathered.faults)
    return zones, parameters


def _zones(path: Path) -> list[Feeder]:
    """Give the canary zones of any version that has them: of all they are the same."""
    for network in NetworkShelf(path).all():
        if found := feeders(network):
            return found
    raise FaultsError(
        [f"{path}: has no canary zones; compile it by faultline network compile --canary, and release it"]
    )


def _topics(client: Mapping[str, Any], prefix: str, patience: float) -> Topics:
    lifecycle, meters = prefix + CANARY_LIFECYCLE, prefix + METER_EVENTS
    with RangeReader(client) as reader:
        partitions, raw = reader.partitions(lifecycle), reader.partitions(meters)
    bounds = find_bounds(client, [(lifecycle, part) for part in range(partitions)])
    reading = PartitionReader(client, GROUP, {place: end for place, (_, end) in bounds.items()})
    return Topics(reading, CheckedProducer(client, patience=patience), meters, raw)
