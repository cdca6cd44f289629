"""Versions of a small town's network released while both flows run, and what that comes to over files."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import orjson

from tests.chaos.outputs import assert_never_back, assert_offline_gives, read_output
from tests.chaos.processes import environment, run
from tests.worlds.storms import COMMAND, HOME, OUTAGE_FILES
from tests.worlds.town_releases import BACK_AT, RELEASED_AT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.outputs import Output
    from tests.chaos.processes import Flow
    from tests.chaos.stage import Stage


def bring(stage: Stage, everything: Path, name: str) -> None:
    """Put a file where the flows look."""
    (stage.network / f"{name}.network").write_bytes((everything / f"{name}.network").read_bytes())


def order(stage: Stage, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that may be refused."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=HOME,
        env=environment(stage.broker, {"topic_prefix": stage.prefix}),
        capture_output=True,
        text=True,
        check=False,
    )


def taken_up(ingest: Flow) -> list[str]:
    """What an ingest process says of versions that it has taken up."""
    return [line for line in ingest.said() if "is in force from log time" in line]


def in_files(stage: Stage, everything: Path, folder: Path) -> dict[str, list[bytes]]:
    """The same storm and release over files."""
    versions = ((RELEASED_AT, "town-2"), (BACK_AT, "town-3"))
    releases = [part for at, name in versions for part in ("--release", f"{at}={everything / name}.network")]
    storm = everything.with_name("storm")
    options = ("--network", everything / "town-1.network", "--input", storm, "--output", folder)
    run("", "replay", *options, "--model", stage.settings["model"], *releases)
    return {name: (folder / name).read_bytes().splitlines() for name in OUTAGE_FILES}


def finish(stage: Stage, everything: Path, folder: Path) -> Output:
    """Play the storm to its end; what came of it is what files and the log offline give."""
    stage.finish()
    output = read_output(stage)
    assert_never_back(stage)
    assert_as_in_files(stage, output, everything, folder / "files")
    assert_offline_gives(stage, output, folder / "offline")
    return output


def assert_as_in_files(stage: Stage, output: Output, everything: Path, folder: Path) -> None:
    for name, lines in in_files(stage, everything, folder).items():
        for one, other in zip(output.values(name.removesuffix(".jsonl")), lines, strict=True):
            assert orjson.loads(one or b"") == orjson.loads(other)
