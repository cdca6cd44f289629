"""A container of the image, run by runc as a pod's would be: read-only root, no capabilities, a user without a name."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from tests.peers.kafka import eventually

_GONE = ("cgroup",)
_OPTIONS = ["nosuid", "nodev", "uid=10001", "gid=10001", "mode=0755"]
_IN_MEMORY = [
    {"destination": place, "type": "tmpfs", "source": "tmpfs", "options": _OPTIONS}
    for place in ("/tmp", "/var/lib/faultline")  # noqa: S108 (the container's)
]


def unpack(image: Path, folder: Path) -> Path:
    """Lay out what an image holds; returns the bundle."""
    bundle = folder / "bundle"
    subprocess.run(["umoci", "unpack", "--image", f"{image}:latest", str(bundle)], check=True, capture_output=True)
    return bundle


class Container:
    """One container: its log, and what the kernel knows of its first process."""

    def __init__(self, name: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.name, self.process, self.log = name, process, folder / f"{name}.log"
        self._runc = ["runc", "--root", str(folder / "runc")]

    def status(self) -> dict[str, str]:
        """Give /proc/PID/status of the first process."""
        state = subprocess.run([*self._runc, "state", self.name], check=True, capture_output=True).stdout
        lines = Path("/proc", str(orjson.loads(state)["pid"]), "status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._runc, "exec", self.name, *command], capture_output=True, text=True, timeout=60, check=False
        )

    def signal(self, name: str) -> None:
        subprocess.run([*self._runc, "kill", self.name, name], check=False, capture_output=True)

    def told(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def container(
    bundle: Path,
    folder: Path,
    command: Sequence[str],
    variables: Mapping[str, str],
    binds: Mapping[Path, str],
    written: Mapping[Path, str] | None = None,
    hostname: str = "faultline",
) -> Iterator[Container]:
    """Run a command of the image on this machine's network, with folders of ours that it can only read.

    It writes to those of `written`; without any, to two of its own in memory.
    """
    name = f"faultline-{secrets.token_hex(4)}"
    config = orjson.loads((bundle / "config.json").read_bytes())
    config["root"] = {"path": str(bundle / "rootfs"), "readonly": True}
    _restrict(config, command, variables)
    config["hostname"] = hostname
    config["mounts"] += [_bind(outside, inside, "ro") for outside, inside in binds.items()]
    config["mounts"] += _IN_MEMORY if written is None else [_bind(*one, "rw") for one in written.items()]
    own = folder / name
    own.mkdir()
    (own / "config.json").write_bytes(orjson.dumps(config))
    run = ["runc", "--root", str(folder / "runc"), "run", "--bundle", str(own), name]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(run, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        made = Container(name, folder, process)
        try:
            yield made
        finally:
            made.signal("KILL")
            eventually(lambda: process.poll() is not None)


def _bind(outside: Path, inside: str, access: str) -> dict[str, Any]:
    options = ["rbind", access, "nosuid", "nodev"]
    return {"destination": inside, "type": "bind", "source": str(outside), "options": options}


def _restrict(config: dict[str, Any], command: Sequence[str], variables: Mapping[str, str]) -> None:
    process = config["process"]
    process["terminal"] = False
    process["args"] = list(command)
    process["env"] += [f"{name}={value}" for name, value in variables.items()]
    process["noNewPrivileges"] = True
    process["capabilities"] = {kind: [] for kind in ("bounding", "effective", "permitted", "inheritable", "ambient")}
    config["mounts"] = [one for one in config["mounts"] if one["type"] not in _GONE]
    linux = config["linux"]
    linux.pop("cgroupsPath", None)
    linux.pop("resources", None)
    linux["namespaces"] = [one for one in linux["namespaces"] if one["type"] not in {"network", "cgroup"}]
