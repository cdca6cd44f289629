"""Each offset of an origin counts once: what ingest has appended twice is dropped, and what is missing is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from models.evidence.batch import DeviceRows, EvidenceBatch, PointRows

Rows = TypeVar("Rows", "PointRows", "DeviceRows")


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
        new = _without_rows(batch) if end <= expected else _from(batch, expected)
        self.repeats.offsets += min(end, expected) - first
        self.repeats.rows[batch.origin] += _count(batch) - _count(new)
        return new


def _without_rows(batch: EvidenceBatch) -> EvidenceBatch:
    return replace(batch, points=None, devices=None, crew=(), deferred=(), read=0, refused=0, unused=0)


def _from(batch: EvidenceBatch, offset: int) -> EvidenceBatch:
    """The rows of a batch from an offset on; of its lines, which it does not say one by one, those with rows count."""
    points, devices = _cut(batch.points, offset), _cut(batch.devices, offset)
    crew = [row for row in batch.crew if row.offset >= offset]
    deferred = [row for row in batch.deferred if row.offset >= offset]
    lines = sum(len(np.unique(rows.offset)) for rows in (points, devices) if rows is not None)
    read = lines + len(crew) + len(deferred)
    return replace(
        batch, points=points, devices=devices, crew=crew, deferred=deferred, read=read, refused=len(deferred), unused=0
    )


def _cut(rows: Rows | None, offset: int) -> Rows | None:
    if rows is None:
        return None
    first = int(np.searchsorted(rows.offset, offset))
    return type(rows)(**{name: getattr(rows, name)[first:] for name in type(rows).__slots__})


def _count(batch: EvidenceBatch) -> int:
    return batch.rows() + len(batch.crew) + len(batch.deferred)
