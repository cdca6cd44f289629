"""What a rule is, and what breaks one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from models.alerts.element import Element


class Rule(NamedTuple):
    """A rule by its name."""

    name: str
    section: str
    """Where it stands: in CAP 1.2 a number (`3.2.4 polygon`), otherwise a name."""
    meaning: str
    """What it asks, in a sentence."""
    advice: bool = False
    """A message that breaks it is valid all the same: the standard says "should", or nothing."""


class Broken(NamedTuple):
    """A rule that an element breaks."""

    rule: Rule
    element: Element
    reason: str
    """What is wrong with what stands there, and what to write instead."""
    section: str = ""
    """Where exactly the rule stands, if it holds for several elements."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person or program is shown of a rule that is broken."""

    rule: str
    section: str
    where: str
    """Path of the element, `alert/info[2]/area/polygon`."""
    line: int
    reason: str
    advice: bool = False
