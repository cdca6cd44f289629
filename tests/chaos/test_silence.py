"""Where all ingest processes are down, outages says so, and no longer once one is up again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest

from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.table import layout
from scripts.kafka.ports import free_ports
from tests.chaos import processes
from tests.chaos.conftest import EVIDENCE_PARTITIONS
from tests.chaos.processes import Flow, Place
from tests.chaos.scrape import scrape
from tests.chaos.stage import PATIENCE
from tests.peers.kafka import eventually

SILENT_SECONDS = 5.0
"""Of the flows here: the real ones say nothing for the first half minute, which would only be waited for."""
SOONER = f"import dataflows.outages.silence_watch as watch; watch.SILENT_SECONDS = {SILENT_SECONDS}; "
SOONER += "from cli.main import main; main()"


@pytest.fixture
def flows(
    kafka: str, prefix: str, utility: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Flow]]:
    """Ingest and outages on topics that the broker stamps, in which nothing happens."""
    monkeypatch.setattr(processes, "COMMAND", (sys.executable, "-c", SOONER))
    create_topics({"bootstrap.servers": kafka}, layout(1, EVIDENCE_PARTITIONS, prefix), 1)
    started = []
    for name, port in zip(("ingest", "outages"), free_ports(2), strict=True):
        settings = {"listen": f"127.0.0.1:{port}"}
        started.append(Flow(kafka, prefix, name, utility, tmp_path / name, Place(), settings))
    yield started
    for flow in started:
        flow.kill()


def hindrances(flow: Flow) -> list[str] | None:
    """Give what keeps a flow from being ready; None before it listens."""
    try:
        with urlopen(f"http://{flow.settings['listen']}/readyz", timeout=10) as answer:
            status = orjson.loads(answer.read())
    except HTTPError as error:
        status = orjson.loads(error.read())
    except OSError:
        flow.check()
        return None
    reasons: list[str] = status["reasons"]
    return reasons


def test_outages_is_not_ready_while_no_ingest_is_alive(flows: list[Flow]) -> None:
    ingest, outages = flows
    for flow in flows:
        flow.start()
    eventually(lambda: hindrances(outages) == hindrances(ingest) == [], PATIENCE)
    ingest.kill()
    eventually(lambda: len(hindrances(outages) or []) == EVIDENCE_PARTITIONS, PATIENCE)
    for partition, reason in enumerate(hindrances(outages) or []):
        assert f"no evidence has come in evidence partition {partition} for" in reason
    series = scrape(int(outages.settings["listen"].rpartition(":")[2]))["faultline_evidence_silence_seconds"]
    assert {labels["partition"] for labels, _ in series} == set(map(str, range(EVIDENCE_PARTITIONS)))
    assert min(value for _, value in series) >= SILENT_SECONDS
    ingest.start()
    eventually(lambda: hindrances(outages) == [], PATIENCE)
