"""`faultline topics`: make the topics on a Kafka cluster, and check them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from models.refusal import FaultsError

if TYPE_CHECKING:
    from adapters.kafka.topics import Topic

app = typer.Typer(no_args_is_help=True)

RawPartitions = Annotated[int, typer.Option("--raw-partitions", min=1, help="Partitions of each raw topic.")]
EvidencePartitions = Annotated[
    int, typer.Option("--evidence-partitions", min=1, help="Partitions of the evidence log and of what follows it.")
]
Prefix = Annotated[
    str | None,
    typer.Option(
        help="Put before every name, by default FAULTLINE_TOPIC_PREFIX: several environments share a cluster so."
    ),
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
    prefix: Prefix = None,
    played: Played = False,
    as_json: AsJson = False,
) -> None:
    """Make the topics that are missing, leave the others as they are, and check all of them."""
    from adapters.kafka.topic_admin import check_topics, create_topics
    from cli.broker_settings import client_settings

    described = _layout(raw_partitions, evidence_partitions, prefix, played=played)
    settings = client_settings()
    made = create_topics(settings, described, replication)
    faults = check_topics(settings, described)
    if as_json:
        _answer({"created": made, "faults": faults})
    elif faults:
        raise FaultsError(faults)
    else:
        typer.echo(f"{len(made)} topics created, {len(described) - len(made)} were there")


@app.command()
def check(
    raw_partitions: RawPartitions = 8,
    evidence_partitions: EvidencePartitions = 8,
    prefix: Prefix = None,
    played: Played = False,
    as_json: AsJson = False,
) -> None:
    """Tell every way in which the topics are not as they should be; ends with code 2 if there is one."""
    from adapters.kafka.topic_admin import check_topics
    from cli.broker_settings import client_settings

    described = _layout(raw_partitions, evidence_partitions, prefix, played=played)
    faults = check_topics(client_settings(), described)
    if as_json:
        _answer({"topics": [topic.name for topic in described], "faults": faults})
    elif faults:
        raise FaultsError(faults)
    else:
        typer.echo(f"no faults in {len(described)} topics")


def _layout(raw_partitions: int, evidence_partitions: int, prefix: str | None, *, played: bool) -> list[Topic]:
    from adapters.kafka.topics import layout
    from cli.broker_settings import topic_prefix

    return layout(raw_partitions, evidence_partitions, topic_prefix() if prefix is None else prefix, played=played)


def _answer(answer: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    if answer["faults"]:
        raise typer.Exit(2)
