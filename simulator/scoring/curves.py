"""Customers without power, minute by minute: the truth, what was published, and what it came to in the end.

A curve's value is its mean over the minute, exactly. Many historical incidents begin at a whole minute: a count at that
very moment would find nobody in the truth or everybody, as a clock errs by a millisecond.

In the truth the shots of a reclosing sequence are one interruption, from the first trip on, as an outage has one start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.course import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.interruptions import Interrupted
    from simulator.scoring.reading.ledger import LedgerIntervals
    from simulator.scoring.reading.output import Outages, Output, Restorations, Revisions
    from simulator.scoring.reading.truth import Truth

MINUTE_MS: Final = 60_000
SMALLEST_SHARE: Final = 0.1
"""Errors are measured against the truth, but against no less than this share of its peak."""

Steps = tuple["NDArray[np.int64]", "NDArray[np.int64]"]
"""Times and by how much a curve changes at each."""

Spans = tuple["NDArray[np.integer]", "NDArray[np.int64]", "NDArray[np.int64]"]
"""Usage points by position, since when each is out, and until when."""

Changes = tuple["NDArray[np.integer]", "NDArray[np.int64]", "NDArray[np.int64]"]
"""Numbers of outages, times, and by how much the customers who are out change."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Customer-milliseconds without power in each minute from `starts_at`, a whole minute."""

    starts_at: int
    truth: NDArray[np.int64]
    live: NDArray[np.int64]
    corrected: NDArray[np.int64]
    ledger: NDArray[np.int64] | None = None
    """None where the ledger was not read."""

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
        return _over(int(np.abs(curve - self.truth).sum()), int(self.truth.sum()))

    def net_customer_minutes(self, curve: NDArray[np.int64]) -> float | None:
        """Return the sum of engine - truth over the truth's sum; None where nobody was out."""
        return _over(int((curve - self.truth).sum()), int(self.truth.sum()))

    def noise(self, curve: NDArray[np.int64]) -> float | None:
        """Return the sum of the curve's moves from minute to minute over the truth's; None where nobody was out."""
        moves, true_moves = (int(np.abs(np.diff(each, prepend=0)).sum()) for each in (curve, self.truth))
        return _over(moves, true_moves)


def _over(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def draw_curves(network: Network, truth: Truth, output: Output, ends_at: int) -> Curves:
    """Draw the curves up to `ends_at`, the end of what the engine could know."""
    steps = [
        truth_steps(network, truth.interrupted.joined(truth.faults.opened_at)),
        live_steps(output.revisions),
        corrected_steps(output),
        *([] if output.ledger is None else [ledger_steps(network, output.ledger, output.outages)]),
    ]
    first = min((int(at.min()) for at, _ in steps if len(at)), default=ends_at)
    starts_at = first // MINUTE_MS * MINUTE_MS
    return Curves(starts_at, *(by_minute(at, change, starts_at, ends_at) for at, change in steps))


def truth_steps(network: Network, interrupted: Interrupted) -> Steps:
    """Each interruption adds its customers and takes them off again."""
    customers = network.customers[interrupted.point].astype(np.int64)
    return np.concatenate([interrupted.out_at, interrupted.back_at]), np.concatenate([customers, -customers])


def ledger_steps(network: Network, ledger: LedgerIntervals, outages: Outages) -> Steps:
    """Each interruption of the ledger adds its customers and takes them off again."""
    point, at, until = ledger_spans(ledger, outages)
    customers = network.customers[point].astype(np.int64)
    return np.concatenate([at, until]), np.concatenate([customers, -customers])


def ledger_spans(ledger: LedgerIntervals, outages: Outages) -> Spans:
    """Each interruption of the ledger; who is gained by an outage that ends without another word ended with it."""
    known = np.maximum(ledger.outage, 0)
    ends = (
        np.where(ledger.back_at < NEVER, ledger.back_at, outages.restored_at[known]) if len(outages) else ledger.back_at
    )
    never_were = [place for place, status in enumerate(outages.status) if status in {"merged", "cancelled"}]
    kept = (ledger.outage >= 0) & ((ledger.back_at < NEVER) | ~np.isin(ledger.outage, never_were))
    return ledger.point[kept], ledger.out_at[kept], np.maximum(ends, ledger.out_at)[kept]


def live_steps(revisions: Revisions) -> Steps:
    """Each revision replaces what the outage's last one said."""
    order = np.argsort(revisions.outage, kind="stable")
    outage, out = revisions.outage[order], revisions.customers_out[order]
    before = np.zeros(len(order), np.int64)
    same = outage[1:] == outage[:-1]
    before[1:][same] = out[:-1][same]
    return revisions.updated_at[order], out - before


def corrected_steps(output: Output) -> Steps:
    """Customers affected by the last record from the start, less each restoration from its time, none after the end.

    Who was transferred keeps his own start: he counts with the outage that he came from, until the one that he went to
    restores him. Where nobody knows which that is, he leaves when he is transferred. Who goes out again counts again.
    """
    outages, transfers = output.outages, output.transfers
    own = outages.customers_affected - transfers.received(len(outages))
    rest = outages.customers_affected - transfers.sent(len(outages))
    lost = transfers.to < 0
    np.add.at(rest, transfers.outage[lost], transfers.customers[lost])
    at, change = [outages.started_at], [own]
    for of, when, customers in (
        _restored(output.restorations),
        _out_again(output.revisions),
        (transfers.outage[lost], transfers.at[lost], -transfers.customers[lost]),
    ):
        while_open = when < outages.restored_at[of]
        np.add.at(rest, of[while_open], customers[while_open])
        at.append(np.maximum(when, outages.started_at[of])[while_open])
        change.append(customers[while_open])
    at.append(np.maximum(outages.restored_at, outages.started_at))
    return np.concatenate(at), np.concatenate([*change, -rest])


def _restored(restorations: Restorations) -> Changes:
    """Return of which outages customers were restored, when, and how many, as changes of who is out."""
    known = restorations.outage >= 0
    return restorations.outage[known], restorations.restored_at[known], -restorations.customers[known]


def _out_again(revisions: Revisions) -> Changes:
    """Return of which outages restored customers are out again, since when, and how many.

    Restored ones who left the outage altogether, with those affected, are not out again.
    """
    before: dict[str, tuple[int, int]] = {}
    rows, customers = [], []
    for row, line in enumerate(revisions.lines):
        affected, restored = before.get(line.outage_id, (0, 0))
        again = restored - line.customers_restored - max(0, affected - line.customers_affected)
        if again > 0:
            rows.append(row)
            customers.append(again)
        before[line.outage_id] = line.customers_affected, line.customers_restored
    chosen = np.array(rows, np.int64)
    return revisions.outage[chosen], revisions.updated_at[chosen], np.array(customers, np.int64)


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
