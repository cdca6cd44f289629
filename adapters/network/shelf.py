"""Compiled networks by version: in a folder, in one file that is replaced, or from tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.network.compiled_file import load_artefact, read_version
from adapters.network.load import load_network
from adapters.tables.layout import find_tables
from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from pathlib import Path

    from models.network.network import Network


def find_networks(path: Path) -> Network:
    """Give the latest version of those that a path has. Raises `NetworkFaults` where there is none."""
    return max(NetworkShelf(path).all(), key=lambda one: len(one.point_position) + len(one.device_position))


class NetworkShelf:
    """What `--network` names: a compiled file, a folder of such files, or a folder of tables."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._loaded: dict[str, Network] = {}

    def all(self) -> list[Network]:
        """Give all versions that are there. Raises `NetworkFaults` where there is none."""
        first = self.first()
        return [self.find(version) or first for version in self.versions()] or [first]

    def find(self, version: str) -> Network | None:
        """Give a version; None while it is not there. What is there is looked at anew each time."""
        if version not in self._loaded:
            file = next((file for file in self._files() if read_version(file) == version), None)
            if file is not None:
                self._loaded[version] = load_artefact(file)
        return self._loaded.get(version)

    def put(self, network: Network) -> None:
        """Have a version at hand that lies elsewhere."""
        self._loaded[network.version] = network

    def versions(self) -> list[str]:
        """The versions that are there, in the order of the files' names."""
        if self._is_tables():
            network = load_network(self.path)
            self._loaded[network.version] = network
            return [network.version]
        return [version for file in self._files() if (version := read_version(file)) is not None]

    def first(self) -> Network:
        """Give any version: all of one log agree about partitions. Raises `NetworkFaults` where there is none."""
        versions = [] if self._is_tables() or not self.path.is_dir() else self.versions()
        network = self.find(versions[0]) if versions else load_network(self.path)
        assert network is not None  # noqa: S101  it has just been seen
        self._loaded[network.version] = network
        return network

    def _files(self) -> list[Path]:
        if self.path.is_dir():
            return sorted(file for file in self.path.iterdir() if file.is_file())
        return [self.path] if self.path.exists() else []

    def _is_tables(self) -> bool:
        if not self.path.is_dir():
            return False
        try:
            return bool(find_tables(self.path))
        except NetworkFaults:
            return False
