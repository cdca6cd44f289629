"""A later version of the network: it confirms an exchange, is too old to know of it, or ends it; by time alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.ingest.mounting.hanging import Hanging
from models.ingest.mounting.laid import InForce, Laid
from models.ingest.mounting.mountings import NOWHERE, Mounting, Mountings, Seen
from models.ingest.mounting.standing import exchanges, forgotten, hanging
from models.network.network import Network
from tests.worlds.evidence import START
from tests.worlds.networks import Device, Point, network_of

POINTS = ("p0", "p1", "p2")
METERS = ("a", "b", "c", "d")
LATER = 1 << 50
RELEASED = START + 1000


def tables(meters: list[str]) -> Network:
    points = [Point(point, "d0", meter) for point, meter in zip(POINTS, meters, strict=True)]
    return network_of([Device("d0", "", "breaker", "sub0")], points)


@st.composite
def mountings(draw: st.DrawFn) -> list[Mounting]:
    some = []
    for offset in range(draw(st.integers(0, 7))):
        since, told = START + draw(st.integers(0, 1500)), START + draw(st.integers(0, 1500))
        meter, point = draw(st.sampled_from(METERS)), draw(st.sampled_from((*POINTS, NOWHERE)))
        some.append(Mounting(meter, point, since, told, 0, offset))
    return some


def lived(network: Network, some: list[Mounting], drawn_at: int) -> dict[str, str]:
    """Who hangs where in the end: what a version knows is crossed out, and the rest lived through."""
    has = dict(zip(network.meter_ids, network.point_ids, strict=True))
    known = [one for one in some if one.log_time < RELEASED and has.get(one.meter_id) == one.usage_point_id]
    left = [
        one
        for one in some
        if one.since >= drawn_at
        and not any(
            one.since <= told.since
            and (told.meter_id == one.meter_id or told.usage_point_id == one.usage_point_id != NOWHERE)
            for told in known
        )
    ]
    for one in sorted(left, key=lambda one: one.turn):
        has = {meter: point for meter, point in has.items() if point != one.usage_point_id}
        has[one.meter_id] = one.usage_point_id
    return {meter: point for meter, point in has.items() if meter and point != NOWHERE}


def found_in(laid: Laid) -> dict[str, str]:
    laid.refresh()
    places = {}
    for meter in METERS:
        table = laid.table_position(meter)
        place = Hanging(laid).find(meter, table, LATER, Seen(0, 1 << 40, LATER))
        if place.position >= 0:
            places[meter] = laid.network.point_ids[place.position]
    return places


@given(mountings(), st.permutations([*METERS, ""]), st.sampled_from((0, 400, 900, 1200)), st.data())
def test_a_version_has_what_it_knows_and_exchanges_after_its_tables_lie_on_top(
    some: list[Mounting], meters: list[str], drawn: int, data: st.DataObject
) -> None:
    network, drawn_at = tables(meters[:3]), START + drawn if drawn else 0
    heard = Mountings()
    laid = Laid(heard, network, InForce(RELEASED, drawn_at))
    for one in data.draw(st.permutations(some)):
        heard.take([one])
        laid.refresh()
    expected = lived(network, some, drawn_at)
    assert found_in(laid) == expected
    assert found_in(Laid(Mountings(some), network, InForce(RELEASED, drawn_at))) == expected
    assert {one.meter_id: one.usage_point_id for one in hanging(laid)}.items() <= expected.items()
    # What says nothing any more can be forgotten.
    gone = {one.name for one in forgotten(laid, RELEASED)}
    kept = Mountings(one for one in some if one.name not in gone)
    assert found_in(Laid(kept, network, InForce(RELEASED, drawn_at))) == expected


def test_a_release_tells_what_it_makes_of_exchanges() -> None:
    first = tables(["a", "b", "c"])
    known = [Mounting(f"new{at}", point, START + at, START + at, 0, at) for at, point in enumerate(POINTS)]
    before = Laid(Mountings(known), first)
    assert [one.meter_id for one in hanging(before)] == ["new0", "new1", "new2"]
    after = Laid(before.mountings, tables(["new0", "b", "c"]), InForce(RELEASED, START + 2))
    found = exchanges(before, after)
    told = [[one.meter_id for one in some] for some in (found.confirmed, found.standing, found.overruled)]
    assert told == [["new0"], ["new2"], ["new1"]]
    assert "1 confirmed (meter new0 at p0)" in found.told()
    assert "1 older than its tables, and over (meter new1 at p1)" in found.told()
    assert found_in(after) == {"b": "p1"}
    assert exchanges(before, Laid(before.mountings, first)).told().startswith("3 not in its tables, and going on")
