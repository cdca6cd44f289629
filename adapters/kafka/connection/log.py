"""Where Kafka's clients say what happens to them."""

from __future__ import annotations

import logging
import re
from time import monotonic
from typing import Final

QUIET_SECONDS: Final = 60.0
_PASSING = re.compile(r"\(after \d+ms|\d+ identical error")


class OnceAMinute(logging.Filter):
    """Lets a message pass once a minute: a client says several times a second that its broker is away."""

    def __init__(self) -> None:
        super().__init__()
        self._logged_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the message was not said in the last minute, apart from how long it took."""
        now = monotonic()
        self._logged_at = {message: then for message, then in self._logged_at.items() if now - then < QUIET_SECONDS}
        message = _PASSING.sub("", record.getMessage())
        return self._logged_at.setdefault(message, now) == now


CLIENT_LOG: Final = logging.getLogger("faultline.kafka")
CLIENT_LOG.addFilter(OnceAMinute())
