"""The state of an engine: everything that the next instant depends on, and what was counted on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.outages.instant_clock import Completed
from models.outages.publishing import no_sequences
from models.outages.quarantine import Quarantine
from models.outages.releases import Releases

if TYPE_CHECKING:
    from models.evidence.backlog import Backlog
    from models.evidence.watermarks import Watermarks
    from models.outages.state.partition import Partition
    from models.outages.totals import Totals


@dataclass(slots=True)
class EngineState:
    """What `Engine` drives, `Instants` change and a snapshot keeps."""

    partition: Partition
    backlog: Backlog
    evidence_partition: int = 0
    crews: dict[str, list[int | str]] = field(default_factory=dict)
    totals: dict[str, Totals] = field(default_factory=dict)
    """By origin."""
    unchanged: Counter[str] = field(default_factory=Counter)
    """Rows that changed nothing of what was known, by origin, since the engine was made; in no snapshot."""
    clock_doubts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows whose clock was not believed, by origin and reason (`DOUBTS`), since the engine was made; in no snapshot."""
    foreign_reports: int = 0
    """Crews' reports that are about other zones than these."""
    quarantine: Quarantine = field(default_factory=Quarantine)
    passed_over: int = 0
    """Records of the evidence log that could not be followed."""
    passed_over_told_at: int = 0
    """Append time (ms) of the last one that the zones' health tells."""
    offset: int = 0
    """Of the batch in hand in the evidence log; in no snapshot."""
    sequences: dict[str, int] = field(default_factory=no_sequences)
    completed: Completed = field(default_factory=Completed)
    """How far the clock for readers of the outputs has been told."""
    releases: Releases = field(default_factory=Releases)
    """Of other versions of the network, as the log has them."""

    @property
    def watermarks(self) -> Watermarks:
        """Up to where each origin has been read."""
        return self.backlog.watermarks
