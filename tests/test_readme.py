"""The README works as it is pasted: its commands exist, those over files run, and in the long form all of them do."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds.storms import HOME

README = HOME / "README.md"
WHOLE = os.environ.get("FAULTLINE_README") == "whole"
# A group of many tests begins early: the long one among them would be the last of a run, beside an idle worker.
pytestmark = pytest.mark.xdist_group("readme")
COMMAND = re.compile(r"\.venv/bin/faultline ([^#;&|<>]*)")


def blocks() -> list[list[str]]:
    """Give the lines of each block of commands."""
    found: list[list[str]] = [[]]
    for line in README.read_text().splitlines():
        if line.startswith("    "):
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def commands() -> list[list[str]]:
    """Give the words of each call of the command."""
    return [shlex.split(call) for block in blocks() for line in block for call in COMMAND.findall(line)]


def paste(folder: Path, lines: list[str], seconds: float) -> str:
    """Paste lines into a shell that stops at the first that does not end well; what they print."""
    script = "\n".join(["set -em", *lines])
    own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=own, capture_output=True, text=True, check=False, timeout=seconds
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_command_and_option_exists(words: list[str]) -> None:
    named = list(words[: next((n for n, word in enumerate(words) if word.startswith("-")), len(words))])
    call = [sys.executable, "-c", "from cli.main import main; main()", *named, "--help"]
    wide = os.environ | {"COLUMNS": "200"}
    helped = subprocess.run(call, cwd=HOME, env=wide, capture_output=True, text=True, check=False)
    assert helped.returncode == 0, helped.stderr
    assert [word for word in words if word.startswith("--") and word not in helped.stdout] == []


def test_the_blocks_over_files_work_as_pasted(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "faultline").symlink_to(Path(sys.executable).with_name("faultline"))
    make, find = (next(block for block in blocks() if words in block[0]) for words in ("generate", "check"))
    said = paste(tmp_path, [*make, *find], 1200)
    assert "no faults in" in said
    assert re.search(r"^outages: [1-9]", said, re.MULTILINE)
    assert re.search(r"devices +│ [1-9]", said)
    lifecycle = tmp_path / "out" / "outage.lifecycle.events.v1.jsonl"
    assert f"out/{lifecycle.name}" in README.read_text()
    assert lifecycle.stat().st_size > 0


if WHOLE:  # `make readme`: it takes longer than all other tests together

    def test_all_of_it_works_on_a_clean_clone(tmp_path: Path) -> None:
        subprocess.run(["git", "clone", "--quiet", HOME, tmp_path / "clone"], check=True)
        said = paste(tmp_path / "clone", [line for block in blocks() for line in block], 7200)
        assert "demo/index.html: open it in a browser" in said
        assert '"status":"ready"' in said
