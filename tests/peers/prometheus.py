"""A real Prometheus that scrapes processes of ours and works out the rules, on loopback."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import urlopen

import orjson
import pytest

from scripts.kafka.broker import dies_with_us
from scripts.kafka.ports import HOST, free_ports
from tests.peers.kafka import eventually

PACKAGES: Final = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
}
"""By program, the package of Debian that has it."""


def skip_without(*programs: str) -> None:
    """Skip the test, naming what is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"needs Debian's package {PACKAGES[program]}: {program} is missing")


def check_rules(folder: Path, rules: str | bytes) -> None:
    """Let promtool look for faults."""
    (folder / "rules.yaml").write_bytes(rules.encode() if isinstance(rules, str) else rules)
    command = ["promtool", "check", "rules", "rules.yaml"]
    checked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


class Prometheus:
    """Asked by its API."""

    def __init__(self, address: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.address, self._folder, self._process = address, folder, process

    def ready(self) -> bool:
        try:
            return bool(urlopen(f"{self.address}/-/ready", timeout=60).status == 200)  # noqa: S310 (ours)
        except OSError:  # an answer that takes too long is no URLError
            return False

    def take_rules(self, rules: str) -> None:
        """Work out other rules from now on."""
        (self._folder / "rules.yaml").write_text(rules)
        self._process.send_signal(signal.SIGHUP)

    def ask(self, path: str, **parameters: str) -> Any:
        with urlopen(f"{self.address}/api/v1/{path}?{urlencode(parameters)}", timeout=120) as answer:  # noqa: S310
            return orjson.loads(answer.read())["data"]

    def query(self, expression: str) -> list[Any]:
        """Give the series that an expression comes to now."""
        return list(self.ask("query", query=expression)["result"])


@contextmanager
def prometheus(
    folder: Path, jobs: Mapping[str, list[str]], rules: str, alertmanager: str = "", history: str = ""
) -> Iterator[Prometheus]:
    """Scrape the addresses of each job every second, with samples from before (OpenMetrics) where there are some."""
    folder.mkdir()
    (folder / "rules.yaml").write_text(rules)
    if history:
        (folder / "history.txt").write_text(history)
        blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "history.txt", "data"]
        subprocess.run(blocks, cwd=folder, check=True, capture_output=True)
    scraped = [{"job_name": job, "static_configs": [{"targets": addresses}]} for job, addresses in jobs.items()]
    told = [{"static_configs": [{"targets": [alertmanager.removeprefix("http://")]}]}] if alertmanager else []
    document = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": scraped,
        "alerting": {"alertmanagers": told},
    }
    (folder / "prometheus.yaml").write_bytes(orjson.dumps(document))
    (port,) = free_ports(1)
    flags = [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={HOST}:{port}"]
    flags.append("--rules.alert.resend-delay=5s")  # what is told before the first Alertmanager is found is lost
    command = [*dies_with_us(), "prometheus", f"--config.file={folder / 'prometheus.yaml'}", *flags]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            made = Prometheus(f"http://{HOST}:{port}", folder, process)
            eventually(lambda: made.ready() or process.poll() is not None)
            assert process.poll() is None, (folder / "prometheus.log").read_text()
            yield made
        finally:
            process.terminate()
            process.wait()
