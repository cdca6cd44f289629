"""Customers without power, minute by minute: the truth, what was published, and what it came to in the end.

A curve's value is its mean over the minute, exactly. Many historical incidents begin at a whole minute: a count at that
very moment would find nobody in the truth or everybody, as a clock errs by a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.interruptions import Interrupted
    from simulator.scoring.output import Outages, Output, Restorations, Revisions

MINUTE_MS: Final = 60_000
SMALLEST_SHARE: Final = 0.1
"""Errors are measured against the truth, but against no less than this share of its peak."""

Steps = tuple["NDArray[np.int64]", "NDArray[np.int64]"]
"""Times and by how much a curve changes at each."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Customer-milliseconds without power in each minute from `starts_at`, a whole minute."""

    starts_at: int
    truth: NDArray[np.int64]
    live: NDArray[np.int64]
    corrected: NDArray[np.int64]

    def peak(self) -> float:
        """Return the largest mean of a minute, in customers really out."""
        return int(self.truth.max(initial=0)) / MINUTE_MS

    def errors(self, curve: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return for each minute |engine - truth| over max(truth, 10 % of the peak)."""
        floor = np.maximum(self.truth, SMALLEST_SHARE * max(int(self.truth.max(initial=0)), MINUTE_MS))
        shares: NDArray[np.float64] = np.abs(curve - self.truth) / floor
        return shares

    def customer_minutes(self, curve: NDArray[np.int64]) -> float | None:
        """Return the sum of |engine - truth| over the truth's sum; None where nobody was out."""
        total = int(self.truth.sum())
        return int(np.abs(curve - self.truth).sum()) / total if total else None


def draw_curves(network: Network, interrupted: Interrupted, output: Output, ends_at: int) -> Curves:
    """Draw the curves up to `ends_at`, the end of what the engine could know."""
    steps = [
        truth_steps(network, interrupted),
        live_steps(output.revisions),
        corrected_steps(output.outages, output.restorations),
    ]
    first = min((int(at.min()) for at, _ in steps if len(at)), default=ends_at)
    starts_at = first // MINUTE_MS * MINUTE_MS
    truth, live, corrected = (by_minute(at, change, starts_at, ends_at) for at, change in steps)
    return Curves(starts_at, truth, live, corrected)


def truth_steps(network: Network, interrupted: Interrupted) -> Steps:
    """Each interruption adds its customers and takes them off again."""
    customers = network.customers[interrupted.point].astype(np.int64)
    return np.concatenate([interrupted.out_at, interrupted.back_at]), np.concatenate([customers, -customers])


def live_steps(revisions: Revisions) -> Steps:
    """Each revision replaces what the outage's last one said."""
    order = np.argsort(revisions.outage, kind="stable")
    outage, out = revisions.outage[order], revisions.customers_out[order]
    before = np.zeros(len(order), np.int64)
    same = outage[1:] == outage[:-1]
    before[1:][same] = out[:-1][same]
    return revisions.updated_at[order], out - before


def corrected_steps(outages: Outages, restorations: Restorations) -> Steps:
    """Customers affected by the last record from the start, less each restoration from its time, none after the end."""
    known = np.flatnonzero(restorations.outage >= 0)
    of = restorations.outage[known]
    early = restorations.restored_at[known] < outages.restored_at[of]
    known, of = known[early], of[early]
    rest = outages.customers_affected.copy()
    np.subtract.at(rest, of, restorations.customers[known])
    restored_at = np.maximum(restorations.restored_at[known], outages.started_at[of])
    at = np.concatenate([outages.started_at, restored_at, np.maximum(outages.restored_at, outages.started_at)])
    return at, np.concatenate([outages.customers_affected, -restorations.customers[known], -rest])


def by_minute(at: NDArray[np.int64], change: NDArray[np.int64], starts_at: int, ends_at: int) -> NDArray[np.int64]:
    """Add up customer-milliseconds in each minute from `starts_at`; the last one is cut at `ends_at`."""
    minutes = max(1, -((starts_at - ends_at) // MINUTE_MS))
    kept = at < ends_at
    minute, past = np.divmod(at[kept] - starts_at, MINUTE_MS)
    here, onwards = np.zeros(minutes, np.int64), np.zeros(minutes + 1, np.int64)
    np.add.at(here, minute, change[kept] * (MINUTE_MS - past))
    np.add.at(onwards, minute + 1, change[kept] * MINUTE_MS)
    curve: NDArray[np.int64] = here + onwards[:-1].cumsum()
    # What is out at the end is out to the end, and no longer.
    curve[-1] -= change[kept].sum() * (starts_at + minutes * MINUTE_MS - ends_at)
    return curve
