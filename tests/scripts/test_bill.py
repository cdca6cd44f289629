"""The image's bill of materials: all that is installed is in it, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

HOME = Path(__file__).parents[2]
STATUS = Path("/var/lib/dpkg/status")


def of_debian(status: str) -> set[str]:
    """What dpkg's own file says is installed."""
    stanzas = [dict(re.findall(r"^(\w+): (.*)$", stanza, re.MULTILINE)) for stanza in status.split("\n\n")]
    installed = [one for one in stanzas if one.get("Status", "").endswith(" installed")]
    return {f"{one['Package']} {one['Version']} {one['Architecture']}" for one in installed}


def in_bill(bill: Path, kind: str) -> list[tuple[str, str, str]]:
    """Name, version and address of the components of a kind."""
    components = json.loads(bill.read_text())["components"]
    return [
        (one["name"], one["version"], one["purl"])
        for one in components
        if one.get("purl", "").startswith(f"pkg:{kind}/")
    ]


def test_a_bill_has_all_that_is_installed(tmp_path: Path) -> None:
    bill = tmp_path / "bill.cdx.json"
    command = [sys.executable, HOME / "scripts/image/bill.py", sys.executable, HOME / "pyproject.toml", bill]
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    document = json.loads(bill.read_text())
    assert (document["bomFormat"], document["metadata"]["component"]["name"]) == ("CycloneDX", "faultline")
    assert not {"serialNumber", "timestamp"} & (document.keys() | document["metadata"].keys())
    here = {(one.name, one.version) for one in distributions() if one.name != "faultline"}
    assert {(name, version) for name, version, _ in in_bill(bill, "pypi")} == here
    debian = {f"{name} {version} {purl.rpartition('arch=')[2]}" for name, version, purl in in_bill(bill, "deb")}
    assert debian == (of_debian(STATUS.read_text()) if STATUS.exists() else set())
