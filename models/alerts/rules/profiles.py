"""Profiles: what a country asks besides.

`ipaws` is the USA's Integrated Public Alert and Warning System Profile 1.0 (OASIS committee specification, 13 October
2009), `cap-cp` the Canadian Profile, Beta 0.4A. Values of their managed lists (which codes there are) are not checked.
A message that conforms is fit to be handed in; whether it is taken is a matter of agreements with those who run the
systems.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from models.alerts.findings import Broken, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models.alerts.element import Element

IPAWS_CODE: Final = Rule("ipaws-code", "IPAWS 1.0 code", "One `code` is `IPAWSv1.0`.")
IPAWS_EVENT: Final = Rule(
    "ipaws-event", "IPAWS 1.0 eventCode", "Each `info` has one `eventCode` SAME of three letters, the same in all."
)
IPAWS_CATEGORY: Final = Rule("ipaws-category", "IPAWS 1.0 category", "All `info` have the same categories.")
IPAWS_EXPIRES: Final = Rule("ipaws-expires", "IPAWS 1.0 expires", "Each `info` says when it expires.")
IPAWS_GEOCODE: Final = Rule(
    "ipaws-geocode", "IPAWS 1.0 geocode", "Each `info` has an `area` with a `geocode` SAME of six digits."
)
IPAWS_RULES: Final = (IPAWS_CODE, IPAWS_EVENT, IPAWS_CATEGORY, IPAWS_EXPIRES, IPAWS_GEOCODE)

CANADA_CODE: Final = Rule("cap-cp-code", "CAP-CP 0.4A code", "One `code` is `profile:CAP-CP:0.4`.")
CANADA_LANGUAGE: Final = Rule("cap-cp-language", "CAP-CP 0.4A language", "Each `info` names its language.")
CANADA_EVENT: Final = Rule(
    "cap-cp-event",
    "CAP-CP 0.4A eventCode",
    "Each `info` has an `eventCode` named `profile:CAP-CP:Event:…`, the same in all.",
)
CANADA_AREA: Final = Rule(
    "cap-cp-area",
    "CAP-CP 0.4A area",
    "Each `info` has an `area`, and each `area` a `geocode` named `profile:CAP-CP:Location:…`.",
)
CANADA_RULES: Final = (CANADA_CODE, CANADA_LANGUAGE, CANADA_EVENT, CANADA_AREA)

_CANADA_EVENT: Final = re.compile(r"profile:CAP-CP:Event:[0-9.]+")
_CANADA_LOCATION: Final = re.compile(r"profile:CAP-CP:Location:[0-9.]+")


def ipaws_faults(alert: Element) -> Iterator[Broken]:
    """Find what the profile of the USA forbids."""
    if not any(code.stripped == "IPAWSv1.0" for code in alert.all("code")):
        yield Broken(IPAWS_CODE, alert, "has no <code>IPAWSv1.0</code>")
    infos = alert.all("info")
    for info in infos:
        events = _values(info, "eventCode", re.compile("SAME"))
        if len(events) != 1 or not re.fullmatch("[A-Z0-9]{3}", events[0]):
            found = ", ".join(events) or "none"
            yield Broken(IPAWS_EVENT, info, f"has as eventCode SAME: {found}; give one of three letters")
        if not info.value("expires"):
            yield Broken(IPAWS_EXPIRES, info, "has no <expires>")
        places = [code for area in info.all("area") for code in _values(area, "geocode", re.compile("SAME"))]
        if not any(re.fullmatch("[0-9]{6}", code) for code in places):
            yield Broken(IPAWS_GEOCODE, info, "has no <geocode> SAME of six digits in an <area>")
    yield from _alike(infos, IPAWS_EVENT, lambda info: _values(info, "eventCode", re.compile("SAME")), "eventCode")
    yield from _alike(infos, IPAWS_CATEGORY, lambda info: [one.stripped for one in info.all("category")], "category")


def canada_faults(alert: Element) -> Iterator[Broken]:
    """Find what the profile of Canada forbids."""
    if not any(code.stripped == "profile:CAP-CP:0.4" for code in alert.all("code")):
        yield Broken(CANADA_CODE, alert, "has no <code>profile:CAP-CP:0.4</code>")
    infos = alert.all("info")
    for info in infos:
        if not info.value("language"):
            yield Broken(CANADA_LANGUAGE, info, "has no <language>; write en-CA or fr-CA")
        if not _values(info, "eventCode", _CANADA_EVENT):
            yield Broken(CANADA_EVENT, info, "has no <eventCode> named profile:CAP-CP:Event:0.4")
        if not info.all("area"):
            yield Broken(CANADA_AREA, info, "has no <area>")
        for area in info.all("area"):
            if not _values(area, "geocode", _CANADA_LOCATION):
                yield Broken(CANADA_AREA, area, "has no <geocode> named profile:CAP-CP:Location:0.3")
    yield from _alike(infos, CANADA_EVENT, lambda info: _values(info, "eventCode", _CANADA_EVENT), "eventCode")


PROFILES: Final[dict[str, tuple[tuple[Rule, ...], Callable[[Element], Iterator[Broken]]]]] = {
    "ipaws": (IPAWS_RULES, ipaws_faults),
    "cap-cp": (CANADA_RULES, canada_faults),
}
"""Rules and their check, by the name that `--profile` takes."""


def _values(parent: Element, kind: str, name: re.Pattern[str]) -> list[str]:
    return [pair.value("value") for pair in parent.all(kind) if name.fullmatch(pair.value("valueName"))]


def _alike(infos: list[Element], rule: Rule, values: Callable[[Element], list[str]], name: str) -> Iterator[Broken]:
    for info in infos[1:]:
        if sorted(values(info)) != sorted(values(infos[0])):
            yield Broken(rule, info, f"has another {name} than the first <info>; all are about one event")
