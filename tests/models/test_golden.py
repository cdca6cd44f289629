"""What both flows make of the golden storm, word for word; `make golden` writes anew what is meant to change."""

from __future__ import annotations

from difflib import unified_diff
from itertools import islice

import pytest

from models.contracts.outputs.outage import FINAL_STATUSES
from models.outages.state.outage import PROGRESS
from tests.worlds.golden import make_golden, read_golden

COMMITTED = read_golden()


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return make_golden()


def test_there_is_a_text_for_each_topic(made: dict[str, str]) -> None:
    assert sorted(made) == sorted(COMMITTED)


@pytest.mark.parametrize("name", COMMITTED)
def test_nothing_has_changed(made: dict[str, str], name: str) -> None:
    committed, now = COMMITTED[name].splitlines(), made[name].splitlines()
    difference = list(islice(unified_diff(committed, now, "committed", "now", lineterm=""), 40))
    assert not difference, "\n".join([f"{name}: if that is meant, run make golden", *difference])


def test_much_of_the_life_cycle_is_in_it() -> None:
    said = set(COMMITTED["outage.lifecycle.events.v1.txt"].splitlines())
    assert {f"  status: {status}" for status in {*PROGRESS, *FINAL_STATUSES} - {"suspected"}} <= said
    assert {"  basis: confirmed", "  basis: inferred"} <= set(
        COMMITTED["outage.restoration.events.v1.txt"].splitlines()
    )
    reasons = {"malformed", "schema", "unknown-usage-point", "unknown-device", "unknown-outage"}
    letters = "".join(text for name, text in COMMITTED.items() if name.endswith(".dlq.txt"))
    assert all(f" {reason}: " in letters for reason in reasons)
