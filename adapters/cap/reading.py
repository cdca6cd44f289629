"""Reads a CAP message from bytes of strangers.

The document is parsed by expat and never has a document type: without one there are no entities to expand and nothing
outside to fetch. Size, depth and number of elements have bounds. Whatever is refused is refused by a name and a line.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate, errors

from models.alerts.element import Element
from models.alerts.findings import Finding, Rule

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 8 * 1024 * 1024
"""Bytes: ten times the largest national alert known to us, with all its borders."""
DEEPEST: Final = 32
MOST_ELEMENTS: Final = 50_000

TOO_LARGE: Final = Rule("xml-size", "reading", f"A message has at most {LARGEST // 1024 // 1024} MiB.")
ENCODING: Final = Rule(
    "xml-encoding", "reading", "The bytes are what their declaration says: UTF-8, US-ASCII, ISO-8859-1 or UTF-16."
)
DOCTYPE: Final = Rule("xml-doctype", "reading", "There is no document type: it could define entities, or fetch files.")
ENTITY: Final = Rule("xml-entity", "3.3.3", "There are no entities but the five of XML and numbers of characters.")
WELL_FORMED: Final = Rule("xml-form", "reading", "The document is well-formed XML 1.0.")
TOO_DEEP: Final = Rule("xml-depth", "reading", f"Elements stand at most {DEEPEST} deep.")
TOO_MANY: Final = Rule("xml-elements", "reading", f"There are at most {MOST_ELEMENTS:,} elements.")
RULES: Final = (TOO_LARGE, ENCODING, DOCTYPE, ENTITY, WELL_FORMED, TOO_DEEP, TOO_MANY)

_DECLARED: Final = re.compile(rb"\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_ENCODINGS: Final = {"utf-8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1"}
_WIDE: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class RefusedError(Exception):
    """A document that is not read; `finding` says why."""

    def __init__(self, rule: Rule, line: int, reason: str) -> None:
        super().__init__(reason)
        self.finding = Finding(rule.name, rule.section, "", line, reason)


def read_file(path: Path) -> bytes:
    """Read a file, of a huge or endless one no more than is needed to refuse it. Raises OSError."""
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def parse_message(content: bytes) -> Element:
    """Parse a document into its root. Raises `RefusedError`."""
    if len(content) > LARGEST:
        raise RefusedError(TOO_LARGE, 0, f"has more than {LARGEST:,} bytes; no alert is that large")
    return _Parser().parse(_decode(content))


def _decode(content: bytes) -> str:
    encoding, start = _encoding(content)
    try:
        text = content[start:].decode(encoding)
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, start + fault.start) + 1
        raise RefusedError(ENCODING, line, f"has bytes that are not {encoding}; save it as UTF-8") from None
    if "\0" in text:  # expat would take it for UTF-16 on its own
        line = text.count("\n", 0, text.index("\0")) + 1
        raise RefusedError(ENCODING, line, "has zero bytes, as UTF-16 without its mark has; save it as UTF-8")
    return text


def _encoding(content: bytes) -> tuple[str, int]:
    """Give the name of the encoding and the number of bytes before the text."""
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise RefusedError(ENCODING, 1, "is UTF-32; save it as UTF-8")
    for mark, encoding in _WIDE.items():
        if content.startswith(mark):
            return encoding, 2
    start = 3 if content.startswith(codecs.BOM_UTF8) else 0
    match = _DECLARED.match(content, start)
    declared = match[1].decode().lower() if match else "utf-8"
    if declared not in _ENCODINGS:
        raise RefusedError(
            ENCODING,
            1,
            f"declares the encoding {declared}, which its bytes are not or which is not read; save it as UTF-8",
        )
    if start and _ENCODINGS[declared] != "utf-8":
        raise RefusedError(ENCODING, 1, f"begins as UTF-8 and declares {declared}; save it as UTF-8")
    return _ENCODINGS[declared], start


class _Parser:
    """Builds the tree, and keeps count of it."""

    def __init__(self) -> None:
        self._expat = ParserCreate(namespace_separator=" ")
        self._expat.ordered_attributes = False
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._refuse_doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._characters
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._root: Element | None = None
        self._elements = 0

    def parse(self, text: str) -> Element:
        try:
            self._expat.Parse(text, True)  # noqa: FBT003 (expat takes it by position)
        except ExpatError as fault:
            self._refuse_form(fault)
        assert self._root is not None, "expat refuses a document without a root"  # noqa: S101
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise RefusedError(TOO_MANY, self._line, f"has more than {MOST_ELEMENTS:,} elements")
        if len(self._open) == DEEPEST:
            raise RefusedError(TOO_DEEP, self._line, f"has elements more than {DEEPEST} deep")
        namespace, _, own = name.rpartition(" ")
        element = Element(own, namespace=namespace, line=self._line, attributes=attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def _characters(self, text: str) -> None:
        self._texts[-1].append(text)

    def _refuse_doctype(self, *_ids: object) -> NoReturn:
        reason = "has a document type (<!DOCTYPE), with which entities are defined and files fetched; take it out"
        raise RefusedError(DOCTYPE, self._line, reason)

    def _refuse_form(self, fault: ExpatError) -> NoReturn:
        message = errors.messages.get(fault.code, "not well-formed")
        if message == errors.XML_ERROR_UNDEFINED_ENTITY:
            reason = "has an entity such as &nbsp; that XML does not know; write the character itself"
            raise RefusedError(ENTITY, fault.lineno, reason) from None
        reason = f"is not well-formed XML: {message}, at character {fault.offset + 1} of this line"
        raise RefusedError(WELL_FORMED, fault.lineno, reason) from None

    @property
    def _line(self) -> int:
        return self._expat.CurrentLineNumber
