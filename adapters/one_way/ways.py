"""The sender's end of the way: datagrams, or files in a folder that a diode takes away."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import suppress
from ipaddress import ip_address
from struct import Struct
from typing import TYPE_CHECKING, Final, Protocol

from adapters.files.whole import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.one_way.settings import OneWaySettings

log: Final = logging.getLogger("faultline")
LENGTH: Final = Struct(">I")
SUFFIX: Final = ".frames"
MOST_FILE_BYTES: Final = 4 << 20
BURST_SECONDS: Final = 0.05
"""So much of the rate may go at once."""
SAID_SECONDS: Final = 60.0


class Way(Protocol):
    """Where sealed frames go. It never raises what the other side or the network does: nothing is known of it."""

    unsent: int
    """Frames that could not leave: their numbers tell of them on the other side."""

    def send(self, data: bytes) -> None:
        """Send a frame."""

    def flush(self) -> None:
        """Send what waits to be sent together."""

    def close(self) -> None:
        """Let go of it."""


class UdpWay:
    """Datagrams, no more a second than the other side can take."""

    def __init__(self, address: tuple[str, int], frames_per_second: float) -> None:
        family = socket.AF_INET if ip_address(address[0]).version == 4 else socket.AF_INET6
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._address, self._each = address, 1 / frames_per_second
        self._free_at = self._said_at = 0.0
        self.unsent = 0

    def send(self, data: bytes) -> None:
        """Send a frame; waits where the rate is reached."""
        now = time.monotonic()
        self._free_at = max(self._free_at, now - BURST_SECONDS) + self._each
        if self._free_at > now:
            time.sleep(self._free_at - now)
        try:
            self._socket.sendto(data, self._address)
        except OSError as error:
            self.unsent += 1
            if now - self._said_at > SAID_SECONDS:
                self._said_at = now
                log.warning("one way: a frame did not leave (%s), %d so far", error.strerror, self.unsent)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class FolderWay:
    """Files of frames, each whole once it has its name. Where nobody takes them away the oldest go."""

    def __init__(self, folder: Path, epoch: int, file_seconds: float, most_files: int) -> None:
        self._folder, self._epoch, self._seconds, self._most = folder, epoch, file_seconds, most_files
        self._frames: list[bytes] = []
        self._size = self._number = 0
        self._due = self._said_at = 0.0
        self.unsent = 0

    def send(self, data: bytes) -> None:
        """Lay a frame into the next file."""
        if not self._frames:
            self._due = time.monotonic() + self._seconds
        self._frames += [LENGTH.pack(len(data)), data]
        self._size += len(data)
        if self._size > MOST_FILE_BYTES:
            self._write()

    def flush(self) -> None:
        """Write the file, if it is time."""
        if self._frames and time.monotonic() >= self._due:
            self._write()

    def close(self) -> None:
        """Write what is left."""
        if self._frames:
            self._write()

    def _write(self) -> None:
        frames, self._frames, self._size = self._frames, [], 0
        self._number += 1
        try:
            write_whole(self._folder / f"{self._epoch:015}-{self._number:010}{SUFFIX}", b"".join(frames))
            self._make_room()
        except OSError as error:
            self.unsent += len(frames) // 2
            self._say("%s: a file of frames was not written (%s)", self._folder, error.strerror)

    def _make_room(self) -> None:
        files = sorted(self._folder.glob(f"*{SUFFIX}"))
        for path in files[: max(0, len(files) - self._most)]:
            with suppress(FileNotFoundError):  # it was just taken away
                path.unlink()
                self._say("%s: nobody takes the files away; the oldest goes (%s)", self._folder, path.name)

    def _say(self, text: str, *values: object) -> None:
        if time.monotonic() - self._said_at > SAID_SECONDS or not self._said_at:
            self._said_at = time.monotonic()
            log.warning(f"one way: {text}", *values)  # noqa: G004 (the same words before each)


def make_way(settings: OneWaySettings, epoch: int) -> Way:
    """Make the way that the settings name."""
    if settings.folder is None:
        return UdpWay(settings.address(), settings.frames_per_second)
    return FolderWay(settings.folder, epoch, settings.file_seconds, settings.most_files)
