"""What the engine says of a scene, as the oracle has it: its laws, and its picture of what was open when."""

from __future__ import annotations

import math
from dataclasses import replace

from models.network.network import Network
from models.outages.state.outage import ENDED, Outage
from models.outages.state.partition import Partition
from models.outages.weights.parameters import Parameters
from tests.models.histories.as_input import as_input
from tests.models.histories.laws import Laws
from tests.models.histories.picture import NEVER, Interval, Picture, union
from tests.models.histories.scene import Scene
from tests.models.histories.search import Found, Option, Search
from tests.models.histories.zone import Meter, Zone
from tests.worlds.evidence import Reader, instant_by_instant, know_rates

MODEL = Parameters()
LASTING = {*ENDED, "repaired"}
UNLISTED = math.log(MODEL.unlisted_tie_probability)
LAWS = Laws(
    MODEL,
    dip_seconds=MODEL.dip_seconds,
    dip=math.log(MODEL.dip_probability),
    dip_elsewhere=math.log(MODEL.odd_dip_probability),
    nested=None,
    closing=math.log(MODEL.restoring_probability),
    wave_relief=MODEL.wave_relief,
    return_relief=MODEL.return_relief,
    untold_opening=-MODEL.unseen,
    unprompted_return=-MODEL.returned,
    trial=MODEL.scada_trial,
    tie=dict.fromkeys(("switch", "recloser", "sectionalizer"), UNLISTED),
    listed_tie=math.log(MODEL.tie_probability),
)
"""What the engine's model file says, in the oracle's terms."""


def as_engines(zone: Zone) -> Zone:
    """The zone, its meters as the model file can say them: one rate of gasps a collector, one of returns for all."""
    return replace(zone, meters=[meter and _as_engines(meter.gasps["mesh"]) for meter in zone.meters])


def _as_engines(rate: float) -> Meter:
    return Meter({"mesh": rate, "cellular": rate}, MODEL.restoration_delivery)


def picture_of_engine(scene: Scene) -> Picture:
    """Let an engine live through a scene: what was open when, by all outages that it has or had and that stood.

    What collectors do is known, and not learned.
    """
    network, rates, lines = as_input(scene)
    reader = Reader(network, lines, rates=rates)
    state = reader.engine.state.partition
    know_rates(reader.engine)
    outages: dict[int, Outage] = {}
    for _ in instant_by_instant(reader, scene.now):
        outages |= {id(outage): outage for outage in state.by_name.values()}
    past: dict[int, list[Interval]] = {}
    for outage in outages.values():
        if not _stood(state, outage):
            continue
        ended = outage.restored_at if outage.closed_at is None else outage.closed_at
        until = NEVER if ended is None or (outage.closed_at is None and not outage.final) else ended
        past.setdefault(node_of(network, outage), []).append((outage.wave_at, until))
    fed = {int(network.device_ids[device][1:]): since for device, since in state.fed.items()}
    return Picture({node: union(intervals) for node, intervals in past.items()}, fed)


def _stood(state: Partition, outage: Outage) -> bool:
    """Whether the engine holds that it was there: of a dip that few noticed nobody is told, but it is accounted for."""
    if outage.final or outage.outage_id in state.by_name:
        return outage.status in LASTING or not outage.final
    first, last = outage.span
    return outage.closed_at is not None and bool((state.points.consumed_at[first:last] >= outage.closed_at).any())


def node_of(network: Network, outage: Outage) -> int:
    """The oracle's number of an outage's device or service."""
    if outage.device < 0:
        return ~int(network.point_ids[outage.service_point][1:])
    return int(network.device_ids[outage.device][1:])


def best_alike(search: Search, picture: Picture) -> Found | None:
    """The best picture in which the same nodes are open, have closed again, and are fed from elsewhere; whenever."""
    return search.best(lambda node, option: _kind(search, option) == _kind_of(picture, node))


def _kind(search: Search, option: Option) -> tuple[bool, bool, bool]:
    return option.mask != 0, search.opens(option), option.fed >= 0


def _kind_of(picture: Picture, node: int) -> tuple[bool, bool, bool]:
    return node in picture.openings, node in picture.open_now, node in picture.fed
