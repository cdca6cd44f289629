"""What a state goes on with: the same rules through any upgrade, others after a clean stop or where it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.state.folder import StateRefusedError
from cli.upgrade.check import verdict_of
from dataflows.service.preparation import LAYOUT_NAME, RECONCILED, RULES_NAME
from dataflows.service.state import open_state
from models.outages.rules_version import RULES
from models.outages.snapshot import LAYOUT
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

NOW = {"flow": "outages", "process": "0", RULES_NAME: str(RULES), LAYOUT_NAME: str(LAYOUT), "network": "n"}


def leave(folder: Path, *, clean: bool, **others: str) -> None:
    """Let another version leave a state, with something in its store."""
    state = open_state(folder, NOW | {name.replace("_", " "): value for name, value in others.items()})
    (state.recovery / "kept").touch()
    if clean:
        state.finish({"clean": True})
    state.close()


def take(folder: Path, *, reconcile: bool = False) -> tuple[dict[str, str], bool]:
    """Start this version: what the state belongs to, and whether its store was kept."""
    state = open_state(folder, NOW, reconcile=reconcile)
    try:
        return state.identity, (state.recovery / "kept").exists()
    finally:
        state.close()


@pytest.mark.parametrize("clean", [True, False])
def test_the_same_rules_go_on(tmp_path: Path, *, clean: bool) -> None:
    leave(tmp_path / "state", clean=clean)
    assert verdict_of(tmp_path / "state").name == "goes on"
    assert take(tmp_path / "state") == (NOW, True)


def test_the_same_rules_written_in_another_way_begin_anew(tmp_path: Path) -> None:
    leave(tmp_path / "state", clean=False, state_layout="0")
    assert verdict_of(tmp_path / "state").name == "anew"
    assert take(tmp_path / "state") == (NOW, False)


def test_other_rules_go_on_after_a_clean_stop(tmp_path: Path) -> None:
    leave(tmp_path / "state", clean=True, rules="0")
    assert verdict_of(tmp_path / "state").goes_on
    assert take(tmp_path / "state") == (NOW, True)


def test_other_rules_without_a_clean_stop_go_on_where_it_is_said_and_through_crashes(tmp_path: Path) -> None:
    leave(tmp_path / "state", clean=False, rules="0")
    assert verdict_of(tmp_path / "state") == (
        "after a clean stop",
        f"made by rules 0, this version has {RULES}: stop the old one with SIGTERM, or give --reconcile",
        False,
    )
    with pytest.raises(StateRefusedError, match="was made by rules 0"):
        take(tmp_path / "state")
    marked = NOW | {RECONCILED: "0"}
    assert take(tmp_path / "state", reconcile=True) == (marked, True)
    assert take(tmp_path / "state") == (marked, True)
    assert verdict_of(tmp_path / "state").name == "goes on"


def test_other_rules_do_not_excuse_another_network(tmp_path: Path) -> None:
    leave(tmp_path / "state", clean=True, rules="0", network="m")
    with pytest.raises(StateRefusedError, match="another network"):
        take(tmp_path / "state", reconcile=True)
    with pytest.raises(FaultsError, match="holds no state"):
        verdict_of(tmp_path / "nothing")
