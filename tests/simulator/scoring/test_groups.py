"""Customer-minutes by class and area: what the records say of each, and the ledger, against who was really out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adapters.network.load import compile_folder
from models.network.network import Network
from simulator.course import NEVER
from simulator.scoring.groups import CLASS, Groups, group_customers
from simulator.scoring.reading.interruptions import Interrupted
from simulator.scoring.reading.ledger import MembershipLine
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.records import AreaLine, ClassLine
from simulator.scoring.reading.truth import Truth, lay_faults
from tests.simulator.scoring.conftest import DEVICES, NOON, POINTS

CLASSES = {"p1": "home", "p2": "home", "p4": "shop"}
COUNTIES = {"p1": "a", "p2": "b", "p3": "b", "p4": "b"}


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The town of seven points, some with a class, some with a county, one with a postal code."""
    folder = tmp_path_factory.mktemp("grouped")
    head, *rows = POINTS.splitlines()
    classed = [f"{head},customer_class", *(f"{row},{CLASSES.get(row.split(',')[0], '')}" for row in rows)]
    areas = [
        "usage_point_id,kind,area_id",
        *(f"{point},county,{area}" for point, area in COUNTIES.items()),
        "p4,post,9",
    ]
    (folder / "devices.csv").write_text(DEVICES)
    (folder / "usage_points.csv").write_text("\n".join(classed) + "\n")
    (folder / "areas.csv").write_text("\n".join(areas) + "\n")
    return compile_folder(folder)


def truth(network: Network, *spans: tuple[str, int, int | None]) -> Truth:
    out = np.array([NOON + 1000 * begin for _, begin, _ in spans])
    back = np.array([NEVER if end is None else NOON + 1000 * end for _, _, end in spans])
    points = network.find_points([point for point, _, _ in spans]).astype(np.int32)
    return Truth(lay_faults([], network), Interrupted.of(points, out, back))


def test_who_is_out_is_summed_by_class_and_area(grouped: Network, revision: Any) -> None:
    real = truth(grouped, ("p1", 0, 600), ("p4", 100, None), ("p3", 100, 200))
    said = [ClassLine("home", 2)], [AreaLine("county", "a", 2)]
    shop = [ClassLine("shop", 3), ClassLine(None, 1)], [AreaLine("county", "b", 3), AreaLine("post", "9", 3)]
    lines = [
        revision("one", 1, 60, "L1", 0, customers_by_class=said[0], areas=said[1]),
        revision("two", 1, 160, "T3", 100, customers_by_class=shop[0], areas=shop[1]),
        revision("one", 2, 600, "L1", 0, status="restored", restored=590),
    ]
    number = {point: int(grouped.point_number[grouped.find_points([point])[0]]) for point in ("p1", "p4")}
    ledger = [
        MembershipLine("one", [number["p1"]], ["gained"], [NOON + 10_000], [NOON + 10_000]),
        MembershipLine("two", [number["p4"]], ["gained"], [NOON + 100_000], [NOON + 100_000]),
        MembershipLine("one", [number["p1"]], ["restored_confirmed"], [NOON + 10_000], [NOON + 590_000]),
    ]
    output = lay_output(lines, [], [], grouped, ledger)
    found = group_customers(grouped, real, output, NOON + 1_000_000)
    seconds = {kind: (of.truth, of.live, of.ledger) for kind, of in found.items()}
    assert seconds == {
        CLASS: ({"home": 1_200_000, "shop": 2_700_000}, {"home": 1_080_000, "shop": 2_520_000},
                {"home": 1_160_000, "shop": 2_700_000}),
        "county": ({"a": 1_200_000, "b": 2_800_000}, {"a": 1_080_000, "b": 2_520_000},
                   {"a": 1_160_000, "b": 2_700_000}),
        "post": ({"9": 2_700_000}, {"9": 2_520_000}, {"9": 2_700_000}),
    }  # fmt: skip
    shown = found["county"].figures()
    assert (shown["groups"], shown["farthest"]) == (2, "b")
    assert shown["customer_minutes"] == pytest.approx((120 + 280) / 4000)
    assert shown["ledger_customer_minutes"] == pytest.approx((40 + 100) / 4000)


def test_what_nobody_knows_of_is_undefined() -> None:
    shown = Groups({}, {}, None).figures()
    assert shown == {"groups": 0, "customer_minutes": None, "ledger_customer_minutes": None, "farthest": None}


def test_a_network_without_classes_and_areas_has_no_groups(town: Network) -> None:
    assert group_customers(town, truth(town, ("p1", 0, 60)), lay_output([], [], [], town), NOON + 1000) == {}
