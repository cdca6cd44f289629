"""What a runbook gives to paste can be pasted: commands as they are, expressions into a real Prometheus' reader."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.main import get_command

from adapters.metrics.table import all_rows
from adapters.prometheus.declaration import Recording
from adapters.prometheus.objectives import RECORDING
from cli.commands import COMMANDS
from tests.peers.prometheus import check_rules, skip_without

RUNBOOKS = sorted((Path(__file__).parents[2] / "docs" / "runbooks").glob("Faultline*.md"))
BLOCK = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
FOR_A_TERMINAL = ("faultline ", "kubectl ", "curl ")
METRIC = re.compile(r"[a-z]*:?faultline_[a-z_]+(?::[a-z_0-9]+)?")
KNOWN = {f"{row.name}{end}" for row in all_rows() for end in ("", "_bucket", "_sum", "_count")} | {
    rule.name for rule in RECORDING.rules if isinstance(rule, Recording)
}


def commands(text: str) -> list[str]:
    """Give the calls of `faultline` in blocks and in sentences, those in a pod too."""
    pasted = [*BLOCK.findall(text), *INLINE.findall(text)]
    return [f"faultline {found[1]}" for line in pasted if (found := re.search(r"(?:^|-- )faultline (.+)", line))]


def expressions(text: str) -> list[str]:
    """Give what is for Prometheus."""
    inline = [word for word in INLINE.findall(text) if METRIC.match(word) and "{" not in word]
    return [line for line in BLOCK.findall(text) if not line.startswith(FOR_A_TERMINAL)] + inline


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_commands_are_taken_as_they_stand(page: Path) -> None:
    for command in commands(page.read_text("utf-8")):
        _, name, *words = shlex.split(re.sub(r"\bN\b", "0", command))
        # Typer keeps the classes of its commands to itself.
        found: Any = get_command(import_module(COMMANDS[name].module).app)
        while hasattr(found, "get_command") and words and not words[0].startswith("-"):
            name, *words = words
            found = found.get_command(found.make_context(name, [], resilient_parsing=True), name)
            assert found is not None, f"{command}: there is no {name}"
        if words:  # a command that is named in a sentence may do without
            found.make_context(name, words)


def test_expressions_are_taken_as_they_stand(tmp_path: Path) -> None:
    skip_without("promtool")
    found = [one for page in RUNBOOKS for one in expressions(page.read_text("utf-8"))]
    assert {name for one in found for name in METRIC.findall(re.sub(r'"[^"]*"', "", one))} <= KNOWN
    rules = [{"record": f"pasted:{number}", "expr": one} for number, one in enumerate(found)]
    check_rules(tmp_path, orjson.dumps({"groups": [{"name": "pasted", "rules": rules}]}))
