"""Versions of the network that have been released and are not in force yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from models.times.units import SECOND

REMEMBERED: Final = 64
"""Earlier versions whose rows may still come: each ingest process takes up a release when it hears of it."""


class Release(NamedTuple):
    """A version from a moment of log time on; milliseconds."""

    version: str
    at: int
    """A whole second: what has an earlier log time was read with the version before."""
    last: int
    """The last instant of the version before: `at`, or the next instant to come if that had passed."""


@dataclass(slots=True)
class Releases:
    """What has been released in one evidence partition, as its log has it."""

    versions: list[str] = field(default_factory=list)
    """The one that the log began with and the latest ones, those that are not in force yet last; none before any."""
    pending: list[Release] = field(default_factory=list)

    def add(self, version: str, at: int, lived: int, in_force: str) -> None:
        """A version is released from a moment on; `lived` is the last instant that is complete."""
        before = max([lived, *(release.last for release in self.pending)])
        self.pending.append(Release(version, at, max(at, before + SECOND)))
        self.versions = [*(self.versions or [in_force]), version][-REMEMBERED:]

    def due(self, complete: int) -> Release | None:
        """The next release whose first instant is complete."""
        return self.pending[0] if self.pending and self.pending[0].last + SECOND <= complete else None

    def late(self) -> tuple[int, int]:
        """From and up to which log time rows were read with a version that was not in force yet when they came."""
        return next(((release.at, release.last) for release in self.pending if release.last > release.at), (0, 0))
