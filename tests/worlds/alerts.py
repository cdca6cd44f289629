"""Messages of CAP 1.2 for tests: those of tests/data/alerts, and what a change makes of one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.cap.reading import RefusedError, parse_message
from models.alerts.element import Element
from models.alerts.validation import validate

FOLDER: Final = Path(__file__).parents[1] / "data" / "alerts"
EXAMPLES: Final = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.xml"))}


def changed(example: str, old: str, new: str) -> bytes:
    """An example with one text in the place of another, which stands there."""
    text = EXAMPLES[example].decode()
    assert old in text, f"{example} has no {old}"
    return text.replace(old, new, 1).encode()


def broken_rules(content: bytes, **asked: object) -> set[str]:
    """The names of the rules that a message breaks, advice apart."""
    try:
        found = validate(parse_message(content), **asked)  # type: ignore[arg-type]
    except RefusedError as refused:
        found = [refused.finding]
    return {finding.rule for finding in found if not finding.advice}


def copy(element: Element) -> Element:
    """A message of its own, to be changed."""
    return Element(element.name, element.text, [copy(child) for child in element.children], element.namespace)
