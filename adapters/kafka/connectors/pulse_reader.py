"""Follows the pulses of all partitions, beside the flow: they let it go on sooner, and change nothing that it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.clients.follower import Follower
from adapters.kafka.clients.tail import find_bounds
from adapters.kafka.records.pulses import read_pulse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka import Message

    from adapters.kafka.records.pulses import PartitionPulse

TAIL: Final = 8
"""Offsets that are read of each partition's end: the last ones are marks of transactions."""


class PulseReader:
    """The newest pulse of each partition. Who is behind, or hears no more, only lets others wait as without it."""

    def __init__(self, client: Mapping[str, Any], group: str, topic: str, partitions: int) -> None:
        """Begin at the ends."""
        bounds = find_bounds(client, [(topic, part) for part in range(partitions)])
        offsets = {place: max(begin, end - TAIL) for place, (begin, end) in bounds.items()}
        self._newest: dict[int, PartitionPulse] = {}
        self._follower = Follower(client, group, offsets, self._take, "pulses")
        self._follower.start()

    def newest(self) -> Mapping[int, PartitionPulse]:
        """Give them by partition, from any thread."""
        return self._newest.copy()

    def _take(self, _topic: str, message: Message) -> None:
        part, pulse = message.partition(), read_pulse(message)
        if part is None or pulse is None:
            return
        before = self._newest.get(part)
        if before is None or pulse.instant > before.instant:
            self._newest[part] = pulse
