"""What the oracle hears can be read by the engine, all of it, and a plain case ends with the same answer."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from tests.models.histories.as_input import as_input, device_id
from tests.models.histories.evidence import Evidence, Position, Report
from tests.models.histories.laws import Laws
from tests.models.histories.scene import Scene
from tests.models.histories.search import Search
from tests.models.histories.strategies import START, Case, scenes
from tests.models.histories.zone import Meter, Zone
from tests.worlds.evidence import play

METER = Meter({"mesh": 0.85, "cellular": 0.85}, 0.98)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(scenes())
def test_every_line_is_read(case: Case) -> None:
    network, rates, lines = as_input(case.scene)
    lay_delivery(network, Parameters(), rates)
    answer = play(network, lines)
    assert not [letter for letters in answer.dead_letters.values() for letter in letters]
    assert sum(map(len, lines.values())) == len([*_rows(case.scene.all_evidence)])


def test_a_plain_lockout_is_the_same_to_both() -> None:
    zone = Zone(["breaker", "fuse"], [-1, 0], [0] * 6 + [1] * 6, [METER] * 12, frozenset({0}))
    reports = [Report(point, "last_gasp", START, START + 30_000) for point in range(2, 11)]
    told = [Position(0, "open", "good", START, START + 1000)]
    scene = Scene(zone, Laws(), Evidence(reports, told), START + 400_000)
    best = Search(scene).best()
    assert best
    network, _, lines = as_input(scene)
    records = play(network, lines).last().values()
    assert [device_id(device) for device in best.picture.open_now] == [record["device_id"] for record in records]


def _rows(evidence: Evidence) -> list[object]:
    return [*evidence.reports, *evidence.positions, *evidence.findings]
