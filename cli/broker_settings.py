"""Which broker the commands talk to."""

from __future__ import annotations

import os
from typing import Final

from models.refusal import FaultsError

VARIABLE: Final = "FAULTLINE_KAFKA"


def client_settings() -> dict[str, object]:
    """Give the settings of every client. Raises `FaultsError` where no broker is named."""
    bootstrap = os.environ.get(VARIABLE, "").strip()
    if not bootstrap:
        raise FaultsError([f"no broker is named: set {VARIABLE} to its bootstrap servers, as in 127.0.0.1:9092"])
    return {"bootstrap.servers": bootstrap}
