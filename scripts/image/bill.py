"""Writes what an image holds as a CycloneDX bill of materials: `python bill.py PYTHON PYPROJECT OUTPUT`.

The packages of the environment that PYTHON belongs to are found by CycloneDX's own tool, those of the base by dpkg.
The image's build runs it with nothing but `requirements/bill.txt` installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

FORMAT: Final = "${Package}\t${Version}\t${Architecture}\t${db:Status-Status}\n"
SCHEMA: Final = SchemaVersion.V1_6


class DebianPackage(NamedTuple):
    """An installed package of the base."""

    name: str
    version: str
    architecture: str

    def component(self) -> dict[str, str]:
        """Describe it as CycloneDX does; its reference is its address."""
        purl = PackageURL("deb", "debian", self.name, self.version, {"arch": self.architecture}).to_string()
        return {"type": "library", "bom-ref": purl, "name": self.name, "version": self.version, "purl": purl}


def debian_packages() -> list[DebianPackage]:
    """List what dpkg has installed, by name; nothing where there is no dpkg."""
    if (query := shutil.which("dpkg-query")) is None:
        return []
    told = subprocess.run([query, "--show", f"--showformat={FORMAT}"], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in told.stdout.splitlines()]
    return sorted(DebianPackage(*row[:3]) for row in rows if row[3] == "installed")


def python_packages(python: Path, project: Path) -> dict[str, Any]:
    """Give the bill of an environment; the same for the same packages, whenever and wherever it is made."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--no-validate"]
    options = ["--sv", SCHEMA.to_version(), "--pyproject", str(project), "--mc-type", "application", str(python)]
    return dict(json.loads(subprocess.run([*command, *options], capture_output=True, check=True).stdout))


def write_bill(python: Path, project: Path, output: Path) -> None:
    """Write both together; raises `ValueError` where the result is no bill by CycloneDX's schema."""
    bill = python_packages(python, project)
    base = [package.component() for package in debian_packages()]
    bill["components"] += base
    bill["dependencies"] += [{"ref": component["bom-ref"]} for component in base]
    content = json.dumps(bill, indent=1, sort_keys=True)
    if fault := JsonStrictValidator(SCHEMA).validate_str(content):
        raise ValueError(f"{output} would be no bill of materials: {fault}")
    output.write_text(content, "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python bill.py PYTHON PYPROJECT OUTPUT")
    write_bill(*map(Path, sys.argv[1:]))
