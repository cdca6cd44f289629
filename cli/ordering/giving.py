"""Giving a command: it is sent to the engine, and the answer waited for."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
import typer

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError
from adapters.kafka.records.operators import Answers, played_until, send_command
from models.contracts.inputs.operator_command import OperatorCommand
from models.contracts.topics import OPERATOR_ANSWERS, OPERATOR_COMMANDS, OUTAGE_CLOCK
from models.decoding.validation import Refused, validate
from models.refusal import FaultsError

if TYPE_CHECKING:
    from cli.broker import Broker

NOTE_SECONDS: Final = 5
LATER: Final = "see that the flows run (/readyz), and look for it there later"
Record = dict[str, Any]


def give(broker: Broker, command: Record, user: str | None, answers_topic: str, wait: float) -> Record | None:
    """Send a command and return its answer; None if none comes in time.

    Without a user it is whoever is at the terminal. Raises `FaultsError`.
    """
    topic, clock = broker.name(OPERATOR_COMMANDS), broker.name(OUTAGE_CLOCK)
    with RangeReader(broker.client) as reader:
        at = played_until(reader, topic, clock)
        whole = _whole(command, user, at)
        answers = Answers(reader, broker.name(answers_topic))
        try:
            send_command(CheckedProducer(broker.client, patience=30), topic, reader.partitions(topic), whole, at)
        except DeliveryError as error:
            raise FaultsError([str(error)]) from error
        answer = answers.await_answer(whole["command_id"], wait, _waiting()) if wait else None
    if answer is None:
        name = whole["command_id"]
        missing = f"command {name} stands in {topic}"
        missing += f", and has no answer yet in {broker.name(answers_topic)}" if wait else ""
        of = "outage" if answers_topic == OPERATOR_ANSWERS else "storm"
        typer.echo(f"faultline: {missing}; {LATER}: faultline {of} answer {name}", err=True)
    return answer


def _whole(command: Record, user: str | None, at: int | None) -> Record:
    """Complete a command, given now or, where a storm is played, at its time. Raises `FaultsError` if it is none."""
    when = datetime.now(UTC) if at is None else datetime.fromtimestamp(at / 1000, UTC)  # noqa: TID251 (when a person gives an order)
    time = when.isoformat(timespec="milliseconds")
    known: Record = {"command_id": str(uuid4()), "user": user or getpass.getuser(), "at": time, "received_at": time}
    whole = {name: said for name, said in (known | command).items() if said is not None}
    try:
        validate(OperatorCommand, orjson.dumps(whole))
    except Refused as refused:
        raise FaultsError([str(refused)]) from None
    return whole


def find_answer(broker: Broker, command_id: str, answers_topic: str) -> Record:
    """Give the answer to a command. Raises `FaultsError` where there is none."""
    topic = broker.name(answers_topic)
    with RangeReader(broker.client) as reader:
        if (found := Answers(reader, topic, earlier=True).find(command_id)) is not None:
            return found
    raise FaultsError([f"{topic} has no answer to command {command_id}: look again in a while, and see to its id"])


def show_answer(broker: Broker, command_id: str, answers_topic: str, *, as_json: bool) -> None:
    """Print the answer to a command that was sent before; ends with 1 where it was refused. Raises `FaultsError`."""
    found = find_answer(broker, command_id, answers_topic)
    typer.echo(orjson.dumps(found).decode() if as_json else text(found))
    if found["result"] == "refused":
        raise typer.Exit(1)


def text(answer: Record) -> str:
    """Write an answer for people."""
    about = answer.get("storm_id") or answer.get("outage_id")
    if about and answer.get("revision"):
        about = f"{about}, revision {answer['revision']}"
    if answer["result"] == "refused":
        return f"refused, {answer['reason']}: {answer['message']}{f' ({about})' if about else ''}"
    return f"{answer['result'].replace('_', ' ')}{f': {about}' if about else ''}"


class _waiting:  # noqa: N801 (called like a function)
    """Say every few seconds that we wait."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, left: float) -> None:
        if int(left) // NOTE_SECONDS != self._last:
            self._last = int(left) // NOTE_SECONDS
            typer.echo(f"faultline: waiting for the answer, {left:.0f} s left", err=True)
