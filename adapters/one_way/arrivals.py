"""The receiver's end of the way: a socket, or a folder into which a diode lays files."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Protocol

from adapters.connectors.clock import pause
from adapters.one_way.ways import LENGTH, SUFFIX
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.one_way.settings import ReceiverSettings

Numbered = tuple[int, int]
"""Epoch and number of a frame."""
Take = Callable[[bytes], Numbered]
"""Takes a frame; gives the last that it names, or none that has ever been."""
log: Final = logging.getLogger("faultline")
BUFFER_BYTES: Final = 8 << 20
"""Asked for; the system may give less (net.core.rmem_max)."""
LOOK_SECONDS: Final = 0.2
FILES_AT_ONCE: Final = 20
DAMAGED: Final = ".damaged"
GROWING_SECONDS: Final = 10.0
"""A file that is cut short and has not grown for so long is damaged; before, it may still be on its way."""


class Arrivals(Protocol):
    """Where sealed frames come from."""

    name: str

    async def run(self, take: Take, stop: asyncio.Event) -> None:
        """Give what comes until it is told to stop."""

    def kept(self, place: Numbered) -> None:
        """All frames up to this one are on Kafka."""


class UdpArrivals(asyncio.DatagramProtocol):
    """A socket, bound when it is made. Raises `FaultsError` where that cannot be."""

    def __init__(self, address: tuple[str, int]) -> None:
        family = socket.AF_INET if ip_address(address[0]).version == 4 else socket.AF_INET6
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._take: Take = lambda _data: (0, 0)
        try:
            self._socket.bind(address)
        except OSError as error:
            raise FaultsError([f"udp {address[0]}:{address[1]}: {error.strerror}; give another address"]) from error
        host, port = self._socket.getsockname()[:2]
        self.name = f"udp://{host}:{port}"

    async def run(self, take: Take, stop: asyncio.Event) -> None:
        """Give datagrams until it is told to stop."""
        self._take = take
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)
        await stop.wait()
        transport.close()

    def datagram_received(self, data: bytes, _address: object) -> None:
        """Give one on."""
        self._take(data)

    def kept(self, place: Numbered) -> None:
        """Nothing of it lies here."""


class FolderArrivals:
    """Files, by name; they go when what they held is on Kafka."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.name = folder, str(folder)
        self._read: dict[Path, Numbered] = {}
        self.growing: dict[Path, tuple[int, float]] = {}
        """Files that are cut short: their size, and since when it is so."""

    async def run(self, take: Take, stop: asyncio.Event) -> None:
        """Give frames of files until it is told to stop."""
        while not stop.is_set():
            files = [path for path in sorted(self._folder.glob(f"*{SUFFIX}")) if path not in self._read]
            for path in files[:FILES_AT_ONCE]:
                self._give(path, take)
            await pause(stop, LOOK_SECONDS if len(files) < FILES_AT_ONCE else 0)

    def kept(self, place: Numbered) -> None:
        """Remove the files that hold nothing after it."""
        for path in [path for path, last in self._read.items() if last <= place]:
            path.unlink(missing_ok=True)
            del self._read[path]

    def _give(self, path: Path, take: Take) -> None:
        content = path.read_bytes()
        frames, whole = _frames(content)
        if not whole and self._may_grow(path, len(content)):
            return
        last = max(map(take, frames), default=(0, 0))
        if whole:
            self._read[path] = last
            self.growing.pop(path, None)
            return
        log.warning("%s: is cut short; it is kept as %s%s", path, path.name, DAMAGED)
        path.rename(path.with_name(path.name + DAMAGED))

    def _may_grow(self, path: Path, size: int) -> bool:
        known, since = self.growing.pop(path, (-1, time.monotonic()))
        if known == size and time.monotonic() - since >= GROWING_SECONDS:
            return False
        self.growing[path] = size, since if known == size else time.monotonic()
        return True


def _frames(content: bytes) -> tuple[list[bytes], bool]:
    """Part a file into its frames, and say whether it ends with the last of them."""
    frames, place = [], 0
    while place + LENGTH.size <= len(content):
        (length,) = LENGTH.unpack_from(content, place)
        if place + LENGTH.size + length > len(content):
            break
        place += LENGTH.size + length
        frames.append(content[place - length : place])
    return frames, place == len(content)


def make_arrivals(settings: ReceiverSettings) -> Arrivals:
    """Make the end that the settings name. Raises `FaultsError`."""
    return UdpArrivals(settings.address()) if settings.folder is None else FolderArrivals(settings.folder)
