"""The oracle of histories against sums written out by hand.

Every law is a round number: p = .8, p_r = .9, delta = 1/1000, eps = 1/30000 (a false gasp in a thousand hours, within
two minutes), a fuse's opening 1/10000, a service's 1/20000. Half of the meters notice a loss within 10 s, all within
20 s; half of the gasps are here after 15 s, all after 60 s; half of the returns after 10 s, all after 30 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log

import pytest

from models.outages.weights.parameters import FalseReportRates, MeterSource, OpeningRates, Parameters, ReportRates
from tests.models.histories.evidence import Evidence, Finding, Position, Report
from tests.models.histories.laws import NAT, Laws
from tests.models.histories.picture import NEVER, Picture
from tests.models.histories.scene import Scene
from tests.models.histories.search import Search
from tests.models.histories.zone import Meter, Zone

P, P_R, DELTA, EPS, FUSE, SERVICE, NESTED, RESTORING = 0.8, 0.9, 1e-3, 1 / 30_000, 1e-4, 5e-5, 0.02, 0.05
LAWS = Laws(
    Parameters(
        restoration_delivery=P_R,
        false_on=DELTA,
        opening=OpeningRates(fuse=FUSE * 30, breaker=FUSE * 30, switch=FUSE * 30, service=SERVICE * 30),
        report=ReportRates(no_power=0.1),
        false_report=FalseReportRates(
            last_gasp=1e-3, ping_off=5e-2, inferred_outage=1e-2, no_power=5e-4, partial_power=2e-2
        ),
        scada_good=14,
        scada_uncertain=3,
        crew_fact=25,
        sources={
            "mesh": MeterSource(
                share=1,
                hold_off=((0, 0), (10, 0.5), (20, 1)),
                gasp=((0, 0), (15, 0.5), (60, 1)),
                restored=((0, 0), (10, 0.5), (30, 1)),
            )
        },
    ),
    nested=log(NESTED),
    closing=log(RESTORING),
    tie={},
)
METER = Meter({"mesh": P}, P_R)
ROUNDING = 20
"""Units: each of some logs is rounded to a whole one."""


def zone(
    kinds: str, parents: Sequence[int], feeds: Sequence[int], *, telemetered: Sequence[int] = (), ties: int = -1
) -> Zone:
    return Zone(kinds.split(), parents, feeds, [METER] * len(feeds), frozenset(telemetered), frozenset({ties} - {-1}))


def s(seconds: float) -> int:
    return round(seconds * 1000)


def gasps(points: Sequence[int], at: float = 0) -> list[Report]:
    return [Report(point, "last_gasp", s(at), s(at + 1)) for point in points]


def ons(points: Sequence[int], at: float) -> list[Report]:
    return [Report(point, "power_restored", s(at), s(at + 1)) for point in points]


def opened(since: float = 0, until: float | None = None) -> tuple[tuple[int, int]]:
    return ((s(since), NEVER if until is None else s(until)),)


def check(scene: Scene, sums: dict[str, tuple[Picture, float]], best: str) -> None:
    """Each picture weighs its sum, none of all weighs more than the best one of these."""
    for name, (picture, nats) in sums.items():
        assert scene.weigh(picture) == pytest.approx(nats * NAT, abs=ROUNDING), name
    found = Search(scene).best()
    assert found is not None
    assert found.picture == sums[best][0]
    assert found.weight == scene.weigh(found.picture)


def test_two_gasps_of_three_below_a_fuse_are_the_fuse() -> None:
    scene = Scene(zone("fuse", [-1], [0, 0, 0]), LAWS, Evidence(gasps([0, 1])), s(100))
    sums = {
        "fuse": (Picture({0: opened()}), log(FUSE) + 2 * log(P) + log(1 - P)),
        "services": (Picture({~0: opened(), ~1: opened()}), 2 * log(SERVICE) + 2 * log(P)),
        "one of them false": (Picture({~0: opened()}), log(SERVICE) + log(P) + log(EPS)),
        "nothing": (Picture(), 2 * log(EPS)),
    }
    check(scene, sums, best="fuse")
    best = Search(scene).best()
    assert best
    rival = Search(scene).rival(best)
    assert rival
    assert rival.picture == sums["services"][0]


def test_while_the_wave_comes_in_silence_is_free() -> None:
    early, late = (
        Scene(zone("breaker fuse fuse", [-1, 0, 0], [1] * 2 + [2] * 4), LAWS, Evidence(gasps([0, 1, 2])), s(now))
        for now in (14, 61)
    )
    breaker = log(FUSE) + 3 * log(P)
    apart = log(FUSE) + 2 * log(P) + log(SERVICE) + log(P)
    pictures = Picture({0: opened()}), Picture({1: opened(), ~2: opened()})
    check(early, {"breaker": (pictures[0], breaker), "apart": (pictures[1], apart)}, best="breaker")
    assert early.weigh(pictures[0]) - late.weigh(pictures[0]) == pytest.approx(-3 * log(1 - P) * NAT, abs=ROUNDING)
    half = Scene(early.zone, LAWS, early.all_evidence, s(15))
    assert half.weigh(pictures[0]) == pytest.approx((breaker + 3 * log(1 - P / 2)) * NAT, abs=ROUNDING)


def test_a_dip_is_noticed_by_the_meters_that_are_quick_enough() -> None:
    told = [Position(0, "open", "good", s(0), s(1)), Position(0, "closed", "good", s(12), s(13))]
    reports = [*gasps([0, 1]), *ons([0], at=12)]
    scene = Scene(zone("breaker", [-1], [0, 0, 0, 0], telemetered=[0]), LAWS, Evidence(reports, told), s(100))
    dip = -3.5 + 2 * log(P / 2) + 2 * log(1 - P / 2) + log(P_R) + log(1 - P_R) + 2 * log(1 - P_R / 2)
    check(scene, {"dip": (Picture({0: opened(0, 12)}), dip)}, best="dip")
    lockout = log(FUSE) + 2 * log(P) + 2 * log(1 - P) + log(DELTA) - 14
    assert scene.weigh(Picture({0: opened()})) == pytest.approx(lockout * NAT, abs=ROUNDING)


def test_a_dip_that_no_meter_can_notice_is_free_of_them() -> None:
    told = [Position(0, "open", "good", s(0), s(1)), Position(0, "closed", "good", s(2), s(3))]
    scene = Scene(zone("breaker", [-1], [0] * 8, telemetered=[0]), LAWS, Evidence([], told), s(100))
    check(scene, {"dip": (Picture({0: opened(0, 2)}), -3.5), "nothing": (Picture(), -14)}, best="dip")


@pytest.mark.parametrize(("silent", "nested"), [(1, False), (2, True), (3, True)])
def test_after_a_close_in_a_silent_branch_is_nested_as_the_returns_say(silent: int, nested: bool) -> None:
    feeds = [0, 0, 0, 0] + [1] * silent
    told = [Position(0, "open", "good", s(0), s(1)), Position(0, "closed", "good", s(600), s(601))]
    reports = [*gasps(range(len(feeds))), *ons(range(4), at=600)]
    scene = Scene(zone("breaker fuse", [-1, 0], feeds, telemetered=[0]), LAWS, Evidence(reports, told), s(700))
    spoken = log(FUSE) + log(RESTORING) + len(feeds) * log(P) + 4 * log(P_R)
    sums = {
        "back": (Picture({0: opened(0, 600)}), spoken + silent * log(1 - P_R)),
        "nested": (Picture({0: opened(0, 600), 1: opened()}), spoken + log(NESTED)),
    }
    check(scene, sums, best="nested" if nested else "back")


def test_a_lone_on_below_an_open_breaker_is_false_and_so_are_two() -> None:
    for voices in (1, 2):
        evidence = Evidence([*gasps(range(6)), *ons(range(voices), at=1000)], [Position(0, "open", "good", s(0), s(1))])
        scene = Scene(zone("breaker", [-1], [0] * 6, telemetered=[0]), LAWS, evidence, s(1100))
        dark = log(FUSE) + 6 * log(P) + voices * log(DELTA)
        check(scene, {"dark": (Picture({0: opened()}), dark)}, best="dark")


def test_a_tie_explains_voices_below_an_open_breaker() -> None:
    evidence = Evidence([*gasps(range(6)), *ons([3, 4, 5], at=1000)], [Position(0, "open", "good", s(0), s(1))])
    grid = zone("breaker switch", [-1, 0], [0] * 3 + [1] * 3, telemetered=[0], ties=1)
    scene = Scene(grid, LAWS, evidence, s(1100))
    opening = log(FUSE) + 6 * log(P)
    sums = {
        "tie": (Picture({0: opened()}, {1: s(1000)}), opening - 3 + 3 * log(P_R)),
        "false": (Picture({0: opened()}), opening + 3 * log(DELTA)),
    }
    check(scene, sums, best="tie")


def test_a_closing_on_trial_says_little_and_a_shot_nothing() -> None:
    told = [
        Position(0, "open", "good", s(0), s(1)),
        Position(0, "closed", "good", s(2), s(3)),
        Position(0, "open", "good", s(4), s(5)),
        Position(0, "closed", "good", s(400), s(401)),
    ]
    grid, lockout = zone("breaker", [-1], [0] * 3, telemetered=[0]), Picture({0: opened()})
    spoken = log(FUSE) + 3 * log(P)
    for now, against in [(399, 0), (405, 1), (411, 14)]:
        scene = Scene(grid, LAWS, Evidence(gasps(range(3)), told), s(now))
        assert scene.weigh(lockout) == pytest.approx((spoken - against) * NAT, abs=ROUNDING)
    back = Picture({0: opened(0, 400)})
    check(scene, {"back": (back, spoken + log(RESTORING) + 3 * log(1 - P_R / 2))}, best="back")


def test_a_crew_finds_a_device_open_of_which_nobody_spoke() -> None:
    scene = Scene(
        zone("breaker fuse", [-1, 0], [0] * 3 + [1] * 3), LAWS, Evidence([], [], [Finding(1, s(0), s(1))]), s(900)
    )
    check(scene, {"fuse": (Picture({1: opened()}), log(FUSE)), "none": (Picture(), -25)}, best="fuse")
    told_earlier = scene.weigh(Picture({1: opened(-100)}))
    assert told_earlier == pytest.approx((log(FUSE) + 3 * log(1 - P)) * NAT, abs=ROUNDING)


def test_a_call_and_a_late_gasp_below_an_open_device_open_nothing() -> None:
    reports = [*gasps([0, 1, 2]), *gasps([3], at=1200), Report(4, "no_power", s(1500), s(1505))]
    scene = Scene(zone("breaker fuse", [-1, 0], [0] * 3 + [1] * 3), LAWS, Evidence(reports), s(1600))
    dark = log(FUSE) + 4 * log(P) - 4 + log(0.1) + 2 * log(1 - P)
    check(scene, {"breaker": (Picture({0: opened()}), dark)}, best="breaker")


def test_nobody_gasps_twice_without_power_between() -> None:
    told = [Position(0, "open", "good", s(500), s(501))]
    scene = Scene(
        zone("breaker fuse", [-1, 0], [0] * 3 + [1] * 3, telemetered=[0]),
        LAWS,
        Evidence([*gasps([3, 4, 5]), *gasps([0, 1, 2], at=500)], told),
        s(900),
    )
    both = 2 * log(FUSE) + 6 * log(P)
    check(scene, {"both": (Picture({0: opened(500), 1: opened()}), both)}, best="both")


def test_a_false_report_in_a_crowd_is_likelier() -> None:
    laws = replace(LAWS, wave_relief=3.5, return_relief=1.5)
    evidence = Evidence([*gasps(range(5)), *ons(range(6), at=1000)])
    scene = Scene(zone("fuse fuse", [-1, -1], [0] * 4 + [1] * 4), laws, evidence, s(900))
    fuse = log(FUSE) + 4 * log(P) + log(EPS) + 3.5
    check(scene, {"fuse": (Picture({0: opened()}), fuse)}, best="fuse")
    later = replace(scene, now=s(1100))
    dark = later.weigh(Picture({0: opened(), 1: opened()}))
    assert dark == pytest.approx(
        (2 * log(FUSE) + 5 * log(P) + 3 * log(1 - P) + 6 * (log(DELTA) + 1.5)) * NAT, abs=ROUNDING
    )
