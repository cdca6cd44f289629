"""How many messages a channel is given a minute: who has to wait gets a turn, and hears by then how things stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE: Final = 60_000_000
"""Microseconds: turns are finer than milliseconds."""


class ChannelPace:
    """Turns by channel; one without a number takes all at once."""

    def __init__(self, a_minute: Mapping[Any, int], saved: Mapping[str, int] | None = None) -> None:
        self._step = {channel: _MINUTE // count for channel, count in a_minute.items()}
        self._free: dict[str, int] = {channel: at for channel, at in (saved or {}).items() if channel in self._step}
        """When the next turn is (microseconds)."""

    def save(self) -> dict[str, int]:
        """Give all that turns depend on."""
        return dict(self._free)

    def turn(self, channel: str, now: int) -> int:
        """Give a turn: when it is (ms), `now` or later. None comes twice."""
        if (step := self._step.get(channel)) is None:
            return now
        at = max(now * 1000, self._free.get(channel, 0))
        self._free[channel] = at + step
        return -(-at // 1000)
