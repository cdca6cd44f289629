"""Commands of the terminal that send an operator's command: made of a function that takes what one alone takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import orjson
import typer
from typer.models import ArgumentInfo

from cli.broker import ConfigOption, PrefixOption, find_broker

if TYPE_CHECKING:
    from cli.broker import Broker

TIME: Final = "A time of ISO 8601 with a zone, such as 2026-07-01T18:04:05Z."
ReasonOption = Annotated[str, typer.Option(help="Why, in your words; it stands in the evidence log.")]
UserOption = Annotated[str | None, typer.Option(help="Who orders it, by default who is at the terminal.")]
SeenOption = Annotated[
    int | None, typer.Option("--seen-revision", help="The revision that you have looked at, by default the last one.")
]
WaitOption = Annotated[float, typer.Option(min=0, help="Seconds to wait for the answer.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")]
Fields = dict[str, Any]
FieldsOf = Callable[..., Fields]
"""From what one command alone takes to the fields of its record."""


@dataclass(frozen=True)
class Orders:
    """Makes the commands of one Typer."""

    app: typer.Typer
    field: str
    """Of the record: what it is about."""
    subject: Any
    """The argument that says so."""
    answers: str
    """The topic of the answers."""
    names: Mapping[str, str]
    """Of commands that are called otherwise than in their records."""
    find: Callable[[Broker, str], Fields] | None = None
    """Finds the last record of what it is about, whose revision counts where none is given."""

    def __call__(
        self,
        kind: str,
        *,
        about: bool = True,
        reason: Any = Parameter.empty,  # noqa: ANN401 (a default)
    ) -> Callable[[FieldsOf], FieldsOf]:
        """Make a command of a function: it takes what the function takes, and what `order` takes.

        `about` is false for what is said of nothing that is there, and `reason` the one that is given where the user
        gives none.
        """

        def register(fields_of: FieldsOf) -> FieldsOf:
            own = signature(fields_of, eval_str=True).parameters

            def run(**given: Any) -> None:  # noqa: ANN401 (as the signature below says)
                fields = fields_of(**{name: given.pop(name) for name in own})
                order(self, **{"subject": "", **given, **fields, "kind": kind})

            run.__name__, run.__doc__ = kind, fields_of.__doc__
            parameters = self._parameters(list(own.values()), about, reason)
            run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
            self.app.command(self.names.get(kind, kind.replace("_", "-")))(run)
            return fields_of

        return register

    def _parameters(self, own: list[Parameter], about: bool, reason: Any) -> list[Parameter]:  # noqa: ANN401
        """What it is about, the command's own arguments, the reason, its own options, and how it is sent."""
        shared = dict(signature(order, eval_str=True).parameters)
        del shared["orders"], shared["fields"]
        subject = shared.pop("subject").replace(annotation=self.subject)
        why = shared.pop("reason").replace(default=reason)
        if not about or self.find is None:
            del shared["seen"]
        arguments = [one for one in own if any(isinstance(of, ArgumentInfo) for of in get_args(one.annotation))]
        options = [one for one in own if one not in arguments]
        first = [subject] if about else []
        every = [*first, *arguments, why, *options, *shared.values()]
        return [one.replace(kind=Parameter.KEYWORD_ONLY) for one in every]


def order(
    orders: Orders,
    subject: str,
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    **fields: object,
) -> None:
    """Send a command and show its answer: all commands take this, and fields of their own."""
    from cli.ordering.giving import give, text

    broker = find_broker(config, prefix)
    if subject and seen is None and orders.find is not None:
        seen = orders.find(broker, subject)["revision"]
    command = {orders.field: subject or None, "reason": words("--reason", reason), "seen_revision": seen, **fields}
    answer = give(broker, command, user, orders.answers, wait)
    if answer is not None:
        typer.echo(orjson.dumps(answer).decode() if as_json else text(answer))
    if answer is None or answer["result"] != "done":
        raise typer.Exit(1 if wait else 0)


def words(name: str, given: str) -> str:
    """Take what a person says, which is not to be empty."""
    if not given.strip():
        raise typer.BadParameter(f"{name} is empty; say it in your words")
    return given
