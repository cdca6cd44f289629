"""The states of a link to one system, and of the connector that holds several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from models.contracts.outputs.connector_health import ConnectorState

if TYPE_CHECKING:
    from collections.abc import Iterable

HEALTHY_LEVEL: Final = 200
"""OPC UA's ServiceLevel from which on a server does all of its work; others count as 255 or nothing."""
_ORDER: Final[tuple[ConnectorState, ...]] = get_args(ConnectorState)


class LinkFacts(NamedTuple):
    """What is known of a link at a moment."""

    session: bool
    """Whether the other side is there and answers."""
    ever: bool = False
    """Whether it has been there since the start."""
    silent_seconds: float = 0.0
    """Since anything was heard, were it only that it lives."""
    service_level: int = 255
    troubles: int = 0
    """How many things keep it from its whole work."""
    stopped: bool = False


def state_of(facts: LinkFacts, stale_seconds: float) -> ConnectorState:
    """Say how a link stands."""
    if facts.stopped:
        return "stopped"
    if not facts.session:
        return "lost" if facts.ever else "starting"
    if facts.silent_seconds > stale_seconds:
        return "stale"
    if facts.service_level < HEALTHY_LEVEL or facts.troubles:
        return "degraded"
    return "connected"


def worst(states: Iterable[ConnectorState]) -> ConnectorState:
    """Say how a connector stands by its links: as the worst of them."""
    return max(states, key=_ORDER.index, default="starting")


class Standing:
    """A state, and since when it is so."""

    def __init__(self, now: int) -> None:
        """Begin at `now`, milliseconds."""
        self.state: ConnectorState = "starting"
        self.since = now

    def become(self, state: ConnectorState, now: int) -> bool:
        """Take a state; whether it is another one."""
        if state == self.state:
            return False
        self.state, self.since = state, now
        return True
