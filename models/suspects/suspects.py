"""Meters that are joined to the wrong transformer, as outages tell them: a function of the life cycle and the ledger.

outage over ──► its members: who told of a return, who did not ─┐
──► those near it that were out alone with it ──────┼► a score for each place of each meter
└► surely wrong, by several outages ──► a record
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.suspects.incidents import END_MS, START_MS, Incidents, fits, observations
from models.suspects.joins import ZoneJoins
from models.suspects.output import SUSPECTS
from models.suspects.zone_scores import ZoneScores
from models.timeline.moment import Said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from models.network.network import Network
    from models.suspects.incidents import Incident
    from models.suspects.policy import SuspectPolicy
    from models.timeline.moment import Followed

LASTING_MS: Final = 300_000
"""What is shorter leads to no outage of a single service."""
MOST_PLACES: Final = 3
CLEARED: Final = 0.5
"""A suspicion is taken back when it is less probable than so."""


class Suspects:
    """The suspected joins of a partition."""

    def __init__(
        self,
        network: Network,
        policy: SuspectPolicy,
        rejected: Collection[tuple[str, str]],
        saved: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin with nothing, or with what `save` gave; `rejected` are usage points with the device where they are."""
        self._network, self._policy, self._rejected = network, policy, frozenset(rejected)
        self._incidents = Incidents(saved["incidents"] if saved else None)
        self._zones: dict[str, ZoneScores] = {}
        self._told: set[str] = set(saved["told"] if saved else ())
        self._review = True
        """All that was told is looked at once more: network, policy and rejections may be others than before."""
        for zone_id, scores in saved["zones"] if saved else ():
            if (zone := self._zone_of(zone_id)) is not None:
                self._zones[zone_id] = ZoneScores(ZoneJoins(network, zone), scores)

    def due(self) -> int | None:
        """Give the instant (ms) at which the next outage is weighed."""
        return self._incidents.due()

    def live(self, instant: int, records: Sequence[Followed]) -> Iterator[Said]:
        """Take what belongs to an instant, weigh what is settled, and say whom that makes suspect or clears."""
        for followed in records:
            if followed.record is not None:
                self._incidents.take(followed.record, instant)
        touched: dict[str, None] = {}
        for incident in self._incidents.ready(instant):
            if self._weigh(incident):
                touched[incident.facts.zone_id] = None
        self._incidents.forget(instant)
        gone = self._not_here() if self._review else []
        for zone_id in self._zones if self._review else touched:
            yield from self._tell(self._zones[zone_id])
        for name in gone:
            yield self._cleared(name)
        self._review = False

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        zones = [(zone_id, scores.save()) for zone_id, scores in self._zones.items()]
        return {"incidents": self._incidents.save(), "zones": zones, "told": sorted(self._told)}

    def _weigh(self, incident: Incident) -> bool:
        """Take an outage that is settled, if anything can be learned from it."""
        facts, network = incident.facts, self._network
        device = int(network.find_devices([facts.device_id])[0])
        if facts.service or device < 0:
            return False
        scores = self._scores(facts.zone_id)
        joins = scores.joins
        branch = device, int(network.device_end[device])
        below = np.zeros(len(joins.numbers), np.bool_)
        below[network.point_start[device] - joins.first : network.point_end[device] - joins.first] = True
        obs = observations(incident, self._places(joins, incident.numbers), len(joins.numbers))
        obs[~below] = -1
        free, alone = ~below, np.zeros(len(below), np.bool_)
        for other in self._incidents.overlapping(facts):
            members = self._places(joins, other.numbers)
            members = members[members >= 0]
            if other.facts.service and fits(other.facts, facts):
                alone[members] = True
            elif other.facts.started_at <= facts.started_at + START_MS:
                free[members] = False  # they were out already
            if not other.facts.final or other.facts.ended_at >= facts.ended_at - END_MS:
                obs[members] = -1  # of which of the two they told, nobody knows
        lasting = facts.ended_at - facts.started_at >= LASTING_MS
        share = scores.weigh_members(branch, obs, facts.outage_id, lasting=lasting)
        if lasting and share:
            scores.weigh_others(branch, alone, free | (alone & ~below), share, facts.outage_id)
        return True

    def _tell(self, scores: ZoneScores) -> Iterator[Said]:
        """Say who of a zone is suspect now, and who is no more."""
        joins, policy = scores.joins, self._policy
        told = self._network.find_points(sorted(self._told)) - joins.first
        told = told[(told >= 0) & (told < len(joins.numbers))]
        rows = np.union1d(np.flatnonzero(scores.score.max(axis=1) > 0), told)
        shares = scores.probabilities(rows, policy)
        notable = (shares.sum(axis=1) >= policy.sure) | np.isin(rows, told)
        for row, share in zip(rows[notable].tolist(), shares[notable], strict=True):
            name = self._network.point_ids[joins.first + row]
            device = self._network.device_ids[int(self._network.point_device[joins.first + row])]
            surely, outages = float(share.sum()), scores.named.get(row, [])
            enough = surely >= (CLEARED if name in self._told else policy.sure) and len(outages) >= policy.outages
            if enough and (name, device) not in self._rejected:
                self._told.add(name)
                yield Said(SUSPECTS.name, self._record(scores, row, share))
            elif name in self._told:
                yield self._cleared(name)

    def _record(self, scores: ZoneScores, row: int, share: NDArray[np.float64]) -> dict[str, Any]:
        network, joins = self._network, scores.joins
        point = joins.first + row
        places = joins.candidates(row)
        order = np.argsort(-share, kind="stable")[:MOST_PLACES].tolist()
        found = [(network.device_ids[int(places[at])], round(float(share[at]), 2)) for at in order if share[at] >= 0.01]
        return {
            "usage_point_id": network.point_ids[point],
            "kind": "wrong_transformer",
            "meter_id": network.meter_ids[point],
            "zone_id": network.zone_ids[joins.zone],
            "device_id": network.device_ids[int(network.point_device[point])],
            "probability": round(float(share.sum()), 2),
            "better": [{"device_id": name, "probability": probability} for name, probability in found],
            "outage_ids": list(scores.named[row]),
        }

    def _cleared(self, name: str) -> Said:
        self._told.discard(name)
        return Said(SUSPECTS.name, {"usage_point_id": name}, gone=True)

    def _not_here(self) -> list[str]:
        """Those told before that the network does not have any more."""
        names = sorted(self._told)
        return [name for name, at in zip(names, self._network.find_points(names).tolist(), strict=True) if at < 0]

    def _scores(self, zone_id: str) -> ZoneScores:
        if zone_id not in self._zones:
            zone = self._zone_of(zone_id)
            assert zone is not None  # noqa: S101  a device of it has been found
            self._zones[zone_id] = ZoneScores(ZoneJoins(self._network, zone))
        return self._zones[zone_id]

    def _zone_of(self, zone_id: str) -> int | None:
        zones = list(self._network.zone_ids)
        return zones.index(zone_id) if zone_id in zones else None

    def _places(self, joins: ZoneJoins, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """Places of stable numbers in a zone, -1 of those elsewhere."""
        known = self._network.point_position
        position = np.where(numbers < len(known), known[np.minimum(numbers, len(known) - 1)], -1)
        place = position - joins.first
        return np.where((position >= 0) & (place >= 0) & (place < len(joins.numbers)), place, -1)
