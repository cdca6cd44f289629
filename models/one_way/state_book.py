"""The last record of each point: the sender's full state, and what a receiver has of it already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

_POINT: Final = ("device_id", "kind", "source", "node_id", "phases", "mode")
"""Fields of a SCADA event that together name what it speaks of."""


class StateBook:
    """Records by point. Gaps are no states."""

    def __init__(self) -> None:
        self._last: dict[tuple[Any, ...], bytes] = {}

    def take(self, record: bytes) -> tuple[dict[str, Any], bool]:
        """Keep a record; gives its fields, and whether it says something else than the last one of its point.

        Raises `TypeError` for one that is no SCADA event.
        """
        fields = orjson.loads(record)
        if not isinstance(fields, dict) or not isinstance(fields.get("device_id"), str):
            raise TypeError("is no event of a device")
        if fields.get("kind") == "gap":
            return fields, True
        point = tuple(fields.get(name) for name in _POINT)
        new = self._last.get(point) != record
        self._last[point] = record
        return fields, new

    def records(self) -> Iterator[bytes]:
        """Give the last record of each point, as it is when it is reached; points that come later are left out."""
        for point in list(self._last):
            yield self._last[point]
