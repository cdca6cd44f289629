"""Each offset of an origin counts once: what ingest has appended twice is dropped, and what is missing is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from models.evidence.cutting import cut

if TYPE_CHECKING:
    from models.evidence.batch import EvidenceBatch


class EvidenceGapError(RuntimeError):
    """Offsets of an origin that no batch accounts for: the evidence log is not whole."""


@dataclass(slots=True)
class Repeats:
    """What batches brought again since the engine was made."""

    rows: Counter[str] = field(default_factory=Counter)
    """By origin."""
    offsets: int = 0


@dataclass(slots=True)
class Offsets:
    """The next offset expected of each origin; the first batch that accounts for any sets where it starts."""

    expected: dict[str, int] = field(default_factory=dict)
    repeats: Repeats = field(default_factory=Repeats)

    def skip_to(self, batch: EvidenceBatch) -> None:
        """Do without what is missing before a batch."""
        if batch.offsets is not None and batch.origin in self.expected:
            self.expected[batch.origin] = max(self.expected[batch.origin], batch.offsets[0])

    def continued_by(self, batch: EvidenceBatch) -> bool:
        """Whether a batch accounts for offsets after those of its origin that were taken before."""
        expected = self.expected.get(batch.origin)
        return expected is not None and batch.offsets is not None and batch.offsets[1] > expected

    def take(self, batch: EvidenceBatch) -> EvidenceBatch:
        """Move on with a batch; returns what of it is new.

        Raises `EvidenceGapError` for a batch that begins beyond the offset expected.
        """
        if batch.offsets is None:
            return batch
        first, end = batch.offsets
        expected = self.expected.get(batch.origin, first)
        if first > expected:
            raise EvidenceGapError(
                f"the evidence of {batch.origin} goes on at offset {first}, {expected} was expected; "
                "look for the batch that is missing in the evidence log, or rebuild it from the raw topic"
            )
        self.expected[batch.origin] = max(expected, end)
        if first == expected:
            return batch
        new = batch.without_rows() if end <= expected else _rest(batch, expected)
        self.repeats.offsets += min(end, expected) - first
        self.repeats.rows[batch.origin] += _count(batch) - _count(new)
        return new


def _rest(batch: EvidenceBatch, offset: int) -> EvidenceBatch:
    """What of a batch begins at an offset; of its lines, which it does not count one by one, those with rows count."""
    rest = cut(batch, offset)
    lines = sum(len(np.unique(rows.offset)) for rows in (rest.points, rest.devices) if rows is not None)
    refused = len(rest.deferred)
    return replace(rest, read=lines + rest.texts(), refused=refused, unused=0)


def _count(batch: EvidenceBatch) -> int:
    return batch.rows() + batch.texts()
