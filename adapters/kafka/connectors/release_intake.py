"""Releases as an ingest process takes them up: it hears of them, finds the network, and reads on with it."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from adapters.kafka.records.networks.releases import Released, ReleaseReader
    from adapters.network.awaiting import AwaitedNetwork
    from models.ingest.intake import Intake

POLL_SECONDS: Final = 0.5
log: Final = logging.getLogger("faultline")


class ReleaseIntake:
    """Hands versions of the network to the intake."""

    def __init__(self, intake: Intake, reader: ReleaseReader, networks: AwaitedNetwork) -> None:
        self._intake, self._reader, self._networks = intake, reader, networks
        self._waiting: deque[Released] = deque()
        self._polled_at = 0.0

    def take(self, released: Released) -> bool:
        """Take up a release; False while its network is not there. Raises `NetworkFaults` after too long."""
        network = self._networks.find(released.version)
        if network is None:
            return False
        found = self._intake.release(network, released.at, released.drawn_at)
        log.info("version %s of the network is in force from log time %s on", network.version, format_time(released.at))
        if found.confirmed or found.standing or found.overruled:
            log.info("version %s, of meters exchanged before: %s", network.version, found.told())
        return True

    def poll(self) -> bool:
        """Look for releases now and then; False while one cannot be taken up: nothing is to be read meanwhile."""
        now = time.monotonic()
        if now > self._polled_at + POLL_SECONDS:
            self._polled_at = now
            self._waiting += self._reader.poll()
        while self._waiting and self.take(self._waiting[0]):
            self._waiting.popleft()
        return not self._waiting

    def close(self) -> None:
        """End reading."""
        self._reader.close()
