"""A network namespace of its own for a server, and the cable to it: pulled out, packets vanish and nobody is told."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from typing import Final

import pytest

HERE: Final = "169.254.213.1"
"""Link-local: nothing outside this machine has a way to it."""
THERE: Final = "169.254.213.2"


class Cable:
    """Between this process and a namespace; ends with `close`. Skips the test where it may not be made."""

    def __init__(self) -> None:
        self.name = f"fl{secrets.token_hex(4)}"
        if shutil.which("ip") is None or self._run("ip", "netns", "add", self.name):
            pytest.skip("needs ip and the right to make a network namespace")
        self.inside = ["ip", "netns", "exec", self.name]
        """What goes before a command that shall run there."""
        self._do("ip", "link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        self._do("ip", "addr", "add", f"{HERE}/30", "dev", self.name)
        self._do("ip", "link", "set", self.name, "up")
        self._do(*self.inside, "ip", "addr", "add", f"{THERE}/30", "dev", "eth0")
        self.mend()

    def cut(self) -> None:
        """Pull it out at the other end."""
        self._do(*self.inside, "ip", "link", "set", "eth0", "down")

    def mend(self) -> None:
        self._do(*self.inside, "ip", "link", "set", "eth0", "up")

    def close(self) -> None:
        """Take away the namespace, which no process may be in any more, and the cable with it."""
        self._run("ip", "netns", "del", self.name)

    def _do(self, *command: str) -> None:
        assert self._run(*command) == 0, command

    def _run(self, *command: str) -> int:
        return subprocess.run(command, check=False, capture_output=True).returncode
