"""The storms benchmark: one storm played for real, and what is said of many."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.storms.figures import CAUSES, FIGURES, causes
from benchmarks.storms.floor import fallen, full_form, full_text, store
from benchmarks.storms.networks import UTILITIES
from benchmarks.storms.storm import Outcome, Task, play
from benchmarks.storms.table import tables
from benchmarks.storms.workers import play_all
from simulator.options import PRESETS, option_faults, storm_options
from simulator.scoring.calibration import Judgements
from simulator.scoring.score import VERSION

BY_NAME = {figure.name: figure for figure in FIGURES}
SUMS = ("wrong services", "after own report", "violations", "not finished")
Change = Callable[..., Outcome]


@pytest.fixture(scope="module")
def played() -> Outcome:
    tables_folder = UTILITIES["epri_m1"].tables(Path())
    return play(Task("epri_m1", tables_folder, "clean", 1, UTILITIES["epri_m1"].chosen("clean")))


@pytest.fixture
def outcome(played: Outcome) -> Change:
    """Return a function that changes figures of the storm, by their paths."""

    def change(judged: list[tuple[float, bool]] = (), spoken: list[float] = (), **figures: Any) -> Outcome:  # type: ignore[assignment]
        shown = deepcopy(played.shown)
        for path, value in figures.items():
            *parts, last = path.split("__")
            inner = shown
            for part in parts:
                inner = inner[part]
            inner[last] = value
        confidence, right = np.array(judged, float).reshape(-1, 2).T
        judgements = Judgements(confidence, right.astype(bool), np.zeros(len(right), bool))
        return Outcome("epri_m1", "clean", 1, shown, judgements, list(spoken), [], (0, 0, 0))

    return change


def test_a_storm_is_played_and_every_figure_is_there(played: Outcome) -> None:
    assert played.shown["version"] == VERSION
    assert played.shown["devices"]["faults"] > 0
    assert len(played.judgements.right) > 0
    for figure in FIGURES:  # two storms alike are no better and no worse than one; cases add up
        once = figure.over([played])
        times = 2 if figure.name in SUMS else 1
        assert figure.over([played, played]) == (None if once is None else pytest.approx(times * once))
    for path in CAUSES.values():
        assert all(count >= 0 for count in causes([played], path).values())
    assert [table.row_count for table in tables([played])][:2] == [len(FIGURES), 1]
    networks = full_form([played])["networks"]
    assert json.loads(full_text([played])) == full_form([played])
    assert networks["epri_m1"]["clean"]["figures"]["device F1"] == [round(played.shown["devices"]["f1"], 6)] * 2


def test_a_storm_that_takes_too_long_or_fails_stops_no_other_and_counts_as_nothing_right(
    outcome: Change, tmp_path: Path
) -> None:
    slow = Task("epri_m1", UTILITIES["epri_m1"].tables(Path()), "worst", 1, {})
    runs = list(play_all([slow, Task("ckt5", tmp_path / "nowhere", "clean", 2, {})], 1, 1, tmp_path))
    assert [(run.preset, run.seed) for run in runs] == [("worst", 1), ("clean", 2)]
    assert runs[0].unfinished.startswith("over 1 s")
    assert "nowhere" in runs[1].unfinished
    together = [outcome(devices__f1=0.5, violations__total=3), *runs[1:]]
    assert BY_NAME["device F1"].over(together) == 0.25
    assert BY_NAME["device F1"].worst(together) == 0
    assert BY_NAME["violations"].over(together) == 3
    assert BY_NAME["not finished"].over(together) == 1
    assert causes(together, CAUSES["wrong"]) == causes(together[:1], CAUSES["wrong"])
    for figure in FIGURES:
        assert figure.over(runs) in (None, 0, 2)
    assert [table.row_count for table in tables(runs)][:2] == [len(FIGURES), 2]


def test_what_is_kept_is_scored_again_and_not_played(tmp_path: Path) -> None:
    task = Task("epri_m1", UTILITIES["epri_m1"].tables(Path()), "snapshot", 1, {}, kept=tmp_path)
    first = play(task)
    (task.folder(tmp_path) / "played.json").write_text("[3, 4]")
    again = play(task)
    assert again.shown == first.shown
    assert again.seconds[:2] == (3, 4)
    assert replace(task, options={"crews": False}).folder(tmp_path) != task.folder(tmp_path)


def test_every_network_has_a_storm_of_every_preset() -> None:
    for utility in UTILITIES.values():
        for preset in PRESETS:
            assert option_faults(storm_options(1, preset, utility.chosen(preset))) == []


def test_means_shares_and_pools(outcome: Change) -> None:
    runs = [
        outcome(
            devices__f1=0.5, restored__told=100, restored__told_while_out=1, judged=[(1.0, False)] * 10, spoken=[1.0]
        ),
        outcome(
            devices__f1=1.0,
            restored__told=300,
            restored__told_while_out=11,
            judged=[(1.0, True)] * 30,
            spoken=[2.0, float("inf")],
        ),
    ]
    assert BY_NAME["device F1"].over(runs) == 0.75
    assert BY_NAME["device F1"].worst(runs) == 0.5
    assert BY_NAME["told while out"].over(runs) == 12 / 400
    assert BY_NAME["told while out"].worst(runs) == 11 / 300
    assert BY_NAME["ECE"].over(runs) == 0.25
    assert BY_NAME["detected after, s"].over(runs) == 2.0
    assert BY_NAME["never, of spoken of"].over(runs) == 1 / 3


def test_where_no_service_failed_a_wrong_one_is_counted_but_has_no_share(outcome: Change) -> None:
    alone = {"right": 0, "wrong": 2, "faults": 0}
    runs = [outcome(services=alone), outcome(services={"right": 1, "wrong": 0, "faults": 1})]
    assert BY_NAME["service F1"].over(runs[:1]) is None
    assert BY_NAME["service F1"].over(runs) == 0.5
    assert BY_NAME["wrong services"].over(runs) == 2


def test_the_spread_of_a_mean_is_its_standard_error(outcome: Change) -> None:
    values = [0.5, 0.7, 0.9, 0.9]
    runs = [outcome(devices__f1=value) for value in values]
    assert BY_NAME["device F1"].spread(runs) == pytest.approx(np.std(values, ddof=1) / 2)
    assert BY_NAME["device F1"].spread(runs[:1]) == 0


@pytest.mark.parametrize(
    ("figures", "falls"),
    [
        ((0.80, 0.90), []),
        ((0.76, 0.85), []),
        ((0.70, 0.80), ["device F1"]),
        ((0.99, 0.99), []),
    ],
)
def test_figures_may_not_fall_by_more_than_their_spread(
    outcome: Change, tmp_path: Path, figures: tuple[float, float], falls: list[str]
) -> None:
    stored = tmp_path / "stored.json"
    store([outcome(devices__f1=0.80), outcome(devices__f1=0.90)], stored)
    now = [outcome(devices__f1=value) for value in figures]
    assert [line.split(": ")[1].split(" is ")[0] for line in fallen(now, stored)] == falls


def test_more_of_what_is_bad_is_a_fall_and_other_rules_are_no_measure(outcome: Change, tmp_path: Path) -> None:
    stored = tmp_path / "stored.json"
    runs = [outcome(restored__told=100, restored__told_while_out=0)] * 2
    store(runs, stored)
    assert fallen(runs, stored) == []
    worse = [outcome(restored__told=100, restored__told_while_out=1)] * 2
    assert [line.split(" is ")[0] for line in fallen(worse, stored)] == ["clean: told while out"]
    fewer, more = _stored(outcome, tmp_path, 0.5), _stored(outcome, tmp_path, 1.4)
    assert fallen([outcome(outages__per_fault=1.0)] * 2, fewer) == []  # fewer than one is neither better nor worse
    assert fallen([outcome(outages__per_fault=0.5)] * 2, more) == []
    assert len(fallen([outcome(outages__per_fault=1.1)] * 2, fewer)) == 1
    assert len(fallen([outcome(outages__per_fault=1.5)] * 2, more)) == 1
    flat = [outcome(customers_out__live__noise=value) for value in (1.0, 0.4)]  # a curve that moves too little is wrong
    assert BY_NAME["noise"].worst(flat) == 0.4
    stored.write_text(json.dumps(json.loads(stored.read_text()) | {"score_version": VERSION - 1}))
    assert len(fallen(runs, stored)) == 1


def _stored(outcome: Change, folder: Path, per_fault: float) -> Path:
    path = folder / f"per_fault_{per_fault}.json"
    store([outcome(outages__per_fault=per_fault)] * 2, path)
    return path
