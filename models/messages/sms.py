"""How many short messages a text takes (3GPP TS 23.038): 160 characters of the default alphabet, or 70 of others."""

from __future__ import annotations

from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE: Final = frozenset("^{}\\[~]|€\f")
"""Characters that take two places."""


def parts_of(text: str) -> int:
    """Count the messages; of several each loses room to its number."""
    if all(character in _BASIC or character in _TWICE for character in text):
        length, one, each = len(text) + sum(character in _TWICE for character in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // each)
