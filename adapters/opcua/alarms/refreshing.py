"""How far a refresh of a link's alarms has come, and what events about events ask for (OPC 10000-9, 5.5.7)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from adapters.connectors.clock import now_ms
from adapters.opcua.alarms.events import OVERFLOW, REFRESH_END, REFRESH_REQUIRED, REFRESH_START

if TYPE_CHECKING:
    from asyncua import ua

    from adapters.connectors.intake import Intake

REFRESH_SECONDS: Final = 30.0
ENDLESS: Final = "the server did not end its refresh of alarms"
WHY_EVENTS: Final = "the server's queue of events was full"


class Refreshing:
    """Of one link, whoever brings its events."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._asked_at: float | None = None
        self._overflowed = False
        self.required = False

    @property
    def due(self) -> bool:
        """Whether one is to be asked for, and none is under way."""
        return self.required and self._asked_at is None

    def ask(self) -> None:
        """Note that one is asked for."""
        self.required, self._asked_at = False, time.monotonic()

    def give_up(self) -> None:
        """Note that none comes, or that it does not count."""
        self._asked_at = None
        self._intake.book.give_up_refresh()

    def obey(self, signal: ua.NodeId) -> None:
        """Do what an event about events says."""
        if signal == REFRESH_START:
            self._intake.book.begin_refresh()
        elif signal == REFRESH_END and self._intake.book.refreshing:
            self._asked_at = None
            self._intake.end_refresh()
        elif signal == REFRESH_REQUIRED:
            self.required = True
        elif signal == OVERFLOW:
            self._overflowed = True

    def watch(self, alive_ms: int) -> bool:
        """Declare what was lost, if anything was; whether one did not end, and is given up.

        `alive_ms` is how often the server says that it lives: by then what was lost may have happened.
        """
        if self._overflowed:
            self._overflowed = False
            devices = sorted({point.device_id for point in self._intake.alarm_points.values()})
            now = now_ms()
            self._intake.gaps(now - alive_ms, now, WHY_EVENTS, devices)
            self.required = True
        if self._asked_at is None or time.monotonic() - self._asked_at <= REFRESH_SECONDS:
            return False
        self.give_up()
        return True
