"""A storm lived through is what a replay of its files finds; nothing is left when it ends, however it ends."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from confluent_kafka import Producer

from adapters.kafka.playing.embedded import RETAINED_BYTES
from adapters.kafka.playing.overrun import RetentionOverrunError
from cli.live.live import Live, LivePlan
from models.contracts.topics import METER_EVENTS
from tests.peers.kafka import PATIENCE, eventually
from tests.worlds.storms import CKT5, COMMAND, HOME, OUTAGE_FILES, faultline


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAULTLINE_KAFKA", raising=False)


def test_a_storm_lived_through_is_what_a_replay_finds(
    storm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is set for single processes in the same shell."""
    with monkeypatch.context() as shell:
        shell.setenv("FAULTLINE_LISTEN", "127.0.0.1:1")
        shell.setenv("FAULTLINE_PROCESSES", "2")
        ended = faultline("up", "--network", CKT5, "--input", storm, "--output", tmp_path / "live", "--speed", 0)
    assert ended.returncode == 0, ended.stderr
    assert "nothing is durable" in ended.stderr
    faultline("replay", "--network", CKT5, "--input", storm, "--output", tmp_path / "replayed")
    for name in OUTAGE_FILES:
        assert (tmp_path / "live" / "outages" / name).read_bytes() == (tmp_path / "replayed" / name).read_bytes()
    for flow in ("ingest", "outages"):
        assert "stopped cleanly" in (tmp_path / "live" / f"{flow}.log").read_text()


@contextmanager
def started(storm: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The command on its way through the storm, both flows running."""
    options = ["--network", CKT5, "--input", storm, "--output", folder, "--speed", 10]
    command = [*COMMAND, "up", *map(str, options)]
    with subprocess.Popen(command, cwd=HOME, env=os.environ, stderr=subprocess.PIPE, text=True) as up:
        try:
            for flow in ("ingest", "outages"):
                eventually(lambda flow=flow: "running" in said(folder / f"{flow}.log"))  # type: ignore[misc]
            yield up
        finally:
            up.kill()


def said(log: Path) -> str:
    return log.read_text() if log.exists() else ""


def flows(up: subprocess.Popen[str]) -> list[int]:
    """The processes of both flows."""
    return [int(child) for child in Path(f"/proc/{up.pid}/task/{up.pid}/children").read_text().split()]


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_cleanly(storm: Path, tmp_path: Path, number: signal.Signals) -> None:
    with started(storm, tmp_path) as up:
        children = flows(up)
        assert len(children) == 2
        up.send_signal(number)
        assert up.wait(PATIENCE) == 130
    assert not any(map(runs, children))
    for flow in ("ingest", "outages"):
        assert "stopped cleanly" in said(tmp_path / f"{flow}.log")


def test_the_flows_do_not_outlive_a_command_that_is_killed(storm: Path, tmp_path: Path) -> None:
    with started(storm, tmp_path) as up:
        children = flows(up)
        up.kill()
        eventually(lambda: not any(map(runs, children)))


def test_a_flow_that_ends_fails_the_command(storm: Path, tmp_path: Path) -> None:
    with started(storm, tmp_path) as up:
        os.kill(flows(up)[1], signal.SIGKILL)
        assert up.wait(PATIENCE) == 1
        assert up.stderr
        assert "faultline: outages ended with code -9; see " in up.stderr.read()


def test_records_dropped_unread_fail_the_command(storm: Path, tmp_path: Path) -> None:
    """Ingest stands still while more comes into a raw topic than the broker keeps."""
    with Live(LivePlan(CKT5, storm, tmp_path, speed=1.0)) as live:
        ingest = live.children[0]
        eventually(lambda: "running" in said(ingest.log))
        ingest.process.send_signal(signal.SIGSTOP)
        flood = Thread(target=write_too_much, args=(live.bootstrap,))
        flood.start()
        try:
            with pytest.raises(
                RetentionOverrunError, match=rf"topic {METER_EVENTS}, partition 0: .* dropped [\d,]+ rec"
            ):
                live.run(lambda _: None)
        finally:
            flood.join()
            ingest.process.send_signal(signal.SIGCONT)


def write_too_much(bootstrap: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0, "batch.num.messages": 1})
    for _ in range(12):
        producer.produce(METER_EVENTS, os.urandom(RETAINED_BYTES // 8), partition=0)
    assert producer.flush(120) == 0


def test_every_fault_is_told_at_once(storm: Path, tmp_path: Path) -> None:
    refused = faultline("up", "--input", storm, "--output", tmp_path, "--speed", -1, "--listen", "9100")
    assert refused.returncode == 2
    assert [fault.split()[1] for fault in refused.stderr.splitlines()] == ["--listen", "--speed"]
