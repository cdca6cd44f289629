"""Writes a CAP message as XML: the same bytes for the same message, in UTF-8, an element a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from models.alerts.element import CAP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.element import Element

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_message(alert: Element) -> bytes:
    """Write a message without attributes and signature. Raises ValueError for a character that XML cannot hold."""
    return (_HEAD + "\n".join(_lines(alert, 0, f' xmlns="{CAP}"')) + "\n").encode()


def _lines(element: Element, depth: int, attribute: str = "") -> Iterator[str]:
    indent = "  " * depth
    if element.children:
        yield f"{indent}<{element.name}{attribute}>"
        for child in element.children:
            yield from _lines(child, depth + 1)
        yield f"{indent}</{element.name}>"
    else:
        yield f"{indent}<{element.name}{attribute}>{_escaped(element.text)}</{element.name}>"


def _escaped(text: str) -> str:
    if match := _NOT_XML.search(text):
        raise ValueError(f"has the character {match[0]!r}, which XML cannot hold; leave it out")
    return text.translate(_ESCAPES)
