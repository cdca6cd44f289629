"""While a flow does not read yet, the line of a live storm says what it does instead."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.process.child import ChildProcess
from cli.live.live import doing
from cli.live.status import LiveStatus
from tests.peers.kafka import eventually


@pytest.mark.parametrize(
    ("said", "begun", "told"),
    [
        ("", False, "ingest starts"),
        ("compiling, 3 of 77 loops so far (5 s)", False, "ingest is compiling"),
        ("compiled in 60 s", False, "ingest starts"),
        ("compiled in 60 s", True, ""),
        ("compiling join_points, which the warm-up has not met", True, "ingest is compiling"),
        ("x" * 100_000 + "\ncompiled join_points", True, ""),
    ],
)
def test_the_last_line_says_what_a_flow_does(tmp_path: Path, said: str, begun: bool, told: str) -> None:
    watch: Any = SimpleNamespace(begun=begun)
    code = "import sys; print('at first', sys.argv[1], sep='\\n', end='')"
    with ChildProcess("ingest", code, [said], os.environ, tmp_path / "ingest.log") as child:
        eventually(lambda: child.ended() == 0)
        assert doing(child, watch) == told


def test_it_stands_in_the_line_and_in_the_table() -> None:
    status = LiveStatus(records=7)
    status.fed(0, 7, [7, 0])
    assert status.line() == "7 records fed, behind 7 and 0, 0 outages open, 0 customers out"
    status.waiting = ["ingest is compiling", "outages starts"]
    assert status.line().startswith("ingest is compiling, outages starts; 7 records fed, behind 7")
    assert status.rows()[0] == ("waiting", "ingest is compiling, outages starts")
