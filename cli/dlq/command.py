"""`faultline dlq`: look at dead letters, and send them again."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker
from cli.edges import FromOption, ToOption, read_edges

app = typer.Typer(no_args_is_help=True)

TopicOption = Annotated[str, typer.Option("--topic", help="Raw topic, such as ami.meter.events.v1, or its .dlq.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")]


@app.callback()
def dlq() -> None:
    """Look at dead letters, records that were refused, and send them again. The broker is FAULTLINE_KAFKA."""


@app.command("list")
def list_letters(
    topic: Annotated[str | None, typer.Option(help="Only this raw topic, or its .dlq; by default all.")] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count the dead letters by topic and reason, with the place and time of the newest.

    All of them are read. Those of meters:

        faultline dlq list --topic ami.meter.events.v1
    """
    from cli.dlq.letters import count, topics

    for found in count(find_broker(config, prefix), topics(topic)):
        newest = f"newest {found['newest_at']} at {found['partition']}/{found['offset']}"
        cut = f", {found['cut']} of them cut" if found["cut"] else ""
        _print(found, f"{found['topic']}  {found['disposition']}  {found['count']:,}{cut}  {newest}", as_json=as_json)


@app.command()
def show(
    topic: TopicOption,
    partition: Annotated[int | None, typer.Option(min=0, help="Partition of the .dlq topic.")] = None,
    offset: Annotated[int | None, typer.Option(min=0, help="Offset there, as dlq list tells it.")] = None,
    last: Annotated[int | None, typer.Option(min=1, help="The newest so many; by default one.")] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show dead letters: why and where from, and the refused record with its key, headers and value.

    The one at a place, or the newest:

        faultline dlq show --topic crew.status.events.v1 --partition 2 --offset 17

        faultline dlq show --topic crew.status.events.v1 --last 5

    What is no text is shown in hexadecimal. A value over 1 MiB was cut: its
    length and SHA-256 are told.
    """
    from cli.dlq.letters import find_letters, letter_text, topics

    for found in find_letters(find_broker(config, prefix), topics(topic)[0], (partition, offset), last):
        _print(found, letter_text(found), as_json=as_json)


@app.command()
def replay(
    topic: TopicOption,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="disposition=REASON", help="Only letters of this reason; may be given again."),
    ] = None,
    begin: FromOption = None,
    end: ToOption = None,
    again: Annotated[bool, typer.Option("--again", help="Also those that have been sent again before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only; nothing is sent.")] = False,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    r"""Send refused records to their raw topic again: key, value, headers and partition as they were.

    After the network has got the usage points that were missing:

        faultline dlq replay --topic ami.meter.events.v1 \

            --where disposition=unknown-usage-point --dry-run

    Each letter is sent once: topic dead.letter.replay.state.v1 keeps what has
    been. The header faultline-attempt counts how often a record has been sent
    again, also where it was refused again. Only letters that are there at the
    start are looked at. A letter whose value was cut cannot be sent. Broken
    off, the command goes on where it was: at most 500 records are sent twice
    then. Do not run it twice at the same time on a topic.
    """
    from adapters.kafka.clients.producer import DeliveryError
    from cli.dlq.letters import topics
    from cli.dlq.replay import Chosen, LetterReplay, counts_text, read_where

    chosen = Chosen(read_where(where or []), *read_edges(begin, end), again=again)
    run = LetterReplay(find_broker(config, prefix), topics(topic)[0], chosen, dry_run=dry_run)
    try:
        run.run()
    except DeliveryError as error:
        typer.echo(f"faultline: {error}; what was sent for sure is not sent again", err=True)
    _print(run.summary(), counts_text(run), as_json=as_json)
    if not run.whole:
        raise typer.Exit(1)


def _print(found: dict[str, Any], text: str, *, as_json: bool) -> None:
    typer.echo(orjson.dumps(found).decode() if as_json else text)
