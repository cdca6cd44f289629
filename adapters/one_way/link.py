"""How the way stands at the receiver: told by what comes, for nobody can be asked."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from adapters.connectors.clock import now_ms
from models.connectors.health import LinkFacts, Standing, state_of
from models.contracts.outputs.connector_health import LinkHealth
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from adapters.one_way.settings import ReceiverSettings
    from models.one_way.frames import Frame
    from models.one_way.heartbeat import Heartbeat
    from models.one_way.window import Loss

log: Final = logging.getLogger("faultline")
LOST_AFTER: Final = 4
"""A way is lost after so many times stale_seconds in silence."""
SAID_SECONDS: Final = 60.0


class ReceiverLink:
    """The state of one way. Written by the receiver's thread, read by any."""

    def __init__(self, settings: ReceiverSettings, name: str) -> None:
        self._settings, self._name = settings, name
        self._standing = Standing(now_ms())
        self._heard_at = self._said_at = 0.0
        self._lost_at = self._refused_at = float("-inf")
        self._heard_ms: int | None = None
        self._value_ms: int | None = None
        self._lag_ms: int | None = None
        self._epoch: int | None = None
        self._full_state = self._copies = 0.0
        self._last_loss = self._refusal = ""

    def hear(self, frame: Frame, heartbeat: Heartbeat | None = None) -> None:
        """A frame came."""
        self._heard_at, self._heard_ms = time.monotonic(), now_ms()
        self._epoch = max(self._epoch or 0, frame.epoch)
        if heartbeat is not None:
            self._copies, self._full_state = heartbeat.copies_seconds, heartbeat.full_state_seconds

    def value(self, at: int, lag: int) -> None:
        """A report came, milliseconds after the sender had it."""
        self._value_ms, self._lag_ms = at, lag

    def lose(self, loss: Loss) -> None:
        """Frames are lost."""
        self._lost_at = time.monotonic()
        count = f"{loss.frames:,} frames" if loss.last is not None else "an unknown number of frames"
        self._last_loss = f"{count} lost between {format_time(loss.begin)} and {format_time(loss.end)}"
        self._say("%s", self._last_loss)

    def refuse(self, why: str) -> None:
        """A frame was refused."""
        self._refused_at, self._refusal = time.monotonic(), why
        self._say("a frame was refused: it %s", why)

    def health(self, devices: int) -> LinkHealth:
        """Say how it stands."""
        now, ever = time.monotonic(), self._heard_ms is not None
        silent, troubles, stale = now - self._heard_at, self._troubles(), self._settings.stale_seconds
        facts = LinkFacts(
            session=ever and silent < LOST_AFTER * stale, ever=ever, silent_seconds=silent, troubles=len(troubles)
        )
        self._standing.become(state_of(facts, stale), now_ms())
        return LinkHealth(
            name=self._settings.sender,
            state=self._standing.state,
            since=format_time(self._standing.since),
            server=self._name,
            session=None if self._epoch is None else f"{self._settings.sender} {self._epoch}",
            service_level=None,
            heard_at=format_time(self._heard_ms) if self._heard_ms is not None else None,
            value_at=format_time(self._value_ms) if self._value_ms is not None else None,
            lag_seconds=None if self._lag_ms is None else self._lag_ms / 1000,
            points=devices,
            points_followed=devices if facts.session else 0,
            alarms=0,
            troubles=troubles,
        )

    def _troubles(self) -> list[str]:
        now, found = time.monotonic(), []
        if now - self._lost_at < self._full_state:
            found.append(f"{self._last_loss}; states are right again after the next full state")
        if now - self._refused_at < SAID_SECONDS:
            found.append(f"a frame was refused: it {self._refusal}")
        if self._copies >= self._settings.window_seconds:
            found.append(f"copies come for {self._copies:g} s; window_seconds is to be longer than that")
        return found

    def _say(self, text: str, *values: object) -> None:
        if time.monotonic() - self._said_at > SAID_SECONDS or not self._said_at:
            self._said_at = time.monotonic()
            log.warning(f"{self._settings.sender}: {text}", *values)  # noqa: G004 (the name stands before each)
