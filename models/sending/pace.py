"""How fast a channel may be used: so many a second and a day, and not at all while it fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from models.connectors.back_off import BackOff

DAY_MS: Final = 86_400_000
_SECOND: Final = 1000.0
PATIENT: Final = 3
"""So many failures in a row are those of messages; then it is the channel that fails."""


@dataclass(slots=True)
class Pace:
    """One channel's; times are milliseconds since the epoch."""

    per_second: float
    per_day: int | None
    """As a carrier allows, by days of UTC."""
    back_off: BackOff = field(default_factory=lambda: BackOff(1.0, 60.0))
    left: float = 1.0
    filled_at: float = 0.0
    day: int = 0
    sent_today: int = 0
    closed_until: float = 0.0
    failures: int = 0

    def opens_at(self, now: float) -> float:
        """Give from when on a message may be sent, `now` if it may."""
        self._fill(now)
        opens = max(now, self.closed_until)
        if self.per_day is not None and self.sent_today >= self.per_day:
            opens = max(opens, float((self.day + 1) * DAY_MS))
        return opens if self.left >= 1.0 else max(opens, now + (1.0 - self.left) / self.per_second * _SECOND)

    def take(self, now: float) -> None:
        """Count a message that is sent."""
        self._fill(now)
        self.left -= 1.0
        self.sent_today += 1

    def succeed(self) -> None:
        """The channel works."""
        self.failures = 0
        self.back_off.reset()

    def fail(self, now: float, draw: float, wait_seconds: float | None) -> None:
        """The channel has failed once more; it may have said how long to wait."""
        self.failures += 1
        if wait_seconds is not None:
            self.closed_until = max(self.closed_until, now + wait_seconds * _SECOND)
        elif self.failures >= PATIENT:
            self.closed_until = max(self.closed_until, now + self.back_off.next(draw) * _SECOND)

    def _fill(self, now: float) -> None:
        if int(now) // DAY_MS != self.day:
            self.day, self.sent_today = int(now) // DAY_MS, 0
        most = max(self.per_second, 1.0)
        self.left = (
            min(most, self.left + (now - self.filled_at) / _SECOND * self.per_second) if self.filled_at else most
        )
        self.filled_at = now
