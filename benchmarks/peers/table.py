"""The figures laid out, for people and for machines."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from benchmarks.peers.prepare import POM, REQUIREMENTS
from scripts.kafka.jars import java

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.peers.contenders import Contender
    from benchmarks.peers.run import Figures

TEMPERATURES: Final = ("cold", "warm")
COLUMNS: Final = (
    "k/s",
    "spread",
    "CPU us\na record",
    "broker\nCPU us",
    "start\ns",
    "start\nCPU s",
    "peak\nMiB",
    "rounds",
)


@dataclass(frozen=True, slots=True)
class Results:
    """Who ran how."""

    records: int
    rounds: dict[Contender, list[list[Figures]]]
    """By round; of each, a figure for each time that the job was done in it."""
    failures: dict[Contender, str]
    """Who gave no answer or a wrong one; figures of earlier rounds are not shown."""

    def rows(self) -> Iterator[tuple[Contender, str, list[Figures]]]:
        """Give contender, title and rounds of every row."""
        for contender, rounds in self.rounds.items():
            if contender not in self.failures:
                for title, figures in zip(_titles(contender), zip(*rounds, strict=True), strict=True):
                    yield contender, title, list(figures)


def lay_out(results: Results) -> Table:
    """Lay out medians of the rounds, with the slowest and the fastest."""
    laid = Table(caption="k/s: thousand records a second, median (slowest to fastest) of the rounds. CPU: all threads.")
    laid.add_column("contender")
    for column in COLUMNS:
        laid.add_column(column, justify="right")
    laid.add_column("resumes")
    for contender, title, rounds in results.rows():
        rates = [results.records / figures.seconds / 1000 for figures in rounds]
        laid.add_row(
            title,
            f"{statistics.median(rates):,.0f}",
            f"{min(rates):,.0f} to {max(rates):,.0f}",
            f"{_median(rounds, 'cpu_seconds') / results.records * 1e6:.2f}",
            f"{_median(rounds, 'broker_cpu_seconds') / results.records * 1e6:.2f}",
            f"{_median(rounds, 'start_seconds'):.1f}",
            f"{_median(rounds, 'start_cpu_seconds'):.1f}",
            f"{_median(rounds, 'peak_mib'):,.0f}",
            str(len(rounds)),
            contender.resumes,
        )
    return laid


def to_document(results: Results) -> list[dict[str, Any]]:
    """Return every round's figures, a record a row of the table, and the failures."""
    measured = [
        {"contender": title, "resumes": contender.resumes, "rounds": [_plain(figures) for figures in rounds]}
        for contender, title, rounds in results.rows()
    ]
    return measured + [{"contender": who.title, "failed": why} for who, why in results.failures.items()]


def machine() -> str:
    """Name processor and versions."""
    names = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    ours = [f"{package} {version(package)}" for package in ("faultline", "bytewax", "confluent-kafka", "msgspec")]
    theirs = re.findall(r"^(\w+)==(\S+)$", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    java = re.findall(r"<(kafka|flink)\.version>([^<]+)", POM.read_text(encoding="utf-8"))
    versions = [*ours, *(f"{name} {number}" for name, number in theirs), *(" ".join(pair) for pair in java), _java()]
    processor = names[0].split(":")[1].strip() if names else platform.machine()
    return f"{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, {', '.join(versions)}"


def _java() -> str:
    try:
        told = subprocess.run([java(), "-version"], check=True, capture_output=True, text=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return "no Java"
    return told.splitlines()[0].replace('"', "")


def _titles(contender: Contender) -> list[str]:
    if contender.runs == 1:
        return [contender.title]
    return [f"{contender.title}, {temperature}" for temperature in TEMPERATURES]


def _plain(figures: Figures) -> dict[str, float]:
    return {name: value for name, value in asdict(figures).items() if name != "answer"}


def _median(rounds: list[Figures], name: str) -> float:
    return float(statistics.median(getattr(figures, name) for figures in rounds))
