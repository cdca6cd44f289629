"""The canary's alerts, told for real: its outages are found late, then not at all, and it is gone: by `make chaos`.

The rules' times are divided as for the other alerts, so that two seconds are late, and the canary opens each zone every
45 seconds in place of every quarter of an hour.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest

from scripts.kafka.ports import HOST, free_ports
from tests.chaos.haste import hastened_rules
from tests.chaos.processes import Flow, Place
from tests.chaos.watch import PAGE, TICKET, ready
from tests.cli.canary.test_canary import QUICK
from tests.peers.alertmanager import Receiver, alertmanager, webhook
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.prometheus import Prometheus, prometheus, skip_without
from tests.worlds.golden import GOLDEN

PARTITIONS = 8
MOMENT_SECONDS, REST_SECONDS = 0.5, 6.0
"""How long a process without processor time goes on, and how long it then waits for its turn."""
ANY = 'count_over_time(ALERTS{alertname=~"FaultlineCanary.+",alertstate="firing"}[1h])'


class Starved(Thread):
    """Lets a process have the processor for moments only."""

    def __init__(self, process: Flow) -> None:
        super().__init__(daemon=True)
        self._process, self._over = process, Event()

    def run(self) -> None:
        """Stop it, and let it go on, in turn."""
        while not self._over.is_set():
            self._process.send(signal.SIGSTOP)
            self._over.wait(REST_SECONDS)
            self._process.send(signal.SIGCONT)
            self._over.wait(MOMENT_SECONDS)

    def end(self) -> None:
        """Let it run."""
        self._over.set()
        self.join()


@dataclass
class Watched:
    """Both flows and a canary, and who is told of it."""

    operator: Operator
    outages: Flow
    canary_options: tuple[object, ...]
    prometheus: Prometheus
    receiver: Receiver
    canary: subprocess.Popen[str]

    def start_canary(self) -> None:
        self.canary = self.operator.start("canary", *self.canary_options)

    def end_canary(self) -> None:
        self.canary.kill()
        self.canary.communicate()

    def told(self, path: str, name: str) -> None:
        eventually(lambda: name in self.receiver.standing(path), 600)

    def over(self, path: str, name: str) -> None:
        eventually(lambda: name not in self.receiver.standing(path))


@pytest.fixture
def watched(kafka: str, prefix: str, tmp_path: Path) -> Iterator[Watched]:
    skip_without("prometheus", "prometheus-alertmanager")
    operator = Operator(kafka, prefix, PARTITIONS)
    network, model = tmp_path / "canary.network", tmp_path / "model.toml"
    model.write_text(QUICK)
    compiling = ("--evidence-partitions", PARTITIONS, "--canary", "--output", network)
    made = operator.run("network", "compile", "--network", GOLDEN / "network", *compiling)
    assert made.returncode == 0, made.stderr
    places = [f"{HOST}:{port}" for port in free_ports(3)]
    with ExitStack() as stack:
        flows = {}
        for name, listen in zip(("ingest", "outages"), places, strict=False):
            settings = {"listen": listen, "model": str(model)}
            flows[name] = Flow(kafka, prefix, name, network, tmp_path / name, Place(), settings)
            stack.callback(flows[name].kill)
            flows[name].start()
        eventually(lambda: all(map(ready, flows.values())))
        options = ("--network", network, "--model", model, "--every", 45, "--lasting", 10, "--listen", places[2])
        receiver = stack.enter_context(webhook())
        manager = stack.enter_context(alertmanager(tmp_path, receiver.address, wait="1s"))
        jobs = {f"faultline-{name}": [at] for name, at in zip(("ingest", "outages", "canary"), places, strict=True)}
        watching = stack.enter_context(prometheus(tmp_path / "prometheus", jobs, hastened_rules(), manager))
        canary = operator.start("canary", *options)
        made_of = Watched(operator, flows["outages"], options, watching, receiver, canary)
        stack.callback(made_of.end_canary)
        yield made_of


def test_they_are_found_late_then_by_nobody_and_then_it_is_gone(watched: Watched) -> None:
    eventually(lambda: bool(watched.prometheus.query('sum(faultline_canary_outages_total{outcome="right"}) >= 16')))
    assert not watched.prometheus.query(ANY)
    starved = Starved(watched.outages)
    starved.start()
    watched.told(PAGE, "FaultlineCanaryLate")
    starved.end()
    watched.over(PAGE, "FaultlineCanaryLate")
    watched.outages.kill()
    watched.told(TICKET, "FaultlineCanaryWrong")
    watched.told(PAGE, "FaultlineCanaryMissed")
    watched.outages.start()
    watched.over(PAGE, "FaultlineCanaryMissed")
    watched.end_canary()
    watched.told(TICKET, "FaultlineCanaryAbsent")
    watched.start_canary()
    watched.over(TICKET, "FaultlineCanaryAbsent")
