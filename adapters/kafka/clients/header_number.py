"""Numbers in headers, of records that anybody may have written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from confluent_kafka import Message

LONGEST: Final = 19
"""Digits of a number that 64 bits hold; sequences are padded to as many."""


def header_number(message: Message, name: str) -> int | None:
    """Give the whole number that a header holds; None if it holds none."""
    value = dict(message.headers() or []).get(name)
    text = value.encode() if isinstance(value, str) else value or b""
    return int(text) if text.isdigit() and len(text) <= LONGEST else None
