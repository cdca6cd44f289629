"""An XML element as read: what the rules are asked about, faulty messages too.

A message that breaks the schema has no typed form, and all its faults are wanted at once, each with its line. So rules
ask the tree itself.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
"""The namespace of CAP 1.2."""
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
"""The namespace of XML Signature, the only other one that a message may use."""
SPACE: Final = " \t\r\n"
"""What XML takes for white space."""


def entries(text: str) -> list[str]:
    """Divide a list at XML's white space, and at no other."""
    return re.findall(f"[^{SPACE}]+", text)


@dataclass(slots=True)
class Element:
    """One element: its text is the character data directly within it, in one piece."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)
    namespace: str = CAP
    line: int = 0
    attributes: dict[str, str] = field(default_factory=dict)

    def all(self, name: str) -> list[Element]:
        """Give the children of CAP with a name, in order."""
        return [child for child in self.children if child.name == name and child.namespace == CAP]

    def first(self, name: str) -> Element | None:
        """Give the first child of CAP with a name."""
        return next(iter(self.all(name)), None)

    def value(self, name: str) -> str:
        """Give the text of the first child with a name without white space around it; empty if there is none."""
        found = self.first(name)
        return "" if found is None else found.stripped

    @property
    def stripped(self) -> str:
        """The text without white space around it."""
        return self.text.strip(SPACE)


def paths(root: Element) -> dict[int, str]:
    """Give the path of each element by its `id`: `alert/info[2]/area/polygon`, with numbers where there are several."""
    found = {id(root): root.name}
    for element in walk(root):
        names = Counter(child.name for child in element.children)
        seen: dict[str, int] = {}
        for child in element.children:
            seen[child.name] = seen.get(child.name, 0) + 1
            number = f"[{seen[child.name]}]" if names[child.name] > 1 else ""
            found[id(child)] = f"{found[id(element)]}/{child.name}{number}"
    return found


def walk(root: Element) -> Iterator[Element]:
    """Give an element and all below it, in the order of the document."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(reversed(element.children))
