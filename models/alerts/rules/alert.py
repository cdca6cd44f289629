"""The rules of section 3.2.1: who says what to whom, and about which earlier messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.alerts.findings import Broken, Rule
from models.alerts.values import IDENTIFIER, parse_references, parse_time, quotes_match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.element import Element

IDENTIFIER_FORM: Final = Rule(
    "identifier-form", "3.2.1 identifier", "An identifier is there and has no white space, comma, `<` or `&`."
)
SENDER_FORM: Final = Rule("sender-form", "3.2.1 sender", "A sender is there and has no white space, comma, `<` or `&`.")
REFERENCES_REQUIRED: Final = Rule(
    "references-required", "3.2.1 msgType", "Update, Cancel, Ack and Error name the messages they are about."
)
REFERENCES_FORM: Final = Rule(
    "references-form",
    "3.2.1 references",
    "References are `sender,identifier,sent` of earlier messages, divided by white space.",
)
REFERENCES_EARLIER: Final = Rule(
    "references-earlier", "3.2.1 references", "A message refers to earlier ones, neither to itself nor to later ones."
)
RESTRICTION_REQUIRED: Final = Rule(
    "restriction-required", "3.2.1 restriction", "A Restricted message says what restricts it."
)
RESTRICTION_UNUSED: Final = Rule(
    "restriction-unused", "3.2.1 restriction", "`restriction` is for Restricted messages.", advice=True
)
ADDRESSES_REQUIRED: Final = Rule("addresses-required", "3.2.1 addresses", "A Private message names its recipients.")
QUOTES: Final = Rule(
    "list-quotes",
    "3.2.1",
    "Entries of `addresses` and `incidents` with white space stand in double quotes, and quotes are in pairs.",
)
NOTE_EXERCISE: Final = Rule("note-exercise", "3.2.1 status", "An Exercise is named in `note`.", advice=True)
NOTE_ERROR: Final = Rule("note-error", "3.2.1 msgType", "An Error is explained in `note`.", advice=True)
RULES: Final = (
    *(IDENTIFIER_FORM, SENDER_FORM, REFERENCES_REQUIRED, REFERENCES_FORM, REFERENCES_EARLIER, RESTRICTION_REQUIRED),
    *(RESTRICTION_UNUSED, ADDRESSES_REQUIRED, QUOTES, NOTE_EXERCISE, NOTE_ERROR),
)

REFERRING: Final = ("Update", "Cancel", "Ack", "Error")
"""The types of messages that are about earlier ones."""


def alert_faults(alert: Element) -> Iterator[Broken]:
    """Find what section 3.2.1 forbids."""
    yield from _names(alert)
    yield from _references(alert)
    yield from _recipients(alert)
    yield from _notes(alert)


def _names(alert: Element) -> Iterator[Broken]:
    for rule, name in ((IDENTIFIER_FORM, "identifier"), (SENDER_FORM, "sender")):
        element = alert.first(name)
        if element is not None and not IDENTIFIER.fullmatch(element.text):
            what = "has white space, a comma, < or &; leave them out" if element.stripped else "is empty"
            yield Broken(rule, element, f"{element.text!r} {what}")


def _references(alert: Element) -> Iterator[Broken]:
    element, kind = alert.first("references"), alert.value("msgType")
    if element is None or not element.stripped:
        if kind in REFERRING:
            reason = f"the msgType {kind} is about earlier messages; name them as sender,identifier,sent"
            yield Broken(REFERENCES_REQUIRED, element or alert, reason)
        return
    try:
        references = parse_references(element.stripped)
    except ValueError as fault:
        yield Broken(REFERENCES_FORM, element, str(fault))
        return
    sent = _sent(alert)
    for reference in references:
        if (reference.sender, reference.identifier) == (alert.value("sender"), alert.value("identifier")):
            yield Broken(REFERENCES_EARLIER, element, f"names this very message, {reference.identifier!r}")
        elif sent is not None and reference.sent > sent:
            reason = f"names {reference.identifier!r}, which was sent later than this message"
            yield Broken(REFERENCES_EARLIER, element, reason)


def _sent(alert: Element) -> int | None:
    try:
        return parse_time(alert.value("sent"))
    except ValueError:
        return None


def _recipients(alert: Element) -> Iterator[Broken]:
    scope = alert.value("scope")
    if scope == "Restricted" and not alert.value("restriction"):
        reason = "the scope is Restricted; say in <restriction> to whom, or make the scope Public"
        yield Broken(RESTRICTION_REQUIRED, alert.first("restriction") or alert, reason)
    if scope == "Private" and not alert.value("addresses"):
        reason = "the scope is Private; name the recipients in <addresses>, or make the scope Public"
        yield Broken(ADDRESSES_REQUIRED, alert.first("addresses") or alert, reason)
    restriction = alert.first("restriction")
    if restriction is not None and scope in {"Public", "Private"}:
        yield Broken(RESTRICTION_UNUSED, restriction, f"the scope is {scope}; nobody has to look at this")
    for name in ("addresses", "incidents"):
        element = alert.first(name)
        if element is not None and not quotes_match(element.text):
            reason = "has a double quote that does not enclose a whole entry; close it, and part entries by a space"
            yield Broken(QUOTES, element, reason, f"3.2.1 {name}")


def _notes(alert: Element) -> Iterator[Broken]:
    if alert.value("note"):
        return
    if alert.value("status") == "Exercise":
        yield Broken(NOTE_EXERCISE, alert, "is an Exercise without a <note>; name the exercise there")
    if alert.value("msgType") == "Error":
        yield Broken(NOTE_ERROR, alert, "is an Error without a <note>; say there what was wrong")
