"""Faultline side by side with its peers: one broker, one topic, one answer.

Run it with `python -m benchmarks.peers [--events N] [--meters N] [--rounds N] [--slow-rounds N] [--contenders NAME,...]
[--json]`. Each contender decodes the last gasps of a blackout, drops the copies and counts the meters out by feeder;
README.md has the rules. Needs Java 17, Maven and, the first time, the package registries.
"""

from __future__ import annotations

import json
import signal
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.peers.contenders import CONTENDERS, Contender
from benchmarks.peers.data import COPIES, FEEDERS, Storm
from benchmarks.peers.prepare import java_home, peers_python
from benchmarks.peers.run import ContenderError
from benchmarks.peers.stage import Stage
from benchmarks.peers.table import Results, lay_out, machine, to_document
from scripts.kafka.broker import KafkaBroker
from scripts.kafka.jars import missing_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

# Kafka's own default: members of a group that start together are waited for, so that nothing moves in the run.
BROKER = {"group.initial.rebalance.delay.ms": "3000"}


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--events", type=int, default=3_000_000, help="records on the topic, three copies a message")
    parser.add_argument("--meters", type=int, default=1_000_000, help="meters in the table")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow-rounds", type=int, help="rounds of those that need minutes; as many as the others'")
    parser.add_argument("--contenders", help=f"names with commas between, of {', '.join(_names(CONTENDERS))}")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    given = parser.parse_args()
    if faults := check(given):
        parser.error("; ".join(faults))
    if missing := missing_parts():
        sys.exit(f"peers: {', '.join(missing)}; install Java 17 or newer and Maven")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("peers: ended"))  # no contender and no broker is left
    contenders = chosen(given.contenders)
    storm = Storm(given.meters, given.events // COPIES, given.seed)
    results = play(contenders, storm, given.rounds, given.slow_rounds or given.rounds)
    report(results, storm, as_json=given.json)


def check(given: Namespace) -> list[str]:
    """Return all that is wrong with the options."""
    faults = []
    if not 0 < given.events // COPIES <= given.meters:
        faults.append(f"--events must be {COPIES} to {COPIES * given.meters:,}: {COPIES} a meter at most")
    if given.meters < FEEDERS:
        faults.append(f"--meters must be at least {FEEDERS:,}, one a feeder")
    if min(given.rounds, given.slow_rounds or 1) < 1:
        faults.append("--rounds and --slow-rounds must be at least 1")
    if unknown := {*_asked(given.contenders)} - {*_names(CONTENDERS)}:
        faults.append(f"no such contender: {', '.join(sorted(unknown))}; there are {', '.join(_names(CONTENDERS))}")
    return faults


def chosen(names: str | None) -> list[Contender]:
    """Return the contenders asked for, else all."""
    return [contender for contender in CONTENDERS if names is None or contender.name in _asked(names)]


def play(contenders: Sequence[Contender], storm: Storm, rounds: int, slow_rounds: int) -> Results:
    """Let all contenders run, round by round; one that fails is left out from then on."""
    commands = {contender.name: contender.command(peers_python, java_home) for contender in contenders}
    results = Results(storm.records, {contender: [] for contender in contenders}, {})
    with TemporaryDirectory(prefix="faultline-peers-") as name:
        folder = Path(name)
        with KafkaBroker(folder / "broker", properties=BROKER) as broker:
            stage = Stage.lay(broker, storm, folder)
            for turn in range(rounds):
                # There and back again, so that none has always the same before it.
                for contender in contenders if turn % 2 == 0 else reversed(contenders):
                    if contender not in results.failures and turn < (slow_rounds if contender.slow else rounds):
                        _play_turn(stage, contender, commands[contender.name], turn, results)
    return results


def _play_turn(stage: Stage, contender: Contender, command: list[str], turn: int, results: Results) -> None:
    try:
        results.rounds[contender].append(stage.run(contender, command, turn))
    except ContenderError as error:
        results.failures[contender] = str(error)
        print(f"round {turn + 1}, {contender.name}: {error}", file=sys.stderr)


def report(results: Results, storm: Storm, *, as_json: bool) -> None:
    """Print the figures."""
    about = f"{storm.records:,} records of {storm.gasps:,} out of {storm.meters:,} meters, seed {storm.seed}"
    if as_json:
        print(json.dumps({"machine": machine(), "storm": about, "contenders": to_document(results)}, indent=1))
        return
    print(f"{machine()}\n{about}")
    Console(width=128).print(lay_out(results))
    for contender, failure in results.failures.items():
        print(f"{contender.title}: {failure}")


def _names(contenders: Sequence[Contender]) -> list[str]:
    return [contender.name for contender in contenders]


def _asked(names: str | None) -> list[str]:
    return names.split(",") if names else []


if __name__ == "__main__":
    main()
