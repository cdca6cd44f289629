"""`faultline topics`: make the topics on a Kafka cluster, check them, and look after them."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker
from models.refusal import FaultsError

app = typer.Typer(no_args_is_help=True)

RawPartitions = Annotated[int, typer.Option("--raw-partitions", min=1, help="Partitions of each raw topic.")]
EvidencePartitions = Annotated[
    int, typer.Option("--evidence-partitions", min=1, help="Partitions of the evidence log and of what follows it.")
]
Played = Annotated[
    bool, typer.Option("--played", help="Raw topics into which files are played: they keep the writer's times.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.callback()
def topics() -> None:
    """Make the topics on a Kafka cluster, and check them. The broker is FAULTLINE_KAFKA."""


@app.command()
def create(
    replication: Annotated[int, typer.Option(min=1, help="Copies of each record, each on another broker.")] = 3,
    raw_partitions: RawPartitions = 8,
    evidence_partitions: EvidencePartitions = 8,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    played: Played = False,
    as_json: AsJson = False,
) -> None:
    """Make the topics that are missing, leave the others as they are, and check all of them."""
    from adapters.kafka.topics.admin import check_topics, create_topics
    from adapters.kafka.topics.table import layout

    broker = find_broker(config, prefix)
    described = layout(raw_partitions, evidence_partitions, broker.prefix, played=played)
    made = create_topics(broker.client, described, replication)
    faults = check_topics(broker.client, described)
    if as_json:
        _answer({"created": made, "faults": faults})
    elif faults:
        raise FaultsError(faults)
    else:
        typer.echo(f"{len(made)} topics created, {len(described) - len(made)} were there")


@app.command()
def check(
    raw_partitions: Annotated[
        int | None,
        typer.Option("--raw-partitions", min=1, help="Partitions of each raw topic, by default what it has."),
    ] = None,
    evidence_partitions: Annotated[
        int | None,
        typer.Option(
            "--evidence-partitions", min=1, help="Partitions of what follows the evidence log, by default what it has."
        ),
    ] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    played: Played = False,
    as_json: AsJson = False,
) -> None:
    """Tell every way in which the topics are not as they should be; ends with code 2 if there is one."""
    from adapters.kafka.topics.admin import check_topics
    from adapters.kafka.topics.cluster import topics_there

    broker = find_broker(config, prefix)
    described = topics_there(broker.client, broker.prefix, raw_partitions, evidence_partitions, played=played)
    faults = check_topics(broker.client, described)
    if as_json:
        _answer({"topics": [topic.name for topic in described], "faults": faults})
    elif faults:
        raise FaultsError(faults)
    else:
        typer.echo(f"no faults in {len(described)} topics")


@app.command()
def extend(prefix: PrefixOption = None, config: ConfigOption = None) -> None:
    """Give dead-letter topics as many partitions as their raw topics have by now."""
    from adapters.kafka.topics.upkeep import extend_dead_letters

    broker = find_broker(config, prefix)
    grown = extend_dead_letters(broker.client, broker.prefix)
    for name, count in grown.items():
        typer.echo(f"{name} has {count} partitions now")
    if not grown:
        typer.echo("all have enough")


@app.command()
def adopt(
    topic: Annotated[str, typer.Argument(help="A raw topic or the evidence log, without prefix.")],
    reason: Annotated[str, typer.Option(help="Why: stands in the evidence log with your name.")],
    prefix: PrefixOption = None,
    config: ConfigOption = None,
) -> None:
    """Take up a topic for another that had its name: one that was copied or restored.

    It must hold the same records at the same offsets. A topic that was made
    anew and begins at 0 is not taken up so: what it holds would count as read
    already. The flows then go on where they stood, and the order is a record
    of the evidence log.
    """
    from adapters.kafka.topics.upkeep import adopt_topic

    broker = find_broker(config, prefix)
    typer.echo(adopt_topic(broker.client, broker.prefix, topic, reason))


def _answer(answer: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    if answer["faults"]:
        raise typer.Exit(2)
