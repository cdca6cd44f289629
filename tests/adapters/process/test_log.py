"""The log as a collector reads it: an event a line, whatever is in it."""

import subprocess
import sys
from typing import Any

import orjson
import pytest

from adapters.process.log import json_line
from tests.worlds.storms import HOME

SCRIPT = """
import logging, sys
from adapters.process.log import LogFormat, LogLevel, log_to_stderr
log_to_stderr(LogLevel(sys.argv[1]), LogFormat(sys.argv[2]), flow="ingest")
log = logging.getLogger("faultline.test")
log.debug("details")
log.info("topic %s\\n2026 ERROR faultline: forged\\u2028", "a")
log.warning("a %d", 1, extra={"partition": 7})
try:
    {}["key"]
except KeyError:
    log.exception("it failed")
"""


def logged(level: str, form: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, level, form], capture_output=True, text=True, check=True, cwd=HOME
    )
    return ran.stderr.removesuffix("\n").split("\n")


def test_json_is_one_object_a_line() -> None:
    events: list[dict[str, Any]] = [orjson.loads(line) for line in logged("info", "json")]
    assert [(event["level"], event["event"]) for event in events] == [
        ("info", "topic a\n2026 ERROR faultline: forged\u2028"),
        ("warning", "a 1"),
        ("error", "it failed"),
    ]
    assert {(event["flow"], event["logger"]) for event in events} == {("ingest", "faultline.test")}
    assert all(event["timestamp"].endswith("Z") for event in events)
    assert events[1]["partition"] == 7
    assert events[2]["exception"][0]["exc_type"] == "KeyError"


@pytest.mark.parametrize(("level", "lines"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_text_is_one_event_a_line_from_a_level_on(level: str, lines: int) -> None:
    said = logged(level, "text")
    assert len(said) == lines
    assert "ERROR faultline.test: it failed\\nTraceback" in said[-1]


def test_who_cannot_log_writes_the_same_form() -> None:
    event = orjson.loads(json_line("it\nstands", level="error"))
    assert (event["event"], event["level"], event["timestamp"][-1]) == ("it\nstands", "error", "Z")
