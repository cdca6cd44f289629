"""Customers who went from one outage to another while they were out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulator.scoring.reading.records import RevisionLine


@dataclass(frozen=True, slots=True)
class Transfers:
    """n changes of `customers_transferred`, in the order of the records."""

    outage: NDArray[np.int64]
    """Number of the outage that they left."""
    to: NDArray[np.int64]
    """Number of the outage that has them in the end, over all that it was merged into; -1 if none is known."""
    at: NDArray[np.int64]
    customers: NDArray[np.int64]

    def sent(self, outages: int) -> NDArray[np.int64]:
        """Return the customers that left each outage."""
        return np.bincount(self.outage, self.customers, outages).astype(np.int64)

    def received(self, outages: int) -> NDArray[np.int64]:
        """Return the customers that came to each outage."""
        known = self.to >= 0
        return np.bincount(self.to[known], self.customers[known], outages).astype(np.int64)


def lay_transfers(
    lines: Sequence[RevisionLine], outage: NDArray[np.int32], updated_at: NDArray[np.int64], number: Mapping[str, int]
) -> Transfers:
    """Find the records by which customers went over; a correction takes some back from where they went."""
    merged_into = {line.outage_id: line.merged_into for line in lines if line.merged_into}
    before: dict[str, tuple[int, str | None]] = {}
    rows, receivers, customers = [], [], []
    for row, line in enumerate(lines):
        count, to = before.get(line.outage_id, (0, None))
        to = line.transferred_to or to
        if line.customers_transferred != count:
            rows.append(row)
            receivers.append(to)
            customers.append(line.customers_transferred - count)
        before[line.outage_id] = line.customers_transferred, to
    return Transfers(
        outage[np.array(rows, np.int64)].astype(np.int64),
        np.array([number.get(_survivor(to, merged_into), -1) for to in receivers], np.int64),
        updated_at[np.array(rows, np.int64)],
        np.array(customers, np.int64),
    )


def _survivor(outage: str | None, merged_into: Mapping[str, str | None]) -> str:
    """Follow an outage through those that it was merged into."""
    seen, here = set[str](), outage or ""
    while here not in seen:
        seen.add(here)
        here = merged_into.get(here) or here
    return here
