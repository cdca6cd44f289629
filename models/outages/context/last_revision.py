"""What was published last of an outage that is over, as bytes: operators may put it right while it is remembered."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from models.outages.context.operators import OperatorFacts


class Returned(msgspec.Struct):
    """Usage points that got power back from an outage, as the ledger has them: columns as bytes, times in ms."""

    numbers: bytes = b""
    """int32, stable numbers."""
    out_at: bytes = b""
    """int64."""
    at: bytes = b""
    """int64, when power came back."""
    confirmed: bytes = b""
    """bool, on which basis."""
    last: bytes = b""
    """bool, those with whom the outage ended: a restoration time that is put right is theirs."""


class LastRevision(msgspec.Struct):
    """The last revision."""

    revision: int
    facts: dict[str, Any]
    """As `Outage.published`."""
    touched: dict[str, int]
    operators: OperatorFacts | None
    returned: Returned = msgspec.field(default_factory=Returned)


write_last_revision: Final = msgspec.msgpack.Encoder(order="deterministic").encode
read_last_revision: Final = msgspec.msgpack.Decoder(LastRevision).decode
