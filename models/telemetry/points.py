"""A point of a control system: which value of which device it is, and how it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from models.contracts.inputs.scada import Mode, ScadaKind

if TYPE_CHECKING:
    from collections.abc import Iterable

PointKind = Literal[
    "position",
    "alarm",
    "operation_count",
    "fault_indicator",
    "fault_current",
    "fault_distance",
    "current",
    "voltage",
    "mode",
]
"""What a point can be: a kind of `ScadaEvent`, gaps apart, which nobody measures."""
POINT_KINDS: Final[tuple[PointKind, ...]] = get_args(PointKind)
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
assert {*POINT_KINDS, "gap"} == set(get_args(ScadaKind))  # noqa: S101 (held at import: a kind more is seen at once)

Reads = Literal["boolean", "double_point", "lockout"]
"""How the value of a position reads.

`boolean`: true or 1 is closed. `double_point` (IEC 61850 Dbpos, DNP3 double-bit): 0 intermediate, 1 open, 2 closed, 3
unknown. `lockout`: true is open for good, false says nothing.
"""
READS: Final[tuple[Reads, ...]] = get_args(Reads)


@dataclass(frozen=True, slots=True)
class Point:
    """A row of the mapping."""

    endpoint: str
    """Name of the server, or of the redundant set of servers, that has it."""
    node_id: str
    """With the URI of its namespace; of an alarm the condition's node or the node that it is about."""
    device_id: str
    kind: PointKind
    reads: Reads = "boolean"
    inverted: bool = False
    """True is false, open is closed."""
    mode: Mode | None = None
    """With kind `mode`, which one it is while the value is true."""
    phases: str | None = None
    scan_seconds: float = 0.0
    """How often the control system asks the device; 0 where the device speaks by itself."""
    debounce_ms: int = 0
    """A position that goes back within this time has not been left."""
    deadband: float = 0.0
    """The least change of a number that the server tells of."""


def devices_of(points: Iterable[Point]) -> list[str]:
    """Give the devices of points, each once, by name."""
    return sorted({point.device_id for point in points})
