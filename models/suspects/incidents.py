"""Outages as they come in, kept until all is told of them: members by outage, services that were out alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.customers.news import CONFIRMED, INFERRED, LedgerNews
from models.suspects.news import OutageFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

SETTLED_MS: Final = 6 * 3_600_000
"""So long after its last revision an outage is weighed: corrections and what ended with it are known by then."""
FORGOTTEN_MS: Final = 7 * 86_400_000
"""A final outage is kept for so long after it was weighed, for those that overlap with it."""
START_MS: Final = 120_000
END_MS: Final = 300_000
"""A service that was out alone fits an outage whose start and end are not further off."""


class Incident(NamedTuple):
    """An outage with those that were out by it."""

    facts: OutageFacts
    numbers: NDArray[np.int32]
    changes: NDArray[np.uint8]
    """The last of each, as `models.customers.news` codes them."""


class Incidents:
    """All that is not forgotten, of one partition."""

    def __init__(self, saved: Mapping[str, Any] | None = None) -> None:
        self._facts: dict[str, OutageFacts] = {}
        self._entries: dict[str, list[tuple[NDArray[np.int32], NDArray[np.uint8]]]] = {}
        self._ready: dict[str, int] = {}
        """When those that are final and not weighed yet are (ms)."""
        self._weighed: dict[str, int] = {}
        """When the others were."""
        if saved is not None:
            self._restore(saved)

    def due(self) -> int | None:
        """Give the instant at which the next one is weighed."""
        return min(self._ready.values(), default=None)

    def take(self, news: OutageFacts | LedgerNews, instant: int) -> None:
        """Take a revision or entries of the ledger."""
        if isinstance(news, LedgerNews):
            self._entries.setdefault(news.outage_id, []).append((news.numbers, news.changes))
            return
        self._facts[news.outage_id] = news
        if news.final and news.outage_id not in self._weighed:
            self._ready[news.outage_id] = instant + SETTLED_MS

    def ready(self, instant: int) -> list[Incident]:
        """Take out those that are to be weighed by an instant, in order of their beginnings."""
        due = [name for name, at in self._ready.items() if at <= instant]
        for name in due:
            del self._ready[name]
            self._weighed[name] = instant
        found = [self._incident(name) for name in due if self._facts[name].counts]
        return sorted(found, key=lambda one: (one.facts.started_at, one.facts.outage_id))

    def overlapping(self, facts: OutageFacts) -> Iterable[Incident]:
        """Give the other outages of its zone that were open at the same time."""
        for name, one in self._facts.items():
            if name != facts.outage_id and one.zone_id == facts.zone_id and one.counts:
                end = one.ended_at if one.final else facts.ended_at
                if one.started_at <= facts.ended_at + END_MS and end >= facts.started_at - START_MS:
                    yield self._incident(name)

    def forget(self, instant: int) -> None:
        """Forget what is over since long."""
        for name in [name for name, at in self._weighed.items() if at < instant - FORGOTTEN_MS]:
            del self._weighed[name], self._facts[name]
            self._entries.pop(name, None)

    def save(self) -> dict[str, Any]:
        """Give all of it."""
        entries = [
            (name, numbers.tobytes(), changes.tobytes())
            for name in self._entries
            for numbers, changes in [_joined(self._entries[name])]
        ]
        return {
            "facts": [list(one) for one in self._facts.values()],
            "entries": entries,
            "ready": self._ready,
            "weighed": self._weighed,
        }

    def _restore(self, saved: Mapping[str, Any]) -> None:
        self._facts = {fields[0]: OutageFacts(*fields) for fields in saved["facts"]}
        self._entries = {
            name: [(np.frombuffer(numbers, np.int32), np.frombuffer(changes, np.uint8))]
            for name, numbers, changes in saved["entries"]
        }
        self._ready, self._weighed = dict(saved["ready"]), dict(saved["weighed"])

    def _incident(self, name: str) -> Incident:
        last = _last(*_joined(self._entries.get(name, ())))
        self._entries[name] = [last]
        return Incident(self._facts[name], *last)


def observations(incident: Incident, place: NDArray[np.int32], count: int) -> NDArray[np.int8]:
    """Say by place in the zone whether members told of their return: 1, 0 not, -1 nothing to be learned.

    `place` is the place of each number, -1 of those that are not there.
    """
    obs = np.full(count, -1, np.int8)
    for change, code in ((CONFIRMED, 1), (INFERRED, 0)):
        at = place[incident.changes == change]
        obs[at[at >= 0]] = code
    return obs


def fits(service: OutageFacts, outage: OutageFacts) -> bool:
    """Whether a service was out with an outage, from its start to a return not after its end."""
    return (
        abs(service.started_at - outage.started_at) <= START_MS
        and outage.started_at < service.ended_at <= outage.ended_at + END_MS
    )


def _joined(
    parts: Sequence[tuple[NDArray[np.int32], NDArray[np.uint8]]],
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    numbers = np.concatenate([np.zeros(0, np.int32), *(one for one, _ in parts)])
    return numbers, np.concatenate([np.zeros(0, np.uint8), *(one for _, one in parts)])


def _last(numbers: NDArray[np.int32], changes: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The last entry of each."""
    unique, first = np.unique(numbers[::-1], return_index=True)
    return unique, changes[::-1][first]
