"""An OPC UA server that others wrote: Eclipse Milo of Maven, in a process of its own, without a refresh of alarms."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest

from adapters.process.user_cache import user_cache
from scripts.kafka.jars import java, locked
from scripts.kafka.ports import free_ports
from tests.peers.opcua_server import OpcUaServer

SOURCE = Path(__file__).with_name("milo")
MAIN = "MiloServer"
COMPILER = "org.eclipse.jdt.internal.compiler.batch.Main"


class MiloServer(OpcUaServer):
    """It can be told to set values and to raise alarms."""

    command: ClassVar[list[str]] = []

    def __init__(self, **options: Any) -> None:
        super().__init__(free_ports(1)[0], **options)

    def start(self) -> MiloServer:
        folder = install()
        quick = ("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m")
        self.command = [java(), *quick, "-cp", f"{folder / 'classes'}:{folder / 'jars'}/*", MAIN]  # type: ignore[misc] # its own
        super().start()
        return self


@cache
def install() -> Path:
    """Let Maven fetch it, and compile our server, once; skips the test where there is no Maven or no Java."""
    made_of = blake2b(digest_size=4)
    for name in ("pom.xml", f"{MAIN}.java"):
        made_of.update((SOURCE / name).read_bytes())
    folder = user_cache() / "milo" / made_of.hexdigest()
    if shutil.which("mvn") is None or shutil.which(java()) is None:
        pytest.skip("needs mvn and java")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent / ".lock"):
        if not folder.exists():
            with TemporaryDirectory(dir=folder.parent) as incomplete:
                _make(Path(incomplete) / "all")
                (Path(incomplete) / "all").rename(folder)
    return folder


def _make(folder: Path) -> None:
    jars = folder / "jars"
    _run("mvn", "-q", "-B", "-f", SOURCE / "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={jars}")
    path = ":".join(map(str, jars.glob("*.jar")))
    _run(
        java(), "-cp", path, COMPILER, "-17", "-nowarn", "-cp", path, "-d", folder / "classes", SOURCE / f"{MAIN}.java"
    )


def _run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=600)
