"""What was published last of an outage that is over, as bytes: operators may put it right while it is remembered."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from models.outages.context.operators import OperatorFacts


class LastRevision(msgspec.Struct):
    """The last revision."""

    revision: int
    facts: dict[str, Any]
    """As `Outage.published`."""
    touched: dict[str, int]
    operators: OperatorFacts | None


write_last_revision: Final = msgspec.msgpack.Encoder(order="deterministic").encode
read_last_revision: Final = msgspec.msgpack.Decoder(LastRevision).decode
