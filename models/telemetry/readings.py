"""What a value says by its point: fields of a `ScadaEvent`, or why it says nothing."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from models.telemetry.points import Point

DOUBLE_POINT: Final = ("intermediate", "open", "closed", "unknown")
_OTHER_WAY: Final = {"open": "closed", "closed": "open"}
_MEASURED: Final = frozenset({"operation_count", "fault_current", "fault_distance", "current", "voltage"})
Reading = dict[str, Any]


class UnfitError(ValueError):
    """A value whose type or range is not what its point can have."""


def read_value(point: Point, value: object) -> Reading | None:
    """Read a value. None where it says nothing: a lockout that is off. Raises `UnfitError`."""
    if point.kind == "position":
        return _read_position(point, value)
    if point.kind in _MEASURED:
        return {"value": _number(point, value)}
    state = _truth(point, value) != point.inverted
    if point.kind == "mode":
        return {"mode": point.mode, "active": state}
    return {"active": state}


def nothing_known(point: Point) -> Reading | None:
    """What a point says whose value is not to be used; None where its kind has no word for that."""
    return {"position": "unknown"} if point.kind == "position" else None


def _read_position(point: Point, value: object) -> Reading | None:
    if point.reads == "double_point":
        code = _whole(point, value)
        if not 0 <= code < len(DOUBLE_POINT):
            raise UnfitError(f"{code} is no double point; 0 to 3 are")
        position = DOUBLE_POINT[code]
        return {"position": _OTHER_WAY.get(position, position) if point.inverted else position}
    state = _truth(point, value) != point.inverted
    if point.reads == "lockout":
        return {"position": "open"} if state else None
    return {"position": "closed" if state else "open"}


def _truth(point: Point, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    raise UnfitError(f"{_named(value)} is no truth value, as {point.kind} wants; map another node, or another kind")


def _whole(point: Point, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise UnfitError(f"{_named(value)} is no whole number, as {point.reads} wants; map another node, or read it so")


def _number(point: Point, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and abs(value) < 1e300:
        return float(value)
    raise UnfitError(f"{_named(value)} is no number, as {point.kind} wants; map another node, or another kind")


def _named(value: object) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
