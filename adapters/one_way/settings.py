"""The settings of a way that leads out only: of who sends, and of who receives."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.connectors.settings import FrameSettings
from adapters.one_way.keys import read_key
from models.one_way.frames import OVERHEAD

LEAST_PAYLOAD: Final = 200


class WaySettings(BaseModel):
    """What both sides are told: the way is UDP, or a folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    udp: str | None = Field(None, description="Address and port, 127.0.0.1:4850 by default: where to, or where at.")
    folder: Path | None = Field(None, description="In place of udp: folder of the files, on either side of the diode.")

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if self.udp is not None and self.folder is not None:
            raise ValueError("udp and folder are both given; there is one way")
        self.address()
        return self

    def address(self) -> tuple[str, int]:
        """Give the address and the port of UDP."""
        host, _, port = (self.udp or "127.0.0.1:4850").rpartition(":")
        host = host.strip("[]")
        if not port.isdecimal() or not 0 <= int(port) <= 65_535:
            raise ValueError("udp is no address and port, such as 127.0.0.1:4850")
        ip_address(host)  # a name would need a resolver, and with it a way back
        return host, int(port)


class OneWaySettings(WaySettings):
    """The table `one_way` in the file of a connector that `faultline connect send` runs."""

    key_file: Path = Field(description="File of the key that frames are sealed with, 32 bytes or more.")
    copies: int = Field(3, ge=1, le=20, description="How often each frame is sent in all.")
    copy_seconds: float = Field(0.5, gt=0, le=3600, description="Time between copies of a frame.")
    heartbeat_seconds: float = Field(1.0, gt=0, description="Time between heartbeats of the way.")
    full_state_seconds: float = Field(120.0, gt=0, description="Time between full states of all devices.")
    frame_bytes: int = Field(
        1400,
        ge=OVERHEAD + LEAST_PAYLOAD,
        le=60_000,
        description="Size of a frame at the most; one that fits into a packet of the network is best.",
    )
    frames_per_second: float = Field(2000.0, gt=0, description="Frames a second at the most, copies counted.")
    file_seconds: float = Field(1.0, gt=0, description="With folder, time between files.")
    most_files: int = Field(
        10_000, ge=1, description="With folder, files that may lie there; with more the oldest go, and are told."
    )


class ReceiverSettings(FrameSettings, WaySettings):
    """The TOML file of `faultline connect receive`."""

    sender: str = Field(description="Name of the connector that sends; frames of others are refused.")
    key_files: list[Path] = Field(min_length=1, description="Files of the keys that are accepted.")
    window_seconds: float = Field(
        5.0, gt=0, description="How long a frame that is missing is waited for; longer than its copies take."
    )


def key_faults(paths: list[Path]) -> list[str]:
    """Say which files hold no key."""
    faults = []
    for path in paths:
        try:
            read_key(path)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            faults.append(f"key {path}: {why}; make one with `openssl rand -hex 32`, the same on both sides")
    return faults


def folder_faults(settings: WaySettings) -> list[str]:
    """Say what is wrong with the folder of the files."""
    if settings.folder is None or (settings.folder.is_dir() and os.access(settings.folder, os.R_OK | os.W_OK)):
        return []
    return [f"folder {settings.folder}: is none that can be read and written; make it, or check the path"]
