"""What each channel has said of a storm, and when it was seen, by one clock."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

Record = dict[str, Any]


class Seen(NamedTuple):
    """A record, and when it came to who reads the topic, or asked for it (ms)."""

    at: int
    record: Record


@dataclass
class Channels:
    """All that was seen, a channel in the order in which it was."""

    revisions: list[Seen] = field(default_factory=list)
    """Of the life cycle."""
    states: list[Seen] = field(default_factory=list)
    notifications: list[Seen] = field(default_factory=list)
    alerts: list[Seen] = field(default_factory=list)
    answers: list[Record] = field(default_factory=list)
    """Of the status API, each that differs from all others."""
    probes: list[Probe] = field(default_factory=list)


class Probe(NamedTuple):
    """A usage point of which a revision says something else, and when the status API said it (ms); None never."""

    outage_id: str
    updated_at: str
    asked_at: int
    told_at: int | None


class Course:
    """Records by what they are about, to be asked for how it stood at an instant; times as outputs write them."""

    def __init__(self, some: list[Seen], key: str) -> None:
        self._by_key: dict[str, list[Seen]] = defaultdict(list)
        for one in some:
            self._by_key[one.record[key]].append(one)
        self._times = {name: [one.record["updated_at"] for one in mine] for name, mine in self._by_key.items()}

    def at(self, name: str, instant: str) -> Seen | None:
        """Give the last record of an instant or before."""
        count = bisect_right(self._times.get(name, ()), instant)
        return self._by_key[name][count - 1] if count else None

    def of(self, name: str, instant: str) -> Seen | None:
        """Give the last record of this very instant."""
        found = self.at(name, instant)
        return found if found is not None and found.record["updated_at"] == instant else None

    def names(self) -> list[str]:
        """Give what there are records of."""
        return list(self._by_key)


def read(lines: list[bytes]) -> list[Seen]:
    """Take lines of a replay, seen at no time."""
    return [Seen(0, orjson.loads(line)) for line in lines]
