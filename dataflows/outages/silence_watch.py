"""Whether the evidence log goes on at all: where nobody appends to it, what is shown stands still.

Where the broker stamps raw records, each ingest process says once a second how far it has read, quiet or not: a log in
which nothing comes has no ingest process. Where files are played, silence says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SILENT_SECONDS: Final = 30.0
"""Of the wall clock: a restart of ingest, which an origin is left out for after ten, is no alarm yet."""


@dataclass(slots=True)
class SilenceWatch:
    """By evidence partition, when its last record came, in monotonic seconds; at first when it was begun with."""

    partitions: Iterable[int]
    begun_at: float
    _last_at: dict[int, float] = field(init=False)

    def __post_init__(self) -> None:
        self._last_at = dict.fromkeys(self.partitions, self.begun_at)

    def take(self, partition: int, now: float) -> None:
        """A record of a partition has come."""
        self._last_at[partition] = now

    def hindrances(self, now: float) -> dict[str, str | None]:
        """Say of each partition, by a name of its own, that its log does not go on; None if it does."""
        return {f"silence {part}": self._fault(part, now - at) for part, at in self._last_at.items()}

    def _fault(self, partition: int, silence: float) -> str | None:
        if silence < SILENT_SECONDS:
            return None
        return (
            f"no evidence has come in evidence partition {partition} for {silence:.0f} s, not even word of how far the "
            "raw topics have been read: what is shown stands still; see whether any ingest process is up"
        )
