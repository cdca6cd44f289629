"""What a message says: facts about an area, by a policy, as an element that the rules can be asked about.

| | |
|---|---|
| urgency | Immediate while people are without power, Past when it is over |
| severity | Severe from half of the area or 50,000 customers on, Moderate from a tenth or 5,000, else Minor |
| certainty | Observed if a meter, a crew, SCADA or a caller said so of any of the outages, else Likely |
| category, responseType | Infra; Monitor while it lasts, AllClear when it is over |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from models.alerts.element import Element
from models.alerts.issuing.policy import Area, Language, as_templates
from models.alerts.issuing.texts import LENGTHS, about, plain, render
from models.alerts.values import format_time
from models.times.offsets import ahead_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from models.alerts.issuing.policy import AlertPolicy, Code
    from models.alerts.issuing.texts import Value
    from models.times.offsets import Offsets

    Clock = Callable[[int], str]

MessageType = Literal["Alert", "Update", "Cancel"]
BUILT_IN: Final = Language()
_SEVERE: Final = 50_000
_MODERATE: Final = 5_000
_NO_OUTAGE: Final = "What was taken for an outage was none, or was over within minutes."


class Facts(NamedTuple):
    """What is so in an area."""

    area: str
    customers_out: int
    customers: int
    """That live there; 0 if unknown."""
    outages: int
    since: int
    """When the first of them lost power, seconds since the epoch."""
    observed: bool
    over: bool
    """Power is back."""
    restoration: int | None
    """By when it is promised to be, seconds since the epoch."""
    polygons: list[str]


class Header(NamedTuple):
    """Which message it is, and which one it follows."""

    identifier: str
    kind: MessageType
    sent: int
    """Seconds since the epoch."""
    follows: tuple[str, int] | None
    """Identifier and time of the message before."""


def compose(policy: AlertPolicy, offsets: Offsets, header: Header, facts: Facts) -> tuple[Element, list[str]]:
    """Compose a message, times by the utility's clocks; with it what went wrong in templates, a sentence each."""
    faults: list[str] = []

    def clock(at: int) -> str:
        return format_time(at, ahead_at(offsets, at) // 60)

    alert = Element("alert", children=list(_head(policy, header, clock)))
    if header.kind != "Cancel":
        alert.children += [_info(policy, words, header, facts, clock, faults) for words in policy.languages]
    return alert, faults


def severity_of(facts: Facts) -> str:
    """Give the severity, by the table above."""
    if facts.over:
        return "Minor"
    if facts.customers_out >= _SEVERE or 2 * facts.customers_out >= facts.customers > 0:
        return "Severe"
    return (
        "Moderate" if facts.customers_out >= _MODERATE or 10 * facts.customers_out >= facts.customers > 0 else "Minor"
    )


def _head(policy: AlertPolicy, header: Header, clock: Clock) -> Iterator[Element]:
    yield Element("identifier", header.identifier)
    yield Element("sender", policy.sender)
    yield Element("sent", clock(header.sent))
    yield Element("status", policy.status)
    yield Element("msgType", header.kind)
    yield Element("scope", "Public")
    yield from _texts(("code", code) for code in policy.codes)
    yield from _texts([("note", _note(policy, header))])
    if header.follows is not None:
        identifier, sent = header.follows
        yield Element("references", f"{policy.sender},{identifier},{clock(sent)}")
    incident = plain(policy.incident.replace('"', "'"), 100)
    yield from _texts([("incidents", f'"{incident}"' if any(letter.isspace() for letter in incident) else incident)])


def _note(policy: AlertPolicy, header: Header) -> str:
    if header.kind == "Cancel":
        return _NO_OUTAGE
    return f"Exercise: {policy.incident or 'nothing has happened'}." if policy.status == "Exercise" else ""


def _info(
    policy: AlertPolicy, words: Language, header: Header, facts: Facts, clock: Clock, faults: list[str]
) -> Element:
    holds = policy.clear_seconds if facts.over else policy.expires_seconds
    known = policy.areas.get(facts.area, Area(name=plain(facts.area, 200) or "?"))
    texts = _rendered(words, _values(policy, facts, known, clock), faults, over=facts.over)
    return Element(
        "info",
        children=[
            Element("language", words.language),
            Element("category", "Infra"),
            Element("event", texts["event"]),
            Element("responseType", "AllClear" if facts.over else "Monitor"),
            Element("urgency", "Past" if facts.over else "Immediate"),
            Element("severity", severity_of(facts)),
            Element("certainty", "Observed" if facts.observed or facts.over else "Likely"),
            *_pairs("eventCode", policy.event_codes),
            Element("effective", clock(header.sent)),
            *([] if facts.over else [Element("onset", clock(facts.since))]),
            Element("expires", clock(header.sent + holds)),
            *_texts([("senderName", plain(policy.sender_name, 200)), ("headline", texts["headline"])]),
            *_texts([("description", texts["description"]), ("instruction", texts["instruction"])]),
            *_texts([("web", policy.web), ("contact", plain(policy.contact, 200))]),
            _area(facts, known),
        ],
    )


def _area(facts: Facts, known: Area) -> Element:
    name = plain(known.name, LENGTHS["area"]) or "?"
    polygons = [Element("polygon", polygon) for polygon in facts.polygons]
    return Element("area", children=[Element("areaDesc", name), *polygons, *_pairs("geocode", known.geocodes)])


def _values(policy: AlertPolicy, facts: Facts, known: Area, clock: Clock) -> dict[str, Value]:

    def for_people(at: int | None) -> str:
        """The minute of a time; empty of none."""
        time = "" if at is None else clock(at)
        return f"{time[:10]} {time[11:16]}{' UTC' if time.endswith('00:00') else ''}".strip()

    return {
        "area": known.name,
        "customers": about(facts.customers_out),
        "outages": facts.outages,
        "since": for_people(facts.since),
        "restoration": for_people(facts.restoration),
        "incident": policy.incident,
        "sender": policy.sender_name,
    }


def _rendered(words: Language, values: dict[str, Value], faults: list[str], *, over: bool) -> dict[str, str]:
    """Fill the templates in; the built-in words stand in for one that fails."""
    chosen = as_templates(words)
    texts: dict[str, str] = {}
    for kind in ("event", "headline", "description", "instruction"):
        name = f"clear_{kind}" if over and f"clear_{kind}" in chosen else kind
        if over and kind == "instruction":
            texts[kind] = ""
            continue
        try:
            texts[kind] = render(chosen[name], values, kind)
        except ValueError as fault:
            faults.append(f"{words.language} {name}: {fault}")
            texts[kind] = render(as_templates(BUILT_IN)[name], values, kind)
    return texts


def _texts(pairs: Iterable[tuple[str, str]]) -> Iterator[Element]:
    """Elements of texts that are not empty."""
    return (Element(name, text) for name, text in pairs if text)


def _pairs(name: str, codes: Iterable[Code]) -> Iterator[Element]:
    for code in codes:
        yield Element(name, children=[Element("valueName", code.name), Element("value", code.value)])
