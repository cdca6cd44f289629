"""Texts from templates: in a sandbox, cut to length, of characters that XML can hold.

A template sees plain values and nothing of Python. One that fails costs its text and no more: the built-in words stand
in for it, and the record says which failed and why.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from models.messages.templates import fill_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

Value = str | int

LENGTHS: Final = {"event": 80, "headline": 160, "description": 2000, "instruction": 1000, "area": 250}
"""The most characters of a text, by what it is; a headline's is the standard's."""
_NOT_XML: Final = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(template: Template, values: Mapping[str, Value], kind: str) -> str:
    """Fill a template in; ValueError with the reason if it fails or leaves nothing."""
    text = plain(fill_in(template, values), LENGTHS[kind])
    if not text:
        raise ValueError("leaves an empty text")
    return text


def plain(text: str, longest: int) -> str:
    """Give a text without white space around it and without what XML cannot hold, cut at a word to its length."""
    text = _NOT_XML.sub("", text.replace("\r", "")).strip()
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:") + "…"


def about(customers: int) -> str:
    """Write a number to two digits, since it is an estimate: 12,345 is 12,000; below 20 it is "fewer than 20"."""
    if customers < 20:
        return "fewer than 20"
    step: int = 10 ** (len(str(customers)) - 2)
    return f"{(customers + step // 2) // step * step:,}"
