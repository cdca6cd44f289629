"""What outages have said of the joins of a zone so far, point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.suspects.joins import CANDIDATES
from models.suspects.likelihood import HEARD_AT_ALL, MOST, below, never_tells, not_below, posterior, shares_heard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.suspects.joins import ZoneJoins
    from models.suspects.policy import SuspectPolicy

TELLING: Final = 50
"""An outage that says so much (hundredths of a nat) for another place is named with the suspicion."""
MOST_NAMED: Final = 10
MOST_COUNTED: Final = 20
"""Members of one outage in what is usual: a large one is one sample of what becomes of messages, not hundreds."""


class ZoneScores:
    """P usage points with K other places each."""

    def __init__(self, joins: ZoneJoins, saved: Mapping[str, Any] | None = None) -> None:
        """Begin with nothing, or with what `save` gave, of this version of the network or an earlier one."""
        self.joins = joins
        count = len(joins.numbers)
        self.score = np.zeros((count, CANDIDATES), np.int16)
        self.mute = np.zeros(count, np.int16)
        self.usual = [[0, 0], [0, 0]]
        """Of outages that were short, and that lasted: members heard, and all, of each at most `MOST_COUNTED`."""
        self.named: dict[int, list[str]] = {}
        """By place in the zone the outages that spoke for another place, the latest last."""
        if saved is not None:
            self._restore(saved)

    def weigh_members(self, branch: tuple[int, int], obs: NDArray[np.int8], outage_id: str, *, lasting: bool) -> float:
        """Take an outage of a branch (device positions from, to) as its members tell it; returns the share heard.

        `obs` is by place in the zone 1 heard, 0 not heard, -1 nothing to be learned.
        """
        rows = np.flatnonzero((obs >= 0) & self.joins.metered)
        if not len(rows):
            return 0.0
        heard = obs[rows] == 1
        counts = self.usual[int(lasting)]
        usual = (counts[0] + 8) / (counts[1] + 10)
        share = shares_heard(heard, self.joins.collector[rows].astype(np.int64), usual)
        weight = min(len(heard), MOST_COUNTED)
        counts[0] += round(weight * int(heard.sum()) / len(heard))
        counts[1] += weight
        siblings = self.joins.row[rows]
        told = np.bincount(siblings, heard)[siblings] - heard
        alone = (np.bincount(siblings)[siblings] > 2) & (told == 0) & ~heard
        rows, heard, share = rows[~alone], heard[~alone], share[~alone]  # else their transformer may be elsewhere
        says = not_below(heard, share)
        self._add(rows, np.where(self._within(rows, branch), 0, says[:, None]))
        self.mute[rows] = np.clip(self.mute[rows] + never_tells(heard, share), -MOST, MOST)
        self._name(rows[says >= TELLING], outage_id)
        return float(heard.mean()) if len(heard) else 0.0

    def weigh_others(
        self, branch: tuple[int, int], alone: NDArray[np.bool_], free: NDArray[np.bool_], share: float, outage_id: str
    ) -> None:
        """Take the same outage for points elsewhere that may belong below it; by place in the zone.

        `alone` were out with it by themselves, `free` were in no other outage meanwhile.
        """
        near = self.joins.near
        near_it: NDArray[np.bool_] = np.any((near >= branch[0]) & (near < branch[1]), axis=1)
        rows = np.flatnonzero(near_it[self.joins.row] & free & self.joins.metered)
        says = below(alone[rows], share)
        self._add(rows, np.where(self._within(rows, branch), says[:, None], 0))
        out_alone = rows[alone[rows]]
        self.mute[out_alone] = np.clip(self.mute[out_alone] + HEARD_AT_ALL, -MOST, MOST)
        self._name(out_alone, outage_id)

    def probabilities(self, rows: NDArray[np.int64], policy: SuspectPolicy) -> NDArray[np.float64]:
        """Give how probable each other place is for some points, [n, K]."""
        near = self.joins.near[self.joins.row[rows]]
        return posterior(self.score[rows], self.mute[rows], near >= 0, policy)

    def save(self) -> dict[str, Any]:
        """Give the points of which anything is known, by stable numbers."""
        network, joins = self.joins.network, self.joins
        rows = np.flatnonzero(self.score.any(axis=1) | (self.mute != 0))
        number = network.device_number
        near = np.where(joins.near < 0, -1, number[np.maximum(joins.near, 0)]).astype(np.int32)
        own = joins.row[rows].astype(np.int32)
        columns: dict[str, NDArray[Any]] = {
            "numbers": joins.numbers[rows],
            "own": own,
            "score": self.score[rows],
            "mute": self.mute[rows],
        }
        columns |= {"feeding": number[joins.feeding], "near": near}
        named = {int(joins.numbers[row]): names for row, names in sorted(self.named.items())}
        return {name: column.tobytes() for name, column in columns.items()} | {
            "named": sorted(named.items()),
            "usual": self.usual,
        }

    def _restore(self, saved: Mapping[str, Any]) -> None:
        """Put what was known to where it is now; of a point that is joined otherwise nothing is known any more."""
        self.usual = [list(counts) for counts in saved["usual"]]
        network, joins = self.joins.network, self.joins
        numbers, own, feeding = (np.frombuffer(saved[name], np.int32) for name in ("numbers", "own", "feeding"))
        near = np.frombuffer(saved["near"], np.int32).reshape(-1, CANDIDATES)
        score = np.frombuffer(saved["score"], np.int16).reshape(-1, CANDIDATES)
        place = network.point_position[numbers] - joins.first
        kept = (place >= 0) & (place < len(joins.numbers))
        now = network.device_number[joins.feeding][joins.row[np.where(kept, place, 0)]]
        kept &= now == feeding[own]
        rows = place[kept]
        before = near[own[kept]]
        after = np.where(joins.near < 0, -1, network.device_number[np.maximum(joins.near, 0)])[joins.row[rows]]
        same = (after[:, :, None] == before[:, None, :]) & (after >= 0)[:, :, None]
        self.score[rows] = (same * score[kept][:, None, :]).sum(axis=2)
        self.mute[rows] = np.frombuffer(saved["mute"], np.int16)[kept]
        row_of = dict(zip(numbers[kept].tolist(), rows.tolist(), strict=True))
        self.named = {row_of[number]: list(names) for number, names in saved["named"] if number in row_of}

    def _within(self, rows: NDArray[np.int64], branch: tuple[int, int]) -> NDArray[np.bool_]:
        near = self.joins.near[self.joins.row[rows]]
        return (near >= branch[0]) & (near < branch[1])

    def _add(self, rows: NDArray[np.int64], says: NDArray[np.int64]) -> None:
        self.score[rows] = np.clip(self.score[rows] + says, -MOST, MOST)

    def _name(self, rows: NDArray[np.int64], outage_id: str) -> None:
        for row in rows.tolist():
            self.named[row] = [*self.named.get(row, []), outage_id][-MOST_NAMED:]
