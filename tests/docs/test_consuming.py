"""What docs/consuming.md tells readers of the outputs holds, and its example counts what the life cycle says."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from cli.replay.command import replay_files
from dataflows.replay.settings import ReplaySettings
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_STATE
from tests.worlds.storms import CKT5, HOME

if TYPE_CHECKING:
    from pathlib import Path

PAGE = HOME / "docs" / "consuming.md"
OPEN = ["detected", "confirmed", "partially_restored"]
CORRECTED = {"restored", "momentary"}
ENDED = {"repaired", "merged", "cancelled"}


@pytest.fixture(scope="module")
def output(storm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("consumed")
    replay_files(ReplaySettings(CKT5, storm, folder))
    return folder


def lines(output: Path, topic: str) -> list[str]:
    return (output / f"{topic}.jsonl").read_text("utf-8").splitlines()


def test_the_example_counts_what_each_outage_has_not_restored(output: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 (the page's own example)
    state, largest = lines(output, OUTAGE_STATE), 0
    for end in range(0, len(state) + 1, 17):
        expected: Counter[str] = Counter()
        for record in {json.loads(line)["outage_id"]: json.loads(line) for line in state[:end]}.values():
            if record.get("status") in OPEN:
                gone = record["customers_restored"] + record["customers_transferred"]
                expected[record["zone_id"]] += record["customers_affected"] - gone
        assert names["customers_out"](state[:end]) == expected
        largest = max(largest, expected.total())
    assert largest > 100
    repeated = [line for line in state for _ in range(2)]
    assert names["customers_out"](repeated) == names["customers_out"](state)


def test_revisions_follow_each_other_as_the_page_says(output: Path) -> None:
    outages: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in map(json.loads, lines(output, OUTAGE_LIFECYCLE)):
        outages[record["outage_id"]].append(record)
    for revisions in outages.values():
        assert [record["revision"] for record in revisions] == list(range(1, len(revisions) + 1))
        for before, after in pairwise(record["status"] for record in revisions):
            assert before not in ENDED
            assert after == before if before in CORRECTED else after not in OPEN[: OPEN.index(before)]
    assert {revisions[-1]["status"] for revisions in outages.values()} > CORRECTED
