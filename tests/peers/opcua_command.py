"""`faultline connect opcua` as a process, with a network and a mapping of a test's own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from models.contracts.topics import SCADA_EVENTS
from tests.peers.commands import Operator
from tests.peers.embedded import read_back
from tests.peers.kafka import eventually
from tests.peers.opcua_server import node_id


def make_network(folder: Path, devices: Iterable[str]) -> Path:
    """Write the tables of a source, breakers of these names and a transformer."""
    folder.mkdir()
    head = "device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude"
    rows = ["source,source,,,north,0,0", *(f"{name},breaker,source,f,north,0,0" for name in devices)]
    rows += ["transformer,transformer,source,f,north,0,0"]
    (folder / "devices.csv").write_text("\n".join([head, *rows]))
    points = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude\np1,m1,transformer,1,0,0\n"
    (folder / "usage_points.csv").write_text(points)
    return folder


class Connector:
    """The settings of a connector, and its process."""

    def __init__(
        self,
        folder: Path,
        url: str,
        operator: Operator,
        devices: Mapping[str, str],
        command: str = "opcua",
        stale_seconds: float = 20,
    ) -> None:
        """`devices` are named by the server's nodes."""
        folder.mkdir(exist_ok=True)
        self._command = command
        self.operator, self.folder = operator, folder
        network = make_network(folder / "network", devices.values())
        self.mapping, self.config = folder / "points.csv", folder / "north.toml"
        rows = [f"ems,{node_id(name)},{device},position" for name, device in devices.items()]
        self.mapping.write_text("\n".join(["endpoint,node_id,device_id,kind", *rows]))
        quick = "publishing_seconds = 0.05\nprobe_seconds = 0.2\nretry_seconds = 0.5\ntimeout_seconds = 20\n"
        self.config.write_text(
            f'connector = "north"\nnetwork = "{network}"\nmapping = "{self.mapping}"\nstate = "{folder / "state"}"\n'
            f'listen = "127.0.0.1:0"\nheartbeat_seconds = 1\ncheckpoint_seconds = 0.1\n'
            f"stale_seconds = {stale_seconds}\n"
            f'[[endpoints]]\nname = "ems"\nurls = ["{url}"]\nsecurity_policy = "None"\nsecurity_mode = "None"\n{quick}'
        )
        self.log: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it says where it answers."""
        process = self._process = self.operator.start("connect", self._command, "--config", self.config)
        self.url = ""
        Thread(target=self._follow, args=(process,), daemon=True).start()
        eventually(lambda: bool(self.url) or process.poll() is not None)
        assert self.url, "".join(self.log)

    def end(self, number: int) -> int:
        """Send a signal, and wait for the end; returns the code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(240)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        assert process.stdout is not None
        with process.stdout, process.stderr:
            for line in process.stderr:
                self.log.append(line)
                if "http://" in line:
                    self.url = line.split()[-1]

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(self.url + path) as answer:  # noqa: S310 (our own port)
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


def records(operator: Operator, stem: str) -> list[dict[str, Any]]:
    found = [one for part in range(2) for one in read_back(operator.client, operator.prefix + stem, part)]
    return [json.loads(one.value or b"") for one in found]


def events(operator: Operator, kind: str) -> list[dict[str, Any]]:
    return [one for one in records(operator, SCADA_EVENTS) if one["kind"] == kind]
