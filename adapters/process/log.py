"""The log of a process: standard error, an event a line, as text or as JSON."""

from __future__ import annotations

import logging
import os
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_LINE_ENDS: Final = {ord(end): repr(end)[1:-1] for end in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"}


class LogLevel(Enum):
    """The least that is logged."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class LogFormat(Enum):
    """How an event is written."""

    text = "text"
    json = "json"


def log_to_stderr(level: LogLevel, form: LogFormat, **context: object) -> None:
    """Log to a duplicate of standard error, because the original is withheld while a flow runs.

    `context` stands in every event of JSON.
    """
    stderr = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="backslashreplace")
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(_Text() if form is LogFormat.text else _json(context))
    logging.basicConfig(level=level.name.upper(), handlers=[handler], force=True)


def json_line(event: str, **fields: object) -> str:
    """Write an event as the log would, for who cannot use it: a thread that ends the process."""
    stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", {**fields, "event": event})
    return _dumps(stamped)


def _json(context: dict[str, object]) -> logging.Formatter:
    def add_context(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {**context, **event}

    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_context,
        ],
    )


def _dumps(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


class _Text(logging.Formatter):
    """Time, level, logger and message; line ends within stand escaped."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(_LINE_ENDS)
