"""A version of the network that a flow cannot go on without: it waits for the file, says so, and not for ever."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.network.shelf import NetworkShelf
    from adapters.process.pulse import Pulse
    from models.network.network import Network

LOOK_SECONDS: Final = 0.5
log: Final = logging.getLogger("faultline")


@dataclass(slots=True)
class AwaitedNetwork:
    """Looks for versions where they are to be."""

    shelf: NetworkShelf
    pulse: Pulse
    limit: float
    """Seconds after which the flow ends."""
    waiting: Callable[[bool], None] = lambda _waits: None
    """Told whether a version is waited for, for metrics."""
    _since: float | None = None
    _looked_at: float = field(default=0.0)

    def find(self, version: str) -> Network | None:
        """Give a version; None while it is not there. Raises `NetworkFaults` where it has been waited for too long."""
        now = time.monotonic()
        if self._since is not None and now < self._looked_at + LOOK_SECONDS:
            return None
        self._looked_at = now
        network = self._find(version)
        if network is not None:
            self._end()
            return network
        remedy = f"put its compiled file where --network says, {self.shelf.path}"
        if self._since is None:
            self._since = now
            text = f"waits for version {version} of the network, which has been released; {remedy}"
            self.pulse.hindrances["network"] = text
            self.waiting(True)  # noqa: FBT003 (what a gauge is set to)
            log.warning("%s", text)
        elif now > self._since + self.limit:
            raise NetworkFaults([f"version {version} of the network did not come in {self.limit:.0f} s; {remedy}"])
        return None

    def _find(self, version: str) -> Network | None:
        try:
            return self.shelf.find(version)
        except NetworkFaults as fault:  # a file may be on its way
            log.info("%s", fault)
            return None

    def _end(self) -> None:
        if self._since is not None:
            self._since = None
            self.pulse.hindrances.pop("network", None)
            self.waiting(False)  # noqa: FBT003 (likewise)
