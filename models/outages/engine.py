"""The outage engine: evidence in, life cycle and restoration records out. A pure state machine over the log.

Inference runs at instants, whole seconds of the log's clock, and nowhere else (`instants`). At each instant that has
evidence or a due timer: merge the evidence (`evidence_join`), look at outages for returning power (`closing`), explain
fresh reports (`opening`, `inference`), review durations (`life_cycle`), publish (`records`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.evidence.backlog import Backlog
from models.evidence.watermarks import Watermarks, instant_of
from models.outages.delivery.learned import learned, shares_of_zone
from models.outages.engine_state import EngineState
from models.outages.feeding.ways import Ways
from models.outages.instants import Instants
from models.outages.publishing import Published, Publisher
from models.outages.quarantine import health, passed_over
from models.outages.reconciliation import reconcile
from models.outages.snapshot import read_state, restore_state, save_state
from models.outages.state.partition import Partition
from models.outages.state.trace import Trace
from models.outages.totals import Totals
from models.outages.versions.taking_up import take_up
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.evidence.batch import EvidenceBatch
    from models.evidence.offsets import Repeats
    from models.network.network import Network
    from models.outages.delivery.learned import Learned
    from models.outages.state.shared_tables import Shared


PASSED_OVER_TOLD_MS: Final = 60_000
"""Log append time between two records of a zone's health about what was passed over: strangers may write many."""


