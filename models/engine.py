"""The outage engine: evidence in, life cycle and restoration records out. A pure state machine over the log.

Inference runs at instants, whole seconds of the log's clock, and nowhere else (`instants`). At each instant that has
evidence or a due timer: merge the evidence (`evidence_join`), look at outages for returning power (`closing`), explain
fresh reports (`opening`, `inference`), review durations (`life_cycle`), publish (`records`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.backlog import Backlog
from models.instants import Instants
from models.partition import Partition
from models.snapshot import restore_state, save_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.contracts.dead_letter import DeadLetter
    from models.delivery import Delivery
    from models.evidence_batch import EvidenceBatch
    from models.network import Network
    from models.parameters import Parameters


@dataclass(slots=True)
class Published:
    """What one batch of evidence led to, in order."""

    lifecycle: list[dict[str, Any]] = field(default_factory=list)
    restorations: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)


@dataclass(slots=True)
class Totals:
    """Lines of one origin. After the end copies are what was read, not refused and not used."""

    read: int = 0
    refused: int = 0
    used: int = 0

    @property
    def copies(self) -> int:
        """Lines that changed nothing."""
        return self.read - self.refused - self.used


class Engine:
    """All zones of one evidence partition."""

    def __init__(
        self,
        network: Network,
        parameters: Parameters,
        delivery: Delivery,
        origins: Sequence[str],
        organisation: str = "default",
        state: bytes | None = None,
    ) -> None:
        self.partition = Partition(network, parameters, delivery, organisation)
        self.backlog = Backlog(list(origins))
        self.crews: dict[str, list[int | str]] = {}
        self.totals: dict[str, Totals] = {origin: Totals() for origin in origins}
        self.sequences = {"lifecycle": 0, "restorations": 0}
        if state is not None:
            restore_state(self, state)

    def snapshot(self) -> bytes:
        """The whole state as versioned bytes; `Engine(..., state=...)` goes on from it."""
        return save_state(self)

    def advance(self, batch: EvidenceBatch) -> Published:
        """Take a batch of one origin and live through every instant that is now complete."""
        totals = self.totals[batch.origin]
        totals.read += batch.read
        totals.refused += batch.refused
        self.backlog.add(batch, self.partition.network)
        due, published = self.backlog.take(), Published()
        clock = self.backlog.clock()
        instants = Instants(self, due, published)
        while (now := instants.next()) <= clock:
            instants.live(now)
        instants.count()
        return published
