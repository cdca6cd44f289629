"""What an OPC UA StatusCode says of a value (OPC 10000-4, 7.39; OPC 10000-8, annex A): quality and origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from models.contracts.inputs.scada import Origin, Quality

CODE_MASK: Final = 0xFFFF_0000
GOOD_LOCAL_OVERRIDE: Final = 0x0096_0000
UNCERTAIN_SUBSTITUTE_VALUE: Final = 0x4091_0000
UNCERTAIN_LAST_USABLE_VALUE: Final = 0x4090_0000
UNCERTAIN_SIMULATED_VALUE: Final = 0x4209_0000
BAD_WAITING_FOR_INITIAL_DATA: Final = 0x8032_0000
BAD_NODE_ID_UNKNOWN: Final = 0x8034_0000
BAD_NODE_ID_INVALID: Final = 0x8033_0000

_NOT_NOW: Final = frozenset(
    {
        UNCERTAIN_LAST_USABLE_VALUE,
        0x408F_0000,  # UncertainNoCommunicationLastUsable
        0x4092_0000,  # UncertainInitialValue
    }
)
_DATA_VALUE: Final = 0x0400
_INFO_TYPE: Final = 0x0C00
_OVERFLOW: Final = 0x0080
_QUALITIES: Final[tuple[Quality, ...]] = ("good", "uncertain", "bad", "bad")


class Trust(NamedTuple):
    """What may be made of a value."""

    quality: Quality
    origin: Origin
    use_value: bool
    """Whether the value says anything of now; a bad one does not, nor one that nobody has measured yet."""
    silent: bool = False
    """There has been no value yet, and so nothing to report."""


def trust_of(status: int) -> Trust:
    """Read a status code, 32 bits. A code that is not known counts by its severity."""
    code = status & CODE_MASK
    quality = _QUALITIES[status >> 30 & 3]
    if code == GOOD_LOCAL_OVERRIDE:
        return Trust("good", "manual", use_value=True)
    if code == UNCERTAIN_SUBSTITUTE_VALUE:
        return Trust("uncertain", "manual", use_value=True)
    if code == UNCERTAIN_SIMULATED_VALUE:
        return Trust("bad", "estimated", use_value=False)
    if code == BAD_WAITING_FOR_INITIAL_DATA:
        return Trust("bad", "telemetered", use_value=False, silent=True)
    return Trust(quality, "telemetered", use_value=quality != "bad")


def is_old(status: int) -> bool:
    """Whether the value is what was known once, and nobody knows whether it still is."""
    return status & CODE_MASK in _NOT_NOW


def overflowed(status: int) -> bool:
    """Whether the server had to drop values before this one: bit 7, where the info bits belong to a value."""
    return status & _INFO_TYPE == _DATA_VALUE and bool(status & _OVERFLOW)


def is_gone(status: int) -> bool:
    """Whether the server does not know the node."""
    return status & CODE_MASK in (BAD_NODE_ID_UNKNOWN, BAD_NODE_ID_INVALID)


def without_overflow(status: int) -> int:
    """Give the status as another server would, whose queue did not overflow."""
    return status & ~(_OVERFLOW | _DATA_VALUE) if overflowed(status) else status
