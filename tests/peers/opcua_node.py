"""An OPC UA server that others wrote: node-opcua of npm, in a process of its own, so that it can be killed."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any, ClassVar

import pytest

from scripts.kafka.ports import free_ports
from tests.peers.opcua_server import OpcUaServer
from tests.worlds.storms import HOME

SOURCE = HOME / "benchmarks" / "opcua" / "node"
FOLDER = HOME / "build" / "node-opcua"


class NodeOpcUaServer(OpcUaServer):
    """What can be told to asyncua's can be told to it too, apart from adding and removing nodes."""

    command: ClassVar[list[str]] = ["node", str(SOURCE / "server.js")]
    environment: ClassVar[dict[str, str]] = {
        "NODE_PATH": str(FOLDER / "node_modules"),
        "XDG_CONFIG_HOME": str(FOLDER / "config"),  # where it keeps the certificate that it makes once
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(free_ports(1)[0], **options)

    def start(self) -> NodeOpcUaServer:
        install()
        super().start()
        return self


def install() -> None:
    """Let npm install it once; skips the test where there is no npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    if not (FOLDER / "node_modules" / "node-opcua").is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
        packages = [f"{name}@{version}" for name, version in wanted.items()]
        options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", str(FOLDER)]
        subprocess.run(["npm", "install", *options, *packages], check=True, capture_output=True, timeout=300)
