"""The list of commands: a name, the module that holds it and one line about it.

A command's module is imported when the command runs and not before, so that `faultline --help` is quick. Each module
has an `app`, a Typer of one or several commands.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, NamedTuple

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

Private = Any
"""A class that Typer keeps to itself: its contexts and commands."""


class Entry(NamedTuple):
    """Where a command stands and what it does, in one line."""

    module: str
    summary: str


COMMANDS: Final = {
    "demo": Entry(
        "cli.demo.command", "Make a town and a storm, live through it, score it, and draw a page to look at."
    ),
    "up": Entry("cli.up.command", "Start a broker, both flows and a storm, and show what happens."),
    "replay": Entry("cli.replay.command", "Find outages and restorations in the topic files of a storm."),
    "run": Entry("cli.run.command", "Run a flow on Kafka: ingest, outages, or one of your own."),
    "connect": Entry(
        "cli.connect.command", "Bring SCADA in by OPC UA; try a connector's settings; see how connectors stand."
    ),
    "config": Entry(
        "cli.config.command", "Show the settings in force and where each came from; check all that a flow needs."
    ),
    "feed": Entry("cli.feed.command", "Play the topic files of a storm into the raw topics of a broker."),
    "dlq": Entry("cli.dlq.command", "Look at dead letters, and send them again."),
    "evidence": Entry("cli.evidence.command", "Look into the evidence log."),
    "network": Entry("cli.network.command", "Check, show, compile and generate networks."),
    "model": Entry("cli.model", "Show the rates, priors and tables that inference uses."),
    "rates": Entry("cli.rates.command", "Show how many messages arrive, as the engine has learned it."),
    "outage": Entry(
        "cli.outage.command", "Show outages as they stand; confirm, cancel or put right one, and see the answer."
    ),
    "storm": Entry("cli.storm.command", "Show what storms have come to; open, close, name or exclude one."),
    "ledger": Entry("cli.ledger.command", "Show who was out when, from the ledger of interruptions."),
    "canary": Entry("cli.canary.command", "Make outages where nobody lives, and measure how they are found."),
    "zones": Entry("cli.zones.command", "Show zones that are set aside, and take them up again."),
    "serve": Entry("cli.serve.command", "Say by HTTP how customers stand."),
    "message": Entry("cli.message.command", "Show what customers are told, and try the words of a file."),
    "cap": Entry("cli.cap.command", "Build public warnings (CAP 1.2) of outages, and check anybody's."),
    "export": Entry("cli.export.command", "Write outages as partners and regulators read them (ODIN, IEC 61968-3)."),
    "estimate": Entry("cli.estimate.command", "Learn from the outages of the past when power will be back."),
    "topics": Entry("cli.topics", "Make the topics on a Kafka cluster, and check them."),
    "twin": Entry("cli.twin.command", "Hold the outputs of two sites that run the same log against each other."),
    "storm-ready": Entry(
        "cli.storm_ready.command", "Say whether all is as a storm asks for, and what to do: a day before landfall."
    ),
    "upgrade": Entry("cli.upgrade.command", "Say whether this version goes on with what another has left."),
    "reference": Entry("cli.reference", "Write the reference pages that the code itself tells."),
    "warm-up": Entry("cli.warm_up", "Compile what this version computes with, so that a start takes seconds."),
    "simulate": Entry("cli.simulate.command", "Make a storm over a network, and all that is heard of it."),
    "score": Entry("cli.score", "Compare what a replay said with what the simulator knows."),
    "explain": Entry("cli.explain.command", "Say how an outage came about, and which rules made a score's errors."),
}


class Commands(TyperGroup):
    """The group of all commands, each loaded when it is called; until then its one line stands for it."""

    def __init__(self, **settings: Private) -> None:
        super().__init__(**settings)
        for name, entry in COMMANDS.items():
            self.add_command(TyperCommand(name, help=entry.summary))

    def resolve_command(self, ctx: Private, args: list[str]) -> tuple[str | None, Private, list[str]]:
        """Load the command that the first argument names."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = get_command(import_module(COMMANDS[name].module).app)
        return name, command, rest
