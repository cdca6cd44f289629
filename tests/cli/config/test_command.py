"""`faultline config show`: all settings, their sources, and no secret."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dataflows.service.given_settings import all_settings
from tests.worlds.storms import HOME


def show(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from cli.main import main; main()", "config", "show", *map(str, arguments)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=HOME, env=own | variables)


def test_each_setting_tells_where_it_came_from(tmp_path: Path) -> None:
    file, secret = tmp_path / "settings.toml", tmp_path / "password"
    secret.write_text("open sesame")
    file.write_text(f'kafka = "broker:9092"\nprocess = 3\nprocesses = 2\nkafka_sasl_password_file = "{secret}"')
    done = show("--config", file, "--json", FAULTLINE_KAFKA="127.0.0.1:9", FAULTLINE_STATE="/state")
    assert (done.returncode, done.stderr) == (0, "")
    shown: dict[str, Any] = json.loads(done.stdout)
    lines = {line["name"]: (line["value"], line["source"]) for line in shown["settings"]}
    assert tuple(lines) == tuple(all_settings())
    assert all(line["summary"] for line in shown["settings"])
    assert lines["kafka"] == ("127.0.0.1:9", "FAULTLINE_KAFKA")
    assert lines["process"] == ("3", str(file))
    assert lines["network"] == ("", "missing")
    assert lines["stall_seconds"] == ("240.0", "default")
    assert lines["kafka_sasl_password_file"] == (f"from {secret}", str(file))
    assert "open sesame" not in done.stdout
    told = " ".join(shown["warnings"])
    assert "setting network is missing" in told
    assert "sasl_mechanism" in told


def test_a_misspelt_variable_is_told_without_its_value() -> None:
    done = show(FAULTLINE_KAFKA_SASL_PASSWORD="open sesame", FAULTLINE_CONFIG="")
    assert done.returncode == 0
    first = done.stderr.splitlines()[0]
    assert "FAULTLINE_KAFKA_SASL_PASSWORD is no setting" in first
    assert first.endswith("did you mean FAULTLINE_KAFKA_SASL_PASSWORD_FILE?")
    assert "open sesame" not in done.stdout + done.stderr


@pytest.mark.parametrize("content", ["netwrok = 1", "=", None])
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "settings.toml"
    if content is not None:
        file.write_text(content)
    done = show("--config", file)
    assert done.returncode == 2
    assert str(file) in done.stderr
