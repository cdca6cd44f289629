"""The outage engine: evidence in, life cycle and restoration records out. A pure state machine over the log.

Inference runs at instants, whole seconds of the log's clock, and nowhere else (`instants`). At each instant that has
evidence or a due timer: merge the evidence (`evidence_join`), look at outages for returning power (`closing`), explain
fresh reports (`opening`, `inference`), review durations (`life_cycle`), publish (`records`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from models.evidence.backlog import Backlog
from models.evidence.watermarks import Watermarks
from models.outages.inference.pass_columns import SUSPECTED
from models.outages.instants import Instants
from models.outages.publishing import Published, Publisher, no_sequences
from models.outages.quarantine import Quarantine, health
from models.outages.snapshot import restore_state, save_state
from models.outages.state.partition import Partition
from models.outages.totals import Totals
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from models.evidence.batch import EvidenceBatch
    from models.evidence.offsets import Repeats
    from models.outages.state.shared_tables import Shared


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
        self.evidence_partition = evidence_partition
        self.partition = Partition(shared, organisation, zones)
        self.watermarks = Watermarks(round(shared.parameters.left_out_seconds * SECOND))
        for origin in origins:
            self.watermarks.join(origin)
        self.backlog = Backlog(self.watermarks)
        self.crews: dict[str, list[int | str]] = {}
        self.unchanged: Counter[str] = Counter()
        """Rows that changed nothing of what was known, by origin, since the engine was made."""
        self.totals: dict[str, Totals] = {origin: Totals() for origin in origins}
        self.foreign_reports = 0
        """Crews' reports that are about other zones than these."""
        self.quarantine = Quarantine()
        self.offset = 0
        """Of the batch in hand in the evidence log."""
        self.sequences = no_sequences()
        if state is not None:
            restore_state(self, state)

    def snapshot(self) -> bytes:
        """The whole state as versioned bytes; `Engine(..., state=...)` goes on from it."""
        return save_state(self)

    @property
    def clock(self) -> int:
        """Every instant up to here (ms) has been lived through."""
        return self.watermarks.clock

    @property
    def left_out(self) -> list[str]:
        """The origins that the clock does not wait for now."""
        return list(self.watermarks.left_out)

    def open_outages(self) -> dict[int, tuple[int, int]]:
        """By zone, how many published outages are open, and how many customers they have out."""
        by_zone = {}
        for zone, outages in self.partition.by_zone.items():
            published = [outage.customers_out for outage in outages.values() if outage.stance != SUSPECTED]
            by_zone[zone] = len(published), sum(published)
        return by_zone

    @property
    def repeats(self) -> Repeats:
        """What the evidence log brought again."""
        return self.backlog.offsets.repeats

    @property
    def quarantined(self) -> list[str]:
        """The zones that are set aside now."""
        return [self.partition.network.zone_ids[zone] for zone in sorted(self.partition.quarantined)]

    def resume(self, zone_id: str, offset: int | None = None) -> Published:
        """Take back a zone that was set aside; what has waited counts at the next instant.

        `offset` is where the log says so. A zone that is not set aside here is left as it is.
        """
        self.offset = self.offset if offset is None else offset
        partition, publisher = self.partition, Publisher(self.partition, self.sequences)
        for zone in [zone for zone in partition.quarantined if partition.network.zone_ids[zone] == zone_id]:
            aside = self.quarantine.zones[zone]
            partition.quarantined.discard(zone)
            self.backlog.add_again(aside.points, aside.devices, aside.crew)
            self.quarantine.zones[zone] = replace(aside, points=[], devices=[], crew=[], resumed=True)
            revision, place = self.quarantine.revise(zone), (self.evidence_partition, self.offset)
            publisher.tell_health(health(partition, zone, revision, None, place, self.watermarks.last_instant))
        return publisher.published

    def advance(self, batch: EvidenceBatch, appended_at: int | None = None, offset: int = 0) -> Published:
        """Take a batch of one origin and live through every instant that is now complete.

        `appended_at` is when it was appended to the evidence log (ms), and `offset` where; without the time, as in a
        replay of files, no origin is left out. Raises `EvidenceGapError` where offsets are missing.
        """
        self.offset = offset
        lived = self.watermarks.last_instant
        new = self.backlog.add(batch, self.partition.network, appended_at)
        if len(self.totals) < len(self.watermarks.marks):
            self.totals |= {origin: Totals() for origin in self.watermarks.marks if origin not in self.totals}
        totals = self.totals[batch.origin]
        totals.read += new.read
        totals.refused += new.refused
        if self.watermarks.last_instant == lived:
            return Published()  # no whole second has become complete
        instants = Instants(self, self.backlog.take(), lived)
        while (now := instants.next()) <= self.clock:
            instants.live(now)
        instants.count()
        return instants.publisher.published
