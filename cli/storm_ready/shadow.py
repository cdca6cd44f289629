"""A storm lived through at many times its speed, by flows and topics of its own on the same cluster."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np
from confluent_kafka import KafkaException
from rich.console import Console

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.topics.admin import create_topics, delete_topics, replicas_of
from adapters.kafka.topics.table import layout
from adapters.network.load import load_network
from cli.live.live import LIVE_ERRORS, Live, LivePlan
from cli.live.status import LiveStatus, shown
from cli.storm_ready.page import Row
from dataflows.service.flows import find_flows
from models.contracts.topics import EVIDENCE_LOG, METER_EVENTS
from models.refusal import FaultsError
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.broker import Broker

CHECK: Final = "shadow"
HELD: Final = 0.99
"""Share of the revisions that have to be in time."""
_OWN: Final = {"FAULTLINE_PROCESS": "0", "FAULTLINE_PROCESSES": "1"}


class ShadowPlan(NamedTuple):
    """What is lived through."""

    storm: Path
    """Folder of the topics' files."""
    network: Path
    speed: float
    config: Path | None
    late_seconds: float


class _Said(msgspec.Struct, gc=False):
    updated_at: str


_read: Final = msgspec.json.Decoder(_Said).decode


@dataclass(slots=True)
class ShadowStatus(LiveStatus):
    """When each instant of the storm was passed by the feed, and when what was said of it was read."""

    passed: list[tuple[float, int]] = field(default_factory=list)
    """Process seconds, and how far the storm was then (ms)."""
    read: list[tuple[float, int]] = field(default_factory=list)
    """Process seconds, and the instant of a revision that was read then (ms)."""

    def add_revisions(self, revisions: Sequence[bytes]) -> None:
        """Take new records of the life cycle."""
        now = monotonic()
        self.read += [(now, parse_time(said.updated_at)) for said in map(_read, revisions)]
        LiveStatus.add_revisions(self, revisions)

    def fed(self, log_time: int, records: int, lags: Sequence[int]) -> None:
        """Take how far the feed and the readers are."""
        if log_time and (not self.passed or log_time > self.passed[-1][1]):
            self.passed.append((monotonic(), log_time))
        LiveStatus.fed(self, log_time, records, lags)

    def delays(self) -> list[float]:
        """Give for each revision the seconds from the feed's passing its instant until it was read, not below 0."""
        if not self.passed or not self.read:
            return []
        at, log_time = zip(*self.passed, strict=True)
        read_at, instant = zip(*self.read, strict=True)
        late = np.array(read_at) - np.interp(instant, log_time, at)
        return [max(one, 0.0) for one in late.tolist()]


def shadow(broker: Broker, plan: ShadowPlan | None, now: int) -> Iterator[Row]:
    """Live through a storm, judge how late its outages were told, and take all away that was made for it.

    Raises `FaultsError` for a storm or network that cannot be read, and what Kafka refuses.
    """
    if plan is None:
        return
    prefix = f"{broker.prefix}shadow-{format_time(now)[:19].replace(':', '')}."
    network = load_network(plan.network)
    with RangeReader(broker.client) as reader:
        raw = reader.partitions(broker.name(METER_EVENTS))
    topics = layout(raw, network.evidence_partitions, prefix, played=True)
    replicas = max(replicas_of(broker.client, broker.name(EVIDENCE_LOG)), 1)
    try:
        create_topics(broker.client, topics, replicas)
        yield _lived(plan, prefix)
    finally:
        delete_topics(broker.client, topics)


def _lived(plan: ShadowPlan, prefix: str) -> Row:
    given = {**os.environ, **_OWN, "FAULTLINE_TOPIC_PREFIX": prefix}
    if plan.config is not None:
        given["FAULTLINE_CONFIG"] = str(plan.config.absolute())
    subject = f"{plan.storm}, {plan.speed:g} times its speed"
    status = ShadowStatus()
    with TemporaryDirectory(prefix="faultline-shadow-") as folder:
        listen = ["127.0.0.1:0"] * len(find_flows())
        live = Live(LivePlan(plan.network, plan.storm, Path(folder), plan.speed, listen, environment=given))
        live.status = status
        stop_on_signals(live.stop)
        try:
            with live, shown(Console(stderr=True)) as show:
                begun = monotonic()
                whole = live.run(show)
                seconds = monotonic() - begun
        except LIVE_ERRORS as error:
            return Row(CHECK, subject, "not ready", str(error).replace("\n", ": "), "mend that, then ask again")
        except KafkaException as error:
            reason = error.args[0].str().lower()
            raise FaultsError([f"{subject}: {reason}; allow topics and groups that begin with {prefix}"]) from error
    if not whole:
        raise FaultsError([f"{subject}: was stopped before the storm was over; ask again"])
    return _judged(subject, status, plan.late_seconds, seconds)


def _judged(subject: str, status: ShadowStatus, late_seconds: float, seconds: float) -> Row:
    delays = status.delays()
    if not delays:
        return Row(CHECK, subject, "unknown", "no outage came of it", "give a storm over this network")
    most = float(np.quantile(delays, HELD))
    counts = f"{status.records:,} records in {seconds:.0f} s, {status.outages:,} outages"
    saw = f"{counts}; 99 % of their revisions within {most:.1f} s of their instant, the last after {max(delays):.1f} s"
    if most <= late_seconds:
        return Row(CHECK, subject, "ready", saw)
    return Row(CHECK, subject, "not ready", saw, "more processes, cores or partitions: docs/sizing.md")


def stop_on_signals(stop: Event) -> None:
    """Let a signal end the storm, so that what was made for it is taken away."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
