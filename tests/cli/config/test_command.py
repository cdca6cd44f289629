"""`faultline config show`: all settings, their sources, and no secret."""

import json
import os
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.kafka.connection.reach import unreachable
from dataflows.service import start_check
from dataflows.service.given_settings import all_settings
from tests.peers.commands import Operator
from tests.worlds.storms import CKT5, run_here


def show(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return config("show", *arguments, **variables)


def config(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    return run_here("config", *arguments, environment=own | variables)


def test_each_setting_tells_where_it_came_from(tmp_path: Path) -> None:
    file, secret = tmp_path / "settings.toml", tmp_path / "password"
    secret.write_text("open sesame")
    file.write_text(f'kafka = "broker:9092"\nprocess = 3\nprocesses = 2\nkafka_sasl_password_file = "{secret}"')
    done = show("--config", file, "--json", FAULTLINE_KAFKA="127.0.0.1:9", FAULTLINE_STATE="/state")
    assert (done.returncode, done.stderr) == (2, "")
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
    assert [fault.split(";")[0] for fault in shown["missing"]] == ["setting network is missing"]
    sasl, placement = shown["faults"]
    assert "sasl_mechanism" in sasl
    assert placement.startswith(f"process 3 of 2 ({file}): ")


def test_what_is_only_missing_may_still_come_as_an_option() -> None:
    done = show()
    assert done.returncode == 0
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        f"faultline: setting {name} is missing" for name in ("kafka", "state", "network")
    ]


def test_a_misspelt_variable_is_told_without_its_value() -> None:
    done = show(FAULTLINE_KAFKA_SASL_PASSWORD="open sesame", FAULTLINE_CONFIG="")
    assert done.returncode == 2
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


def test_every_fault_is_told_at_once_with_value_and_source(tmp_path: Path) -> None:
    """Settings, the file, and what the sound settings name; what only follows from another fault is not told."""
    file, state = tmp_path / "settings.toml", tmp_path / "state"
    file.write_text('netwrok = 1\nprocess = "first"\nmodel = "nowhere.toml"\nlisten = "localhost"')
    (state / "letters").mkdir(parents=True)
    given = {
        "FAULTLINE_EPOCH_SECONDS": "-1",
        "FAULTLINE_KAFKA": "127.0.0.1:x",
        "FAULTLINE_KAFKA_SECURITY_PROTOCOL": "TLS",
    }
    done = config("check", "outages", "--config", file, "--network", tmp_path / "town", "--state", state, **given)
    assert (done.returncode, done.stdout) == (2, "")
    told = done.stderr.splitlines()
    for part in (
        f"settings {file}: netwrok is no setting, did you mean network?; ",
        f"setting process = 'first' ({file}): ",
        "setting epoch_seconds = '-1' (FAULTLINE_EPOCH_SECONDS): ",
        "setting kafka_security_protocol = 'TLS' (FAULTLINE_KAFKA_SECURITY_PROTOCOL): ",
        f"{tmp_path / 'town'}: no such file or folder",
        "nowhere.toml",
        "holds other things (letters)",
        "listen 'localhost' is no IP address and port",
    ):
        assert sum(part in line for line in told) == 1, (part, told)
    assert len(told) == 8


def test_a_file_that_cannot_be_read_is_the_only_fault_told_of_what_it_may_hold(tmp_path: Path) -> None:
    done = config("check", "ingest", "--no-broker", "--config", tmp_path / "nothing.toml")
    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [f"settings {tmp_path / 'nothing.toml'}"]


def test_what_can_start_passes(tmp_path: Path) -> None:
    done = config(
        "check",
        "ingest",
        "--no-broker",
        FAULTLINE_KAFKA="127.0.0.1:9",
        FAULTLINE_NETWORK=str(CKT5),
        FAULTLINE_STATE=str(tmp_path / "state"),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ingest: no faults, the broker was not asked\n", "")
    assert not (tmp_path / "state").exists()


def test_a_missing_network_brings_no_advice_to_make_topics_anew(kafka: str, prefix: str, tmp_path: Path) -> None:
    operator = Operator(kafka, prefix, partitions=3)
    done = operator.run("config", "check", "ingest", "--network", tmp_path / "town", "--state", tmp_path / "state")
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if "no such file or folder" not in line] == []


@pytest.mark.parametrize("options", [["--no-broker"], []], ids=["without broker", "with a wrong setting"])
def test_a_delivery_table_that_names_what_nobody_knows_is_a_fault_among_the_others(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_check, "unreachable", partial(unreachable, seconds=0.5))
    table = tmp_path / "delivery.csv"
    table.write_text("source,collector_id,rate\nmesh,C99,0.4\nzigbee,*,0.5\nmesh,*,0.9\n")
    given = {"FAULTLINE_DELIVERY": str(table), "FAULTLINE_KAFKA": "127.0.0.1:1"}
    if not options:
        given["FAULTLINE_EPOCH_SECONDS"] = "-1"
    done = config("check", "outages", "--network", CKT5, "--state", tmp_path / "state", *options, **given)
    assert done.returncode == 2
    faults = [line for line in done.stderr.splitlines() if line.startswith("faultline: ")]
    assert "faultline: delivery: collector 'C99' is not on the network; check collector_id" in faults
    assert any(line.startswith("faultline: delivery: source 'zigbee' is not in the model file;") for line in faults)
    assert any("epoch_seconds" in line for line in faults) == (not options)
