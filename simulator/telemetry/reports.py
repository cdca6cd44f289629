"""Columns of reports about usage points: what all of meters and callers say, before it becomes lines."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

_DISORDER_MS = 400
"""Lines stand in the order in which they came, but for what overtakes within a collector."""


@dataclass(frozen=True, slots=True)
class Reports:
    """n reports in columns; kinds are codes of `models.evidence.kinds.EVIDENCE_KINDS`."""

    point: NDArray[np.int32]
    kind: NDArray[np.uint8]
    observed_at: NDArray[np.int64]
    received_at: NDArray[np.int64]
    outage_started_at: NDArray[np.int64]
    """0 where it is not said."""

    @classmethod
    def of(
        cls,
        point: NDArray[np.int32],
        kind: int | NDArray[np.uint8],
        observed_at: NDArray[np.int64],
        received_at: NDArray[np.int64],
        outage_started_at: int | NDArray[np.int64] = 0,
    ) -> Reports:
        """Make reports, of one kind or of many."""
        rows = len(point)
        return cls(
            point.astype(np.int32),
            np.broadcast_to(np.asarray(kind, np.uint8), rows),
            observed_at,
            received_at,
            np.broadcast_to(np.asarray(outage_started_at, np.int64), rows),
        )

    @classmethod
    def none(cls) -> Reports:
        """Make no reports at all."""
        return cls.of(np.empty(0, np.int32), 0, np.empty(0, np.int64), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.point)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Reports:
        """Return the reports at some rows, or those of a mask."""
        return Reports(*(getattr(self, field.name)[rows] for field in fields(self)))


def joined(many: Sequence[Reports]) -> Reports:
    """Put reports behind each other."""
    columns = (np.concatenate([getattr(reports, field.name) for reports in many]) for field in fields(Reports))
    return Reports(*columns)


def in_file_order(lots: Generator, reports: Reports) -> Reports:
    """Order reports as their lines stand in the file: by `received_at`, with slight disorder."""
    place = reports.received_at + lots.integers(0, _DISORDER_MS, len(reports))
    return reports.take(np.argsort(place, kind="stable"))
