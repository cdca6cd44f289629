"""What is kept of a line that was refused: topic `<topic>.dlq`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import Count, OutputRecord

Disposition = Literal[
    "malformed",
    "schema",
    "unknown-device",
    "unknown-usage-point",
    "unknown-outage",
    "exchanged-meter",
    "future-time",
    "late",
]


class DeadLetter(OutputRecord):
    """A refused line with the reason, whole: nothing is dropped silently."""

    topic: str = Field(description="Raw topic that the line came by.")
    partition: Count = Field(description="Partition of the topic; 0 in files.")
    offset: Count = Field(
        description="Offset in the partition; in files the number of the line from 0, blank lines counted."
    )
    disposition: Disposition = Field(
        description="`malformed` is no JSON object, `schema` misses a field or has an ill-typed one, "
        "`unknown-usage-point` names a meter, usage point or account that is not on the network, "
        "`exchanged-meter` was removed or replaced by another meter before what it tells, `future-time` was "
        "received over a day beyond the log while what follows does not agree, `late` was received over seven days "
        "before the log. A sender's clock that errs (`observed_at`) refuses nothing."
    )
    message: str = Field(description="What is wrong and what to do.")
    value_base64: str = Field(
        description="The line's bytes in base64 (RFC 4648, with padding); of a line over 1 MiB the first 256 KiB."
    )
    value_length: Count | None = Field(default=None, description="Bytes of a line that was cut; else left out.")
    value_sha256: str | None = Field(default=None, description="SHA-256 of a line that was cut; else left out.")
