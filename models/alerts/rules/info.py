"""The rules of section 3.2.2, and what any public warning has to have to make sense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from models.alerts.element import walk
from models.alerts.findings import Broken, Rule
from models.alerts.values import ABSOLUTE, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.element import Element

TEXT_EMPTY: Final = Rule("text-empty", "3.2", "Required texts, and names of values, are not empty.")
WEB_ABSOLUTE: Final = Rule("web-absolute", "3.2.2 web", "`web` is a full, absolute URI.")
HEADLINE_LENGTH: Final = Rule(
    "headline-length", "3.2.2 headline", "A headline has at most 160 characters.", advice=True
)
NAME_CAPITALS: Final = Rule(
    "name-capitals", "3.2", "Acronyms as `valueName` are in capitals without periods: SAME, FIPS.", advice=True
)
ENTITY_TEXT: Final = Rule(
    "entity-text", "3.3.3", "Texts hold characters, and not markup or entities of HTML.", advice=True
)
INFO_REQUIRED: Final = Rule("info-required", "beyond", "An actual public Alert or Update has an `info`.")
AREA_REQUIRED: Final = Rule("area-required", "beyond", "Each `info` of an actual public Alert or Update has an `area`.")
EXPIRES_PAST: Final = Rule(
    "expires-past", "beyond", "An actual public Alert or Update does not expire before it is sent or effective."
)
RULES: Final = (TEXT_EMPTY, WEB_ABSOLUTE, HEADLINE_LENGTH, NAME_CAPITALS, ENTITY_TEXT)
SENSE_RULES: Final = (INFO_REQUIRED, AREA_REQUIRED, EXPIRES_PAST)
"""Asked of messages with the status Actual, the scope Public and the type Alert or Update alone."""

HEADLINE: Final = 160
_REQUIRED_TEXTS: Final = {"event": "3.2.2", "resourceDesc": "3.2.3", "mimeType": "3.2.3", "areaDesc": "3.2.4"}
_PAIRS: Final = {"eventCode": "3.2.2", "parameter": "3.2.2", "geocode": "3.2.4"}
_PERIODS: Final = re.compile(r"(?:[A-Za-z]\.){2,}[A-Za-z]?|same|fips|ugc|zip|Same|Fips|Ugc|Zip")
_MARKUP: Final = re.compile(
    r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#x?[0-9A-Fa-f]{1,8});|</?(?:br|p|b|i|a|div|span)\b[^<>]{0,200}>"
)


def info_faults(alert: Element) -> Iterator[Broken]:
    """Find what section 3.2.2 forbids, and empty texts anywhere below `info`."""
    for info in alert.all("info"):
        web = info.first("web")
        if web is not None and not ABSOLUTE.fullmatch(web.stripped):
            yield Broken(WEB_ABSOLUTE, web, f"{web.text!r} is no absolute URI; begin with https:// or another scheme")
        headline = info.first("headline")
        if headline is not None and len(headline.stripped) > HEADLINE:
            reason = f"has {len(headline.stripped)} characters; more than {HEADLINE} may be cut"
            yield Broken(HEADLINE_LENGTH, headline, reason)
        for element in walk(info):
            yield from _texts(element)


def sense_faults(alert: Element) -> Iterator[Broken]:
    """Find what makes an actual public Alert or Update useless; other messages may leave it out."""
    if (alert.value("status"), alert.value("scope")) != ("Actual", "Public"):
        return
    if alert.value("msgType") not in {"Alert", "Update"}:
        return
    infos = alert.all("info")
    if not infos:
        yield Broken(INFO_REQUIRED, alert, "warns the public and has no <info>: it says nothing")
    for info in infos:
        if not info.all("area"):
            yield Broken(AREA_REQUIRED, info, "has no <area>: nobody can tell where it holds")
        yield from _expiry(alert, info)


def _expiry(alert: Element, info: Element) -> Iterator[Broken]:
    expires = info.first("expires")
    if expires is None:
        return
    for name, parent in (("sent", alert), ("effective", info)):
        try:
            if parse_time(expires.stripped) < parse_time(parent.value(name)):
                yield Broken(EXPIRES_PAST, expires, f"{expires.stripped} is before <{name}>: it never holds")
                return
        except ValueError:
            continue


def _texts(element: Element) -> Iterator[Broken]:
    section = _REQUIRED_TEXTS.get(element.name)
    if section and not element.children and not element.stripped:
        yield Broken(TEXT_EMPTY, element, "is empty; it has to say something", f"{section} {element.name}")
    if element.name in _PAIRS:
        name = element.first("valueName")
        if name is not None and not name.stripped:
            reason = "is empty; name what the value is"
            yield Broken(TEXT_EMPTY, name, reason, f"{_PAIRS[element.name]} {element.name}")
        elif name is not None and _PERIODS.fullmatch(name.stripped):
            reason = f"{name.text!r} is an acronym; write it in capitals, without periods"
            yield Broken(NAME_CAPITALS, name, reason, f"{_PAIRS[element.name]} {element.name}")
    if match := _MARKUP.search(element.text):
        reason = f"has {match[0]!r}, which people will see as it stands; write the character, or leave it out"
        yield Broken(ENTITY_TEXT, element, reason)
