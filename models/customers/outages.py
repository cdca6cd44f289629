"""The outages that customers' states speak of, each in a slot, with what is said of who is out by it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from numpy.typing import NDArray

    from models.customers.news import OutageNews

_BY_STEPS: Final = frozenset({"etr_public", "etr_stage", "stale"})
"""What alone makes no news: a promise does by steps."""


@dataclass(slots=True)
class Outage:
    """An outage."""

    outage_id: str
    zone_id: str
    revision: int = 0
    """The revision whose facts are said."""
    said: dict[str, Any] | None = None
    """None before its first revision has come."""
    final: bool = False
    cancelled: bool = False


class Outages:
    """Outages by slot; a slot of an outage that is over and that no point names is given away again."""

    def __init__(self, step: int, saved: Iterable[Mapping[str, Any] | None] = ()) -> None:
        """`step` (ms) is by how much a promised time has to move to be said for its own sake."""
        self._step = step
        self.by_slot = [None if one is None else Outage(**one) for one in saved]
        self._slots = {one.outage_id: slot for slot, one in enumerate(self.by_slot) if one is not None}
        self._free = [slot for slot, one in enumerate(self.by_slot) if one is None]

    def save(self) -> list[dict[str, Any] | None]:
        """Give all of them."""
        return [None if one is None else asdict(one) for one in self.by_slot]

    def __len__(self) -> int:
        return len(self.by_slot)

    def of(self, slot: int) -> Outage:
        """Give the outage of a slot that is taken."""
        outage = self.by_slot[slot]
        assert outage is not None  # noqa: S101  a point names it
        return outage

    def slot(self, outage_id: str, zone_id: str) -> int:
        """Give the slot of an outage, which is told here for the first time or not."""
        slot = self._slots.get(outage_id)
        if slot is None:
            if not self._free:
                self._free.append(len(self.by_slot))
                self.by_slot.append(None)
            slot = self._slots[outage_id] = self._free.pop()
            self.by_slot[slot] = Outage(outage_id, zone_id)
        return slot

    def take(self, news: OutageNews) -> tuple[int, bool]:
        """Take a revision; returns its slot, and whether there is anything else to be said now."""
        slot = self.slot(news.outage_id, news.zone_id)
        outage = self.of(slot)
        outage.final, outage.cancelled, outage.zone_id = news.final, news.cancelled, news.zone_id
        if outage.said is not None and not self._is_news(outage.said, news.said):
            return slot, False
        outage.said, outage.revision = news.said, news.revision
        return slot, True

    def of_zone(self, zone_id: str) -> NDArray[np.bool_]:
        """Which slots are of a zone's outages; one more stands for no slot."""
        of_zone = [outage is not None and outage.zone_id == zone_id for outage in self.by_slot]
        return np.array([*of_zone, False], np.bool_)

    def stale(self) -> NDArray[np.bool_]:
        """Of which slots that is said what may be behind anyhow; one more stands for no slot."""
        stale = [outage is not None and outage.said is not None and outage.said["stale"] for outage in self.by_slot]
        return np.array([*stale, False], np.bool_)

    def forget(self, named: Container[int]) -> None:
        """Give up the slots of outages that are over and that nobody names."""
        for slot, outage in enumerate(self.by_slot):
            if outage is not None and outage.final and slot not in named:
                del self._slots[outage.outage_id]
                self.by_slot[slot] = None
                self._free.append(slot)

    def _is_news(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
        if _whole(before) != _whole(now):
            return True
        known, promised = before["etr_public"], now["etr_public"]
        if known is None or promised is None:
            return bool(known != promised)
        return known != promised and abs(parse_time(promised) - parse_time(known)) >= self._step


def _whole(said: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {name: value for name, value in said["message_parameters"].items() if name not in _BY_STEPS}
    return {name: value for name, value in said.items() if name not in _BY_STEPS} | {"message_parameters": parameters}
