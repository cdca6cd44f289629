"""By which names an HTTP port may be asked.

A page from elsewhere can lead a browser here by a name of its own (DNS rebinding); the `Host` that the browser then
sends gives it away.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY: Final = "*"


class KnownHosts:
    """The names that are known: any address, `localhost`, this machine's name, and what is allowed besides."""

    def __init__(self, allowed: str = "") -> None:
        """Allow names with commas between, each as a client sends it without the port; `*` is any."""
        names = {name.strip().rstrip(".").casefold() for name in allowed.split(",")}
        self._names = {"localhost", socket.gethostname().casefold(), *names} - {""}

    def know(self, hosts: Sequence[str]) -> bool:
        """Whether a request with these `Host` headers is meant for this port. One without any comes from no browser."""
        if ANY in self._names or not hosts:
            return True
        name, _, port = hosts[0].strip().rpartition(":")
        if not name or not port.isdigit():
            name = hosts[0].strip()
        return len(hosts) == 1 and (name.rstrip(".").casefold() in self._names or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
