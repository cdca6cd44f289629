"""How an ingest process comes to know where meters hang: it takes up versions of the network and hears of mountings."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from adapters.kafka.records.networks import mountings
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.kafka.clients.producer import Outgoing
    from adapters.kafka.records.networks.mountings import MountingReader
    from adapters.kafka.records.networks.releases import Released, ReleaseReader
    from adapters.network.awaiting import AwaitedNetwork
    from models.ingest.intake import Intake
    from models.ingest.mounting.mountings import Mounting

POLL_SECONDS: Final = 0.5
SOON_SECONDS: Final = 0.1
MOUNTINGS: Final = f"{mountings.PARTITION:05d}"
"""The partition of mountings, by its name."""
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


class MountingIntake:
    """Hands mountings of other processes to the intake, and keeps its own until they are handed on."""

    def __init__(self, intake: Intake, reader: MountingReader) -> None:
        self._intake, self._reader = intake, reader
        self._waiting: list[Outgoing] = []
        self._polled_at = 0.0

    def tell(self, mounted: Iterable[Mounting]) -> None:
        """Keep what this process has read, counted on the receipt of the evidence around it."""
        receipt = self._intake.receipt
        told = [mountings.outgoing(mounting, receipt) for mounting in mounted]
        receipt.outstanding += len(told)
        self._waiting += told

    def take(self) -> list[tuple[str, list[Outgoing]]]:
        """Give all that waits."""
        waiting, self._waiting = self._waiting, []
        return [(MOUNTINGS, waiting)] if waiting else []

    def poll(self) -> None:
        """Hear of others now and then."""
        now = time.monotonic()
        if now > self._polled_at + SOON_SECONDS:
            self._polled_at = now
            self._intake.mountings.take(self._reader.poll())

    def close(self) -> None:
        """End reading."""
        self._reader.close()
