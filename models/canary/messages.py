"""What the meters below a device that opens and closes send, and when: by the laws that the engine holds meters to.

So a canary is found as late as an outage of that size is where the laws are those of the utility's meters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.times.iso8601 import format_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.outages.weights.parameters import Parameters

Draw = "Callable[[], float]"
"""Gives numbers from 0 to below 1, all alike probable."""
RESTORED: Final = "power_restored"
GASP: Final = "last_gasp"


class Message(NamedTuple):
    """What a meter sends, and when it is heard (ms)."""

    at: int
    meter_id: str
    kind: str
    source: str
    observed_at: int

    def event(self, now: int) -> dict[str, Any]:
        """Give the event of a message that the head-end has now (ms)."""
        return {
            "event_id": f"{self.meter_id}:{self.kind}:{self.observed_at}",
            "meter_id": self.meter_id,
            "kind": self.kind,
            "source": self.source,
            "observed_at": format_time(self.observed_at),
            "received_at": format_time(now),
        }


def messages_of(
    meters: Sequence[str], opened_at: int, closed_at: int, parameters: Parameters, draw: Callable[[], float]
) -> list[Message]:
    """Draw what meters send of an interruption (ms), in the order of arrival.

    As many gasps are lost as the model file says. Messages of power that is back all arrive: a meter repeats them.
    """
    found = []
    for meter in meters:
        source = _source(parameters, draw())
        laws = parameters.sources[source]
        if draw() < parameters.delivery:
            found.append(Message(opened_at + _drawn(laws.gasp, draw()), meter, GASP, source, opened_at))
        found.append(Message(closed_at + _drawn(laws.restored, draw()), meter, RESTORED, source, closed_at))
    return sorted(message for message in found if message.kind != GASP or message.at < closed_at)


def all_on(meters: Sequence[str], now: int, parameters: Parameters) -> list[Message]:
    """Give what meters say that have power: whatever a run before this one has left open ends with it."""
    source = next(iter(parameters.sources))
    return [Message(now, meter, RESTORED, source, now) for meter in meters]


def _source(parameters: Parameters, drawn: float) -> str:
    """Choose a family of meters by its share."""
    known = 0.0
    for name, one in parameters.sources.items():
        known += one.share
        if drawn < known:
            return name
    return name


def _drawn(law: Sequence[tuple[float, float]], share: float) -> int:
    """Give the time (ms) within which a share of all messages is here, between two points of a law on a line."""
    before, below = law[0]
    for seconds, within in law:
        if share <= within:
            width = within - below
            part = (share - below) / width if width else 1.0
            return round((before + (seconds - before) * part) * SECOND)
        before, below = seconds, within
    return round(before * SECOND)
