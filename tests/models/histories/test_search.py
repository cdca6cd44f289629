"""The oracle of histories finds the best of all pictures, and keeps to what must hold whatever the laws' values are."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.models.histories.every import every_picture
from tests.models.histories.evidence import Evidence, Report
from tests.models.histories.laws import NAT
from tests.models.histories.picture import Picture
from tests.models.histories.scene import Scene
from tests.models.histories.search import Found, Search
from tests.models.histories.strategies import Case, complete_scenes, scenes
from tests.models.histories.zone import Zone

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]
SMALL = 3_000_000


def best_of(scene: Scene) -> Found:
    found = Search(scene).best()
    assert found is not None
    return found


@settings(max_examples=60, suppress_health_check=SLOW)
@given(scenes(devices=3, points=4, ties=True))
def test_finds_the_best_of_all_pictures_its_rival_and_their_sum(case: Case) -> None:
    search, best = Search(case.scene), best_of(case.scene)
    assume(math.prod(len(options) for options in search.own.values()) < SMALL)
    weights, pictures = every_picture(search)
    assert int(weights.max()) == best.weight == case.scene.weigh(best.picture)
    chances = np.exp((weights - best.weight) / NAT)
    assert search.total() - best.weight / NAT == pytest.approx(math.log(chances.sum()), abs=1e-9)
    opened = pictures.open_classes()
    for alike in set(case.scene.zone.classes.values()):
        assert search.probability(alike) == pytest.approx((chances * opened[alike]).sum() / chances.sum(), abs=1e-9)
    now = case.scene.open_classes(best.picture)
    other = np.any(
        [np.broadcast_to(is_open != (alike in now), weights.shape) for alike, is_open in opened.items()], axis=0
    )
    rival = search.rival(best)
    assert rival is not None
    assert int(weights[other].max()) == rival.weight == case.scene.weigh(rival.picture)
    assert case.scene.open_classes(rival.picture) != now


@settings(max_examples=200, suppress_health_check=SLOW)
@given(scenes())
def test_nothing_that_can_be_said_of_the_past_is_better(case: Case) -> None:
    best = best_of(case.scene)
    assert case.scene.weigh(best.picture) == best.weight >= case.scene.weigh(case.truth)


@settings(max_examples=200, suppress_health_check=SLOW)
@given(complete_scenes())
def test_all_of_the_evidence_tells_what_happened(case: Case) -> None:
    found, truth = best_of(case.scene).picture, case.truth
    classes = case.scene.zone.classes
    assert {classes[node]: past for node, past in found.openings.items()} == {
        classes[node]: past for node, past in truth.openings.items()
    }


@settings(max_examples=100, suppress_health_check=SLOW)
@given(scenes(), st.data())
def test_a_report_that_fits_speaks_for_its_picture(case: Case, data: st.DataObject) -> None:
    scene = case.scene
    spoken = {report.point for report in scene.all_evidence.reports}
    dark = [
        (point, interval[-1][0])
        for point in range(len(scene.zone.feeds))
        if point not in spoken and (interval := case.truth.dark(scene.zone, point)) and scene.zone.meters[point]
    ]
    assume(dark)
    point, at = data.draw(st.sampled_from(dark))
    more = [*scene.all_evidence.reports, Report(point, "last_gasp", at, at + 1)]
    heard = replace(scene, all_evidence=replace(scene.all_evidence, reports=more))
    before, after = (one.weigh(case.truth) - one.weigh(Picture()) for one in (scene, heard))
    assert after >= before


@settings(max_examples=60, suppress_health_check=SLOW)
@given(scenes(), st.sampled_from([1000, -7 * 86_400_000]))
def test_shifting_all_times_shifts_the_answer(case: Case, by: int) -> None:
    best, scene = best_of(case.scene), case.scene
    later = replace(
        scene, all_evidence=scene.all_evidence.shifted(by), now=scene.now + by, also=[at + by for at in scene.also]
    )
    assert best_of(later) == Found(best.picture.shifted(by), best.weight)


@settings(max_examples=60, suppress_health_check=SLOW)
@given(scenes(), st.randoms(use_true_random=False))
def test_copies_order_and_what_comes_later_change_nothing(case: Case, lots: Random) -> None:
    heard, now = case.scene.all_evidence, case.scene.now
    later = [row._replace(kind="last_gasp", arrived_at=now) for row in heard.reports]
    rows = [*heard.reports, *heard.reports, *later]
    lots.shuffle(rows)
    told = replace(case.scene, all_evidence=Evidence(rows, heard.positions[::-1], heard.findings))
    assert best_of(told) == best_of(case.scene)


@settings(max_examples=60, suppress_health_check=SLOW)
@given(scenes(), st.randoms(use_true_random=False))
def test_other_numbers_for_devices_and_points_change_nothing_else(case: Case, lots: Random) -> None:
    scene, zone = case.scene, case.scene.zone
    order = _other_order(zone, lots)
    to = {old: new for new, old in enumerate(order)}
    points = list(range(len(zone.feeds)))
    lots.shuffle(points)
    point_to = {old: new for new, old in enumerate(points)}
    other = Zone(
        [zone.kinds[old] for old in order],
        [to.get(zone.parents[old], -1) for old in order],
        [to[zone.feeds[old]] for old in points],
        [zone.meters[old] for old in points],
        frozenset(to[old] for old in zone.telemetered),
    )
    heard = Evidence(
        [row._replace(point=point_to[row.point]) for row in scene.evidence.reports],
        [row._replace(device=to[row.device]) for row in scene.evidence.positions],
        [row._replace(device=to[row.device]) for row in scene.evidence.findings],
    )
    assert best_of(replace(scene, zone=other, all_evidence=heard)).weight == best_of(scene).weight


def _other_order(zone: Zone, lots: Random) -> list[int]:
    """Another order in which parents come before children."""
    ready, order = list(zone.roots), []
    while ready:
        order.append(ready.pop(lots.randrange(len(ready))))
        ready += zone.children[order[-1]]
    return order