class Engine:
    """All zones of one evidence partition."""

    def __init__(
        self,
        shared: Shared,
        origins: Sequence[str],
        organisation: str = "default",
        state: bytes | None = None,
        zones: NDArray[np.bool_] | None = None,
        evidence_partition: int = 0,
    ) -> None:
        """Begin with these origins, or go on from a state. `zones` says of each whether it is kept here; None all.

        Engines of the zones of different evidence partitions may have one `Shared`. Raises `StateError`.
        """
        self.shared_of: Callable[[str], Shared] = _no_other_version
        """Gives the tables of another version of the network, once it is released."""
        self._everything = zones is None
        parameters = shared.parameters
        left_out_after, after_end = parameters.left_out_seconds, parameters.after_end_seconds
        watermarks = Watermarks(round(left_out_after * SECOND), round(after_end * SECOND))
        for origin in origins:
            watermarks.join(origin)
        saved = None if state is None else read_state(state)
        if saved is not None:
            shared = shared.arranged(Ways.restored(saved["ways"]).all_on(shared.network))
        partition = Partition(shared, organisation, zones)
        totals = {origin: Totals() for origin in origins}
        self.state = EngineState(partition, Backlog(watermarks), evidence_partition, totals=totals)
        if saved is not None:
            restore_state(self.state, saved)

    def snapshot(self) -> bytes:
        """The whole state as versioned bytes; `Engine(..., state=...)` goes on from it."""
        return save_state(self.state)

    def trace(self) -> Trace:
        """Note decisions from now on; returns where. No record depends on it, and no snapshot has it."""
        trace = self.state.partition.trace = Trace()
        return trace

    @property
    def clock(self) -> int:
        """Every instant up to here (ms) has been lived through."""
        return self.state.watermarks.clock

    @property
    def went_on(self) -> int:
        """How long time has gone on after every origin's end (ms); 0 before that."""
        marks = self.state.watermarks
        return marks.clock - instant_of(marks.last_log_time) if marks.ended else 0

    @property
    def left_out(self) -> list[str]:
        """The origins that the clock does not wait for now."""
        return list(self.state.watermarks.left_out)

    def open_outages(self) -> dict[int, tuple[int, int]]:
        """By zone but canaries, how many published outages are open, and how many customers they have out."""
        by_zone, partition = {}, self.state.partition
        for zone, outages in partition.by_zone.items():
            if zone in partition.canaries:
                continue
            published = [outage.customers_out for outage in outages.values() if not outage.suspected]
            by_zone[zone] = len(published), sum(published)
        return by_zone

    def learned(self, *, every: bool = False) -> list[Learned]:
        """How many messages arrive, as far as it was learned in the zones that are kept here."""
        partition = self.state.partition
        own = self.own_zones
        return learned(partition.network, partition.forest, partition.scores, partition.memory, own, every=every)

    def shares_of_zone(self, zone: int) -> tuple[float | None, float | None]:
        """Of last gasps and restoration messages, the share that arrives, as far as a zone has learned it."""
        return shares_of_zone(self.state.partition.forest, self.state.partition.memory, zone)

    @property
    def own_zones(self) -> list[int]:
        """The zones that are kept here but canaries, by their places on the network."""
        partition = self.state.partition
        return [zone for zone, own in enumerate(partition.zones.tolist()) if own and zone not in partition.canaries]

    @property
    def repeats(self) -> Repeats:
        """What the evidence log brought again."""
        return self.state.backlog.offsets.repeats

    @property
    def quarantined(self) -> list[str]:
        """The zones that are set aside now."""
        partition = self.state.partition
        return [partition.network.zone_ids[zone] for zone in sorted(partition.quarantined)]

    def resume(self, zone_id: str, offset: int | None = None) -> Published:
        """Take back a zone that was set aside; what has waited counts at the next instant.

        `offset` is where the log says so. A zone that is not set aside here is left as it is.
        """
        state = self.state
        state.offset = state.offset if offset is None else offset
        partition, publisher = state.partition, Publisher(state.partition, state.sequences)
        for zone in [zone for zone in partition.quarantined if partition.network.zone_ids[zone] == zone_id]:
            aside = state.quarantine.zones[zone]
            partition.quarantined.discard(zone)
            state.backlog.add_again(aside.points, aside.devices, aside.crew, aside.commands)
            state.quarantine.zones[zone] = replace(aside, points=[], devices=[], crew=[], commands=[], resumed=True)
            revision, place = state.quarantine.revise(zone), (state.evidence_partition, state.offset)
            publisher.tell_health(health(partition, zone, revision, None, place, state.watermarks.last_instant))
        return publisher.published

    def reconcile(self, sequences: Mapping[str, int], published: Mapping[str, dict[str, Any]]) -> Published:
        """Go on by other rules than those of the outputs: see `models.outages.reconciliation`."""
        return reconcile(self.state, sequences, published)

    def pass_over(self, offset: int, what: str, appended_at: int) -> Published:
        """At an offset of the log something cannot be followed: the health of all zones says so, once a minute.

        `appended_at` (ms) is when it was appended.
        """
        state = self.state
        state.offset, state.passed_over = offset, state.passed_over + 1
        publisher = Publisher(state.partition, state.sequences)
        if state.passed_over > 1 and appended_at < state.passed_over_told_at + PASSED_OVER_TOLD_MS:
            return publisher.published
        state.passed_over_told_at = appended_at
        place, now = (state.evidence_partition, offset), state.watermarks.last_instant
        for zone in self.own_zones:
            revision = state.quarantine.revise(zone)
            publisher.tell_health(passed_over(state.partition, zone, revision, what, place, now))
        return publisher.published

    def release(self, version: str, at: int) -> None:
        """Another version of the network is in force from a moment of log time on (ms): the log says so."""
        state = self.state
        state.releases.add(version, at, state.watermarks.last_instant, state.partition.network.version)
        self.shared_of(version)  # made now, while there is time until then

    @property
    def completed(self) -> tuple[int, int]:
        """The last record of the clock, by number, and the last instant (ms) of which all has been said."""
        return self.state.sequences["clock"], self.state.watermarks.last_instant

    def skip_gap(self, batch: EvidenceBatch) -> None:
        """Do without the evidence that is missing before a batch."""
        self.state.backlog.offsets.skip_to(batch)

    def advance(self, batch: EvidenceBatch, appended_at: int | None = None, offset: int = 0) -> Published:
        """Take a batch of one origin and live through every instant that is now complete.

        `appended_at` is when it was appended to the evidence log (ms), and `offset` where; without the time, as in a
        replay of files, no origin is left out. Raises `EvidenceGapError` where offsets are missing.
        """
        state = self.state
        state.offset = offset
        lived = state.watermarks.last_instant
        new = state.backlog.add(batch, appended_at, state.releases.late())
        if len(state.totals) < len(state.watermarks.marks):
            state.totals |= {origin: Totals() for origin in state.watermarks.marks if origin not in state.totals}
        totals = state.totals[batch.origin]
        totals.read += new.read
        totals.refused += new.refused
        if state.watermarks.last_instant == lived:
            return Published()  # no whole second has become complete
        published = Published(first_dead_letter=state.sequences["dead_letters"] + 1)
        complete = state.watermarks.last_instant
        while (release := self.state.releases.due(complete)) is not None:
            if lived < release.last:
                published.add(self._live(lived, release.last, live=appended_at is not None))
            lived = release.last
            shared = self.shared_of(release.version)
            shared = shared.arranged(self.state.partition.ways.all_on(shared.network))
            self.state = take_up(self.state, shared, self._zones_in(shared.network), lived + SECOND)
            published.add(self._live(lived, lived + SECOND, live=appended_at is not None, anew=True))
            lived += SECOND
        if lived < complete:
            published.add(self._live(lived, complete, live=appended_at is not None))
        return published

    def _live(self, lived: int, until: int, *, live: bool, anew: bool = False) -> Published:
        """Live through the instants after `lived` and up to `until`; on a log that is `live` the clock runs by itself.

        `anew` has something happen at the last one, whatever is due.
        """
        state = self.state
        instants = Instants(state, state.backlog.take(until, state.partition.network), lived, self._gone(lived, until))
        if anew:
            instants.turns_at = until
        elif not lived:  # who is left out from the start is so from the first instant on
            instants.begin(until)
        begun = state.watermarks.first_log_time
        if begun and live and instant_of(begun) <= until:  # on a log a partition without evidence needs a clock too
            instants.clock.begin(instant_of(begun))
        while (now := instants.next()) <= until:
            instants.live(now)
        instants.clock.pass_until(until)
        instants.count()
        return instants.publisher.published

    def _zones_in(self, network: Network) -> NDArray[np.bool_] | None:
        """The zones that are kept in another version: those of before, and new ones of the same evidence partition."""
        zones, place = self.state.partition.zones, self.state.evidence_partition
        if self._everything:
            return None
        own = np.zeros(len(network.zone_ids), np.bool_)
        own[: len(zones)] = zones
        if np.array_equal(zones, self.state.partition.network.zone_partition == place):
            own[len(zones) :] = network.zone_partition[len(zones) :] == place
        return own

    def _gone(self, lived: int, until: int) -> tuple[int, NDArray[np.bool_]] | None:
        """The last instant of the version in force, if it is among these, and the points that go with it."""
        release = self.state.releases.pending[0] if self.state.releases.pending else None
        if release is None or not lived < release.last <= until:
            return None
        numbers = self.shared_of(release.version).network.point_position[self.state.partition.network.point_number]
        return release.last, numbers < 0


def _no_other_version(version: str) -> Shared:
    raise KeyError(version)
