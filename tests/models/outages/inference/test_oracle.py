"""The engine opens what the most probable picture says, and is as sure of it as all pictures together are."""

from __future__ import annotations

import math

from hypothesis import event, given, settings

from tests.models.oracle.case import Case, open_pictures
from tests.models.oracle.cases import cases, waves
from tests.models.oracle.pictures import Picture, most_probable, most_probable_of_many, probability, weigh
from tests.models.oracle.scene import NAT

ROUNDING = 2e-3
"""Confidences are sums of rounded logarithms; those ten nats apart are not added."""


@settings(max_examples=300)
@given(cases(told=False))
def test_opens_the_most_probable_picture(case: Case) -> None:
    scene, opened = case.scene(), open_pictures(case.hear_at_once())
    event(f"{len(opened)} open")
    assert set(opened) == most_probable(scene)


@settings(max_examples=300)
@given(cases(told=True))
def test_opens_the_most_probable_picture_with_telemetry_and_crews(case: Case) -> None:
    scene, opened = case.scene(), open_pictures(case.hear_at_once())
    event(f"{len(opened)} open")
    classes = _classes(case)
    assert {classes.get(what, (what,)) for what in opened} == {
        classes.get(what, (what,)) for what in most_probable(scene)
    }


@settings(max_examples=100)
@given(cases(told=True))
def test_is_as_sure_as_all_pictures_together(case: Case) -> None:
    scene, classes = case.scene(), _classes(case)
    for what, posterior in open_pictures(case.hear_at_once()).items():
        said = math.exp(min(posterior, 0) / NAT)
        assert abs(said - probability(scene, classes.get(what, (what,)))) < ROUNDING


@settings(max_examples=50)
@given(cases(told=True))
def test_the_recursion_finds_the_best_of_all_pictures(case: Case) -> None:
    scene = case.scene()
    assert most_probable_of_many(scene) == most_probable(scene)


@settings(max_examples=300)
@given(waves())
def test_however_a_wave_comes_in_each_outage_is_within_the_clear_lead_of_the_best_picture(
    told: tuple[Case, list[int]],
) -> None:
    case, log_times = told
    scene, opened = case.scene(), set(open_pictures(case.hear_one_by_one(log_times)))
    short = weigh(scene, most_probable(scene)) - weigh(scene, Picture(opened))
    assert short <= case.parameters.clear_lead * NAT * len(opened)


def _classes(case: Case) -> dict[int, tuple[int, ...]]:
    """The devices that no usage point can tell from each."""
    below = [frozenset(points) for points in case.tree.below]
    return {
        device: tuple(other for other, others in enumerate(below) if others == points) or (device,)
        for device, points in enumerate(below)
    }
