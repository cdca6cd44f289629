"""Whether confidence means what it says: of outages with confidence 0.8 four in five should be right.

The expected calibration error is the mean over ten bins with as many outages each of |share right - mean confidence|.
Scores are pooled by joining their judgements, not by averaging their errors: few outages make a large error by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulator.scoring.pairing.matches import Matches
    from simulator.scoring.reading.output import Outages

BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Outages of about the same confidence."""

    outages: int
    confidence: float
    """Their mean."""
    right: float
    """Share of them."""


@dataclass(frozen=True, slots=True)
class Judgements:
    """n outages that are right or wrong, by their last records."""

    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    confirmed: NDArray[np.bool_]
    """SCADA, a crew or an operator had spoken: their word is judged apart from the engine's."""

    @classmethod
    def pooled(cls, parts: Sequence[Judgements]) -> Judgements:
        """Join the judgements of several scores."""
        return cls(
            np.concatenate([np.empty(0, np.float64), *(part.confidence for part in parts)]),
            np.concatenate([np.empty(0, np.bool_), *(part.right for part in parts)]),
            np.concatenate([np.empty(0, np.bool_), *(part.confirmed for part in parts)]),
        )

    def bins(self, *, confirmed: bool) -> list[Bin]:
        """Put the outages into bins with as many each, by confidence; those with the same are alike."""
        chosen = self.confirmed == confirmed
        values, same, counts = np.unique(self.confidence[chosen], return_inverse=True, return_counts=True)
        # Whoever has the same confidence shares its right ones, so that no order among them decides on a bin.
        right = (np.bincount(same, self.right[chosen], len(values)) / np.maximum(counts, 1))[np.sort(same)]
        confidence = np.sort(self.confidence[chosen])
        if not len(confidence):
            return []
        parts = np.array_split(np.arange(len(confidence)), min(BINS, len(confidence)))
        return [Bin(len(rows), float(confidence[rows].mean()), float(right[rows].mean())) for rows in parts]


def judgements(outages: Outages, matches: Matches) -> Judgements:
    """Collect the outages that are right or wrong and say how sure they are."""
    right = np.zeros(len(outages), np.bool_)
    right[matches.right] = True
    chosen = (right | matches.wrong | matches.wrong_services) & ~np.isnan(outages.confidence)
    return Judgements(outages.confidence[chosen], right[chosen], outages.confirmed[chosen])


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Return the expected calibration error; None without outages."""
    outages = sum(each.outages for each in bins)
    off = sum(each.outages * abs(each.right - each.confidence) for each in bins)
    return off / outages if outages else None
