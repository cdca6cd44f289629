"""What `faultline rates show` finds, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dataflows.outages.preparation import prepare_outages
from dataflows.outages.settings import OutagesSettings
from dataflows.replay.settings import ReplaySettings, prepare
from dataflows.replay.tracing import live_through
from dataflows.service.given_settings import load_settings
from models.evidence.sources import source_number
from models.outages.delivery.learned import source_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.network.network import Network
    from models.outages.delivery.learned import Learned, Rate
    from models.outages.weights.parameters import Parameters

COLUMNS: Final = "  {:<20} {:<20} {:<12} {:>8} {:>9} {:>7} {:>9} {:>9} {:>7}"


@dataclass(frozen=True, slots=True)
class Share:
    """Of one kind of message: the share that arrives, and from how many messages that was learned."""

    share: float
    messages: float
    steady: int


@dataclass(frozen=True, slots=True)
class LearnedRate:
    """One line."""

    zone_id: str
    collector_id: str
    source: str
    """Empty of meters that had not told it."""
    last_gasp: Share
    power_restored: Share


def from_files(
    network: Path, topics: Path, model: Path | None, delivery: str | None, *, every: bool
) -> list[LearnedRate]:
    """Live through the files of a storm. Raises `FaultsError`."""
    prepared = prepare(ReplaySettings(network, topics, Path(), model=model, delivery=delivery))
    return _named(prepared.network, prepared.parameters, live_through(prepared).learned(every=every))


def from_checkpoints(given: Mapping[str, Any], *, every: bool) -> list[LearnedRate]:
    """Take what the newest checkpoint of each evidence partition has. Raises `FaultsError`."""
    options = {name: value for name, value in given.items() if value is not None}
    prepared = prepare_outages(load_settings(OutagesSettings, {**options, "state": "."}))
    found: list[tuple[Learned, Network]] = []
    for partition in prepared.own_partitions:
        engine = prepared.build_engine(partition, prepared.start(partition).state)
        network = engine.state.partition.network
        found += [(one, network) for one in engine.learned(every=every)]
    in_order = sorted(found, key=itemgetter(0))
    return [rate for one, network in in_order for rate in _named(network, prepared.parameters, [one])]


def _named(network: Network, parameters: Parameters, found: Iterable[Learned]) -> list[LearnedRate]:
    sources = {source_place(source_number(name)): name for name in parameters.sources}
    return [
        LearnedRate(
            network.zone_ids[one.zone],
            network.collector_ids[one.collector],
            sources.get(one.source, f"other {one.source}") if one.source else "",
            _share(one.gasps),
            _share(one.returns),
        )
        for one in found
    ]


def _share(rate: Rate) -> Share:
    return Share(round(rate.share, 3), round(rate.messages, 1), rate.steady)


def head_text() -> str:
    """Give the heads of the columns."""
    names = "zone", "collector", "source", "gasps", "messages", "steady", "returns", "messages", "steady"
    return COLUMNS.format(*names).rstrip()


def text(rate: LearnedRate) -> str:
    """Write a line for people."""
    kinds = [(f"{one.share:.3f}", f"{one.messages:g}", one.steady) for one in (rate.last_gasp, rate.power_restored)]
    shares = [cell for kind in kinds for cell in kind]
    return COLUMNS.format(rate.zone_id, rate.collector_id or "-", rate.source or "-", *shares).rstrip()
