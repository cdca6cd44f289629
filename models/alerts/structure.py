"""The schema of CAP 1.2 (section 3.4): which elements, in which order, how often, with which values.

Written from the standard's data dictionary; the schema file itself is OASIS's and is no part of Faultline. The tests
hold that both say the same of any message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from models.alerts.element import CAP, SIGNATURE, SPACE, Element
from models.alerts.findings import Broken, Rule
from models.alerts.values import DECIMAL, INTEGER, LANGUAGE, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Rule("schema-root", "3.4", "The root element is `alert` in the namespace of CAP 1.2.")
UNKNOWN: Final = Rule("schema-unknown", "3.4", "There are no elements and attributes but those of the schema.")
ORDER: Final = Rule("schema-order", "3.4", "Elements stand in the order of the schema.")
MISSING: Final = Rule("schema-missing", "3.4", "Every required element is there.")
REPEATED: Final = Rule("schema-repeated", "3.4", "Only elements that may repeat do.")
TEXT: Final = Rule("schema-text", "3.4", "Text stands in elements that hold text, and elements in others.")
VALUE: Final = Rule("schema-value", "3.4", "Values are of their type, and of a list where there is one.")
TIME_FORM: Final = Rule("time-form", "3.3.2", "Times are `YYYY-MM-DDThh:mm:ss` with an offset: no Z, no fraction.")
TIME_UTC: Final = Rule("time-utc", "3.3.2", "The offset of a time in UTC is `-00:00`.")
RULES: Final = (ROOT, UNKNOWN, ORDER, MISSING, REPEATED, TEXT, VALUE, TIME_FORM, TIME_UTC)

STATUSES: Final = ("Actual", "Exercise", "System", "Test", "Draft")
MESSAGE_TYPES: Final = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES: Final = ("Public", "Restricted", "Private")
CATEGORIES: Final = (
    *("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"),
)
RESPONSES: Final = (*("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"),)
URGENCIES: Final = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES: Final = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

SECTIONS: Final = {"alert": "3.2.1", "info": "3.2.2", "resource": "3.2.3", "area": "3.2.4"}
"""The section that describes the children of an element."""

_ANYWHERE: Final = "http://www.w3.org/2001/XMLSchema-instance "
_HINTS: Final = {_ANYWHERE + "schemaLocation", _ANYWHERE + "noNamespaceSchemaLocation"}

Check = Callable[[Element], "Iterator[Broken]"]


class Child(NamedTuple):
    """A kind of child: how often it may stand there, and what it holds."""

    holds: tuple[str, ...] | Check | dict[str, Child]
    """The values of a list, a check of the text, or children of its own."""
    least: int = 0
    most: int = 1


def structure_faults(alert: Element) -> Iterator[Broken]:
    """Find all that the schema refuses."""
    if (alert.namespace, alert.name) != (CAP, "alert"):
        found = f"<{alert.name}> of the namespace {alert.namespace!r}"
        yield Broken(ROOT, alert, f"is {found}; a message of CAP 1.2 is <alert xmlns={CAP!r}>")
        return
    yield from _attributes(alert)
    signatures = [child for child in alert.children if child.namespace == SIGNATURE]
    if alert.children[len(alert.children) - len(signatures) :] != signatures:
        yield Broken(ORDER, signatures[0], "stands before elements of the message; a signature stands at the end")
    own = [child for child in alert.children if child.namespace != SIGNATURE]
    yield from _children(alert, own, ALERT)


def _children(parent: Element, found: list[Element], kinds: dict[str, Child]) -> Iterator[Broken]:
    if parent.stripped:
        yield Broken(TEXT, parent, f"has the text {_short(parent.stripped)} among its elements; take it out")
    order, reached, counts = list(kinds), 0, dict.fromkeys(kinds, 0)
    for child in found:
        if child.namespace != CAP or child.name not in kinds:
            known = "of another namespace" if child.namespace != CAP else f"no element of <{parent.name}>"
            yield Broken(UNKNOWN, child, f"is {known}; take it out, or look at its spelling (case counts)")
            continue
        place = order.index(child.name)
        if place < reached:
            yield Broken(ORDER, child, f"stands behind <{order[reached]}>; it has to stand before it")
        reached = max(reached, place)
        counts[child.name] += 1
        if counts[child.name] == kinds[child.name].most + 1 and kinds[child.name].most:
            yield Broken(
                REPEATED, child, "stands here a second time; once is all there may be", _section(parent, child)
            )
        yield from _content(parent, child, kinds[child.name])
    for name, kind in kinds.items():
        if counts[name] < kind.least:
            section = f"{SECTIONS.get(parent.name, '3.2')} {name}"
            yield Broken(MISSING, parent, f"has no <{name}>, which is required", section)


def _content(parent: Element, child: Element, kind: Child) -> Iterator[Broken]:
    yield from _attributes(child)
    if isinstance(kind.holds, dict):
        yield from _children(child, child.children, kind.holds)
        return
    if child.children:
        yield Broken(TEXT, child, f"has the element <{child.children[0].name}> in it; it holds text")
    elif isinstance(kind.holds, tuple):
        if child.text not in kind.holds:
            reason = f"is {_short(child.text)}; take one of {', '.join(kind.holds)}"
            yield Broken(VALUE, child, reason, _section(parent, child))
    else:
        for broken in kind.holds(child):
            yield broken._replace(section=broken.section or (_section(parent, child) if broken.rule is VALUE else ""))


def _attributes(element: Element) -> Iterator[Broken]:
    for name in element.attributes:
        if name not in _HINTS:
            yield Broken(UNKNOWN, element, f"has the attribute {name.rpartition(' ')[2]}; CAP has none, take it out")


def _section(parent: Element, child: Element) -> str:
    return f"{SECTIONS.get(parent.name, '3.2')} {child.name}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _any(_element: Element) -> Iterator[Broken]:
    yield from ()


def _time(element: Element) -> Iterator[Broken]:
    text = element.stripped
    try:
        parse_time(text)
    except ValueError as fault:
        yield Broken(TIME_FORM, element, f"{_short(text)} {fault}")
        return
    if text.endswith("+00:00"):
        yield Broken(TIME_UTC, element, f"{_short(text)} is in UTC, whose offset CAP writes as -00:00")


def _language(element: Element) -> Iterator[Broken]:
    if element.text and not LANGUAGE.fullmatch(element.stripped):
        yield Broken(VALUE, element, f"is {_short(element.text)}; write a language of RFC 3066, as in en-US")


def _integer(element: Element) -> Iterator[Broken]:
    if not INTEGER.fullmatch(element.stripped):
        yield Broken(VALUE, element, f"is {_short(element.text)}; write a whole number")


def _decimal(element: Element) -> Iterator[Broken]:
    if not DECIMAL.fullmatch(element.stripped):
        yield Broken(VALUE, element, f"is {_short(element.text)}; write a number")


def _uri(element: Element) -> Iterator[Broken]:
    if any(sign in SPACE for sign in element.stripped):
        yield Broken(VALUE, element, f"is {_short(element.text)}; a URI has no spaces, write %20")


_MANY: Final = 0
_PAIR: Final[dict[str, Child]] = {"valueName": Child(_any, 1), "value": Child(_any, 1)}
_RESOURCE: Final[dict[str, Child]] = {
    "resourceDesc": Child(_any, 1),
    "mimeType": Child(_any, 1),
    "size": Child(_integer),
    "uri": Child(_uri),
    "derefUri": Child(_any),
    "digest": Child(_any),
}
_AREA: Final[dict[str, Child]] = {
    "areaDesc": Child(_any, 1),
    "polygon": Child(_any, most=_MANY),
    "circle": Child(_any, most=_MANY),
    "geocode": Child(_PAIR, most=_MANY),
    "altitude": Child(_decimal),
    "ceiling": Child(_decimal),
}
_INFO: Final[dict[str, Child]] = {
    "language": Child(_language),
    "category": Child(CATEGORIES, 1, _MANY),
    "event": Child(_any, 1),
    "responseType": Child(RESPONSES, most=_MANY),
    "urgency": Child(URGENCIES, 1),
    "severity": Child(SEVERITIES, 1),
    "certainty": Child(CERTAINTIES, 1),
    "audience": Child(_any),
    "eventCode": Child(_PAIR, most=_MANY),
    "effective": Child(_time),
    "onset": Child(_time),
    "expires": Child(_time),
    "senderName": Child(_any),
    "headline": Child(_any),
    "description": Child(_any),
    "instruction": Child(_any),
    "web": Child(_uri),
    "contact": Child(_any),
    "parameter": Child(_PAIR, most=_MANY),
    "resource": Child(_RESOURCE, most=_MANY),
    "area": Child(_AREA, most=_MANY),
}
ALERT: Final[dict[str, Child]] = {
    "identifier": Child(_any, 1),
    "sender": Child(_any, 1),
    "sent": Child(_time, 1),
    "status": Child(STATUSES, 1),
    "msgType": Child(MESSAGE_TYPES, 1),
    "source": Child(_any),
    "scope": Child(SCOPES, 1),
    "restriction": Child(_any),
    "addresses": Child(_any),
    "code": Child(_any, most=_MANY),
    "note": Child(_any),
    "references": Child(_any),
    "incidents": Child(_any),
    "info": Child(_INFO, most=_MANY),
}
"""The children of `alert`, in their order."""
