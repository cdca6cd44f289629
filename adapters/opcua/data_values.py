"""Values as the library has them, and as samples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from models.telemetry.reports import Sample

if TYPE_CHECKING:
    from asyncua import ua

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCALAR: Final = (bool, int, float, str)
_LONGEST: Final = 1000


def microseconds(moment: datetime | None) -> int | None:
    """Give the microseconds since the epoch, below 0 before it; the library's moments are UTC."""
    if moment is None:
        return None
    passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def moment(at: int) -> datetime:
    """Give the moment of so many microseconds since the epoch."""
    return datetime.fromtimestamp(at / 1_000_000, UTC)


def sample_of(value: ua.DataValue, arrival: int) -> Sample:
    """Give a value that arrived at `arrival`, microseconds, as a sample."""
    inner = value.Value.Value if value.Value is not None else None
    status = int(value.StatusCode.value) if value.StatusCode is not None else 0
    return Sample(
        plain(inner), status, microseconds(value.SourceTimestamp), microseconds(value.ServerTimestamp), arrival
    )


def plain(value: Any) -> Any:  # noqa: ANN401 (whatever a server sends)
    """Give a value as numbers, texts and truths: an enumeration is its number, the rest is its text, cut short."""
    if value is None or type(value) in _SCALAR:
        return value[:_LONGEST] if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    return f"{type(value).__name__} {str(value)[:_LONGEST]}"
