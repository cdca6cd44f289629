"""Promises to the public as the engine would make them: outages looked at again and again until power is back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.outages.estimate.apply import at_level, remaining
from models.outages.estimate.history import Looks, situations
from models.outages.estimate.promise import NEVER, Promise, next_step, promise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.estimate.history import History
    from models.outages.estimate.policy import PromisePolicy
    from models.outages.estimate.table import EstimateTable


class Promised(NamedTuple):
    """By outage: the first and the last time that was promised (-1 none), and how often it was changed."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    changes: NDArray[np.int64]


def promises(table: EstimateTable, policy: PromisePolicy, history: History, rows: NDArray[np.int64]) -> Promised:
    """Promise for the given outages; the whole history is what goes on around them."""
    offsets = table.file.offsets
    stand = [Promise()] * len(rows)
    first, last = (np.full(len(rows), -1, np.int64) for _ in range(2))
    waiting, at = np.arange(len(rows)), history.published_at[rows]
    while len(waiting):
        left = remaining(table, situations(history, Looks(rows[waiting], at), offsets))
        expected = at + at_level(table, left, policy.level)
        steps = []
        for place, now, by in zip(waiting.tolist(), at.tolist(), expected.tolist(), strict=True):
            row = rows[place]
            began = int(history.started_at[row])
            stand[place] = made = promise(policy, stand[place], now, began, by, None)
            if made.at is not None:
                first[place] = made.at if first[place] < 0 else first[place]
                last[place] = made.at
            steps.append(min(next_step(policy, made, now, began), _crew_after(history, row, now)))
        at = np.array(steps, np.int64)
        goes_on = at < history.restored_at[rows[waiting]]
        waiting, at = waiting[goes_on], at[goes_on]
    return Promised(first, last, np.array([one.changes for one in stand], np.int64))


def _crew_after(history: History, row: int, now: int) -> int:
    """When a crew comes further."""
    times = (history.crew_assigned_at[row], history.crew_on_site_at[row], history.crew_repairing_at[row])
    return min((int(time) for time in times if time > now), default=NEVER)
