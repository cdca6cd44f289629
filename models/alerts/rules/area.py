"""The rules of section 3.2.4: where a message holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.alerts.findings import Broken, Rule
from models.alerts.places import Box, Place, box_of, parse_circle, parse_polygon
from models.alerts.values import DECIMAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.element import Element

POLYGON_FORM: Final = Rule(
    "polygon-form", "3.2.4 polygon", "A polygon is `latitude,longitude` pairs, divided by white space."
)
POLYGON_SHORT: Final = Rule("polygon-short", "3.2.4 polygon", "A polygon has at least four pairs.")
POLYGON_OPEN: Final = Rule("polygon-open", "3.2.4 polygon", "The last pair of a polygon is the first one again.")
CIRCLE_FORM: Final = Rule(
    "circle-form", "3.2.4 circle", "A circle is `latitude,longitude`, a space and its radius in km."
)
CIRCLE_NEGATIVE: Final = Rule("circle-negative", "3.2.4 circle", "A radius is not negative.")
DEGREES: Final = Rule("degrees", "3.3.1", "Latitudes lie within 90 and longitudes within 180 degrees of WGS 84.")
SWAPPED: Final = Rule("swapped", "3.3.1", "Places are latitude first, then longitude.")
CEILING_ALONE: Final = Rule("ceiling-alone", "3.2.4 ceiling", "`ceiling` stands with `altitude` only.")
CEILING_LOW: Final = Rule("ceiling-low", "3.2.4 altitude", "With a ceiling, the altitude is the lower of the two.")
POLYGON_FLAT: Final = Rule("polygon-flat", "beyond", "A polygon has three different corners.")
OUTSIDE: Final = Rule("outside-territory", "beyond", "Areas lie in the territory that was given.")
RULES: Final = (
    *(POLYGON_FORM, POLYGON_SHORT, POLYGON_OPEN, CIRCLE_FORM, CIRCLE_NEGATIVE, DEGREES, SWAPPED),
    *(CEILING_ALONE, CEILING_LOW, POLYGON_FLAT),
)
TERRITORY_RULES: Final = (SWAPPED, OUTSIDE)
"""Asked if a territory is given."""


def area_faults(alert: Element, territory: Box | None) -> Iterator[Broken]:
    """Find what section 3.2.4 forbids; with a territory also areas that lie outside it."""
    for info in alert.all("info"):
        for area in info.all("area"):
            yield from _heights(area)
            for polygon in area.all("polygon"):
                yield from _polygon(polygon, territory)
            for circle in area.all("circle"):
                yield from _circle(circle, territory)


def _polygon(element: Element, territory: Box | None) -> Iterator[Broken]:
    try:
        places = parse_polygon(element.text)
    except ValueError as fault:
        yield Broken(POLYGON_FORM, element, str(fault))
        return
    if len(places) < 4:
        yield Broken(POLYGON_SHORT, element, f"has {len(places)} pairs; three corners and the first again are least")
    elif len(set(places)) < 3:
        yield Broken(POLYGON_FLAT, element, f"has {len(set(places))} different corners: it encloses nothing")
    if places and places[0] != places[-1]:
        yield Broken(POLYGON_OPEN, element, "ends elsewhere than it begins; repeat the first pair at the end")
    if places:
        yield from _place(element, places, box_of(places), territory)


def _circle(element: Element, territory: Box | None) -> Iterator[Broken]:
    try:
        centre, radius = parse_circle(element.text)
    except ValueError as fault:
        yield Broken(CIRCLE_FORM, element, str(fault))
        return
    if radius < 0:
        yield Broken(CIRCLE_NEGATIVE, element, f"has a radius of {radius:g} km")
    yield from _place(element, [centre], box_of([centre], max(radius, 0)), territory)


def _place(element: Element, places: list[Place], around: Box, territory: Box | None) -> Iterator[Broken]:
    wrong = next((place for place in places if abs(place.latitude) > 90 or abs(place.longitude) > 180), None)
    if wrong is not None:
        pair = f"{wrong.latitude:g},{wrong.longitude:g}"
        if all(abs(place.longitude) <= 90 and abs(place.latitude) <= 180 for place in places):
            reason = f"has {pair}: no latitude is above 90, so the two are swapped; latitude comes first"
            yield Broken(SWAPPED, element, reason)
        else:
            yield Broken(DEGREES, element, f"has {pair}: no place on earth in degrees of WGS 84")
    elif territory is not None and not around.meets(territory):
        if around.swapped.meets(territory):
            reason = "lies outside the territory, and in it with latitude and longitude swapped; latitude comes first"
            yield Broken(SWAPPED, element, reason)
        else:
            yield Broken(OUTSIDE, element, "lies outside the territory")


def _heights(area: Element) -> Iterator[Broken]:
    altitude, ceiling = area.first("altitude"), area.first("ceiling")
    if ceiling is None:
        return
    if altitude is None:
        yield Broken(CEILING_ALONE, ceiling, "stands without <altitude>; give the lower limit too")
        return
    if not (DECIMAL.fullmatch(altitude.stripped) and DECIMAL.fullmatch(ceiling.stripped)):
        return
    if float(ceiling.stripped) < float(altitude.stripped):
        yield Broken(CEILING_LOW, altitude, f"{altitude.stripped} ft is above the ceiling, {ceiling.stripped} ft")
