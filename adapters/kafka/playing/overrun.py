"""Whether a broker has dropped records before their readers had them: an embedded one keeps only so much."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.clients.positions import Positions


class RetentionOverrunError(Exception):
    """Records were dropped unread; the message names topic, partition and how many, a line each."""


class OverrunWatch:
    """Compares what partitions still keep with what a group has committed."""

    def __init__(self, group: str, readers: Positions, partitions: Iterable[Place]) -> None:
        """Watch from now on; a group that has committed nothing has to read what is kept now."""
        self.group, self._readers = group, readers
        self.begun = False
        """Whether the group has committed anything."""
        self._first = {each: start for each, (start, _) in readers.bounds(partitions).items()}

    def check(self) -> int:
        """Count the records that the group has yet to commit; raises `RetentionOverrunError` if some are gone."""
        committed = self._readers.committed(self._first)  # asked first: a reader that moves meanwhile has lost nothing
        self.begun |= max(committed.values()) >= 0
        bounds = self._readers.bounds(self._first)
        reached = {each: max(committed[each], first) for each, first in self._first.items()}
        lost = {each: bounds[each][0] - offset for each, offset in reached.items()}
        lost_records = [
            f"topic {topic}, partition {partition}: the broker dropped {number:,} records that {self.group} "
            "had not read; feed slower, or set FAULTLINE_KAFKA to a broker that keeps them"
            for (topic, partition), number in lost.items()
            if number > 0
        ]
        if lost_records:
            raise RetentionOverrunError("\n".join(lost_records))
        return sum(bounds[each][1] - offset for each, offset in reached.items())
