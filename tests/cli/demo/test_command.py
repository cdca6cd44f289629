"""The demo's page says what the files beside it say."""

import json
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.csv
import pytest
from rich.console import Console

from cli.demo.run import run_demo
from cli.live.town import Plan
from models.times.iso8601 import parse_time

pytestmark = pytest.mark.xdist_group("demo")
"""The storm is lived through once for all."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    plan = Plan(seed=4, usage_points=2_400, extent=(-97.3, 37.7, -97.26, 37.73), peak_customers=1_500)
    with (folder / "told.txt").open("w") as told:
        run_demo(folder, plan, Console(file=told, width=120))
    return folder


@pytest.fixture(scope="module")
def data(demo: Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', (demo / "index.html").read_text(encoding="utf-8"))
    assert found
    embedded: dict[str, Any] = json.loads(found[1])
    return embedded


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_revision_is_on_the_page(demo: Path, data: dict[str, Any]) -> None:
    told = defaultdict(list)
    for record in lines(demo / "outages" / "outage.lifecycle.events.v1.jsonl"):
        at = (parse_time(record["updated_at"]) - data["starts"]) // 1000
        told[record["outage_id"]].append(
            (at, record["customers_out"], record["customers_affected"], record["status"], record["device_id"])
        )
    shown = {
        outage["id"]: [
            (at, out, affected, data["statuses"][status], data["names"][name])
            for at, _, out, affected, status, _, name in outage["revisions"]
        ]
        for outage in data["outages"]
    }
    assert shown == told
    assert len(shown) > 10


def test_the_curves_are_those_of_the_files(demo: Path, data: dict[str, Any]) -> None:
    out_of: dict[str, int] = {}
    changes = [
        (parse_time(record["updated_at"]), record["outage_id"], record["customers_out"])
        for record in lines(demo / "outages" / "outage.lifecycle.events.v1.jsonl")
    ]
    customers = {
        row["usage_point_id"]: row["customers"]
        for row in pyarrow.csv.read_csv(demo / "town" / "usage_points.csv").to_pylist()
    }
    as_text = pyarrow.csv.ConvertOptions(column_types={"out_at": "string", "back_at": "string"})
    interruptions = [
        (parse_time(row["out_at"]), parse_time(row["back_at"]), customers[row["usage_point_id"]])
        for row in pyarrow.csv.read_csv(
            demo / "storm" / "truth" / "interruptions.csv", convert_options=as_text
        ).to_pylist()
    ]
    for place, (live, truth) in enumerate(zip(data["curves"]["live"], data["curves"]["truth"], strict=True)):
        at = data["starts"] + place * data["curves"]["seconds"] * 1000
        if place % 20:
            continue
        out_of |= {outage: out for told_at, outage, out in changes if told_at <= at}
        assert live == sum(out_of.values())
        assert truth == sum(count for out_at, back_at, count in interruptions if out_at <= at < back_at)
    assert max(data["curves"]["truth"]) > 1_000


def test_the_storm_and_the_score_are_told(demo: Path) -> None:
    told = (demo / "told.txt").read_text()
    assert "customers restored" in told
    assert "F1" in told
    assert "index.html" in told


CHROMIUM = shutil.which("chromium")


@pytest.mark.skipif(not CHROMIUM, reason="needs chromium to open the page")
def test_a_browser_draws_the_page(demo: Path, data: dict[str, Any], tmp_path: Path) -> None:
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    page = (demo / "index.html").as_uri() + "#t=1200"
    shown = subprocess.run(
        [str(CHROMIUM), *options, f"--user-data-dir={tmp_path}", "--virtual-time-budget=2000", "--dump-dom", page],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    ).stdout
    out = data["curves"]["live"][round(1200 / data["curves"]["seconds"])]
    assert f'<b id="out">{out:,}</b>' in shown
