"""`faultline run`: a flow on Kafka, as it is deployed; a command for each flow, made from its declaration."""

from __future__ import annotations

from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from dataflows.service.flows import find_flows
from dataflows.service.settings import OPTIONS

if TYPE_CHECKING:
    from dataflows.service.flows import Flow

app = typer.Typer(add_completion=False, no_args_is_help=True)

_CONFIG: Final = Annotated[Path | None, typer.Option(help="TOML file with settings; see faultline config show.")]
_OFFLINE: Final = {
    "offline": Annotated[bool, typer.Option("--offline", help="Play a stretch of its log again, into files, and end.")],
    "begin": Annotated[str | None, typer.Option("--from", help="With --offline: first instant of the output.")],
    "end": Annotated[str | None, typer.Option("--to", help="With --offline: instant before which it ends.")],
    "output": Annotated[Path | None, typer.Option(help="With --offline: folder for the files.")],
}


@app.callback()
def run() -> None:
    """Run a flow on Kafka, as it is deployed."""


def add_command(flow: Flow) -> None:
    """Add the command of a flow: its options are settings, and what they mean stands there."""

    def command(**options: Any) -> None:  # noqa: ANN401 (whatever a setting is)
        begin, end, output = (options.pop(name, None) for name in ("begin", "end", "output"))
        if options.pop("offline", False):
            from cli.run.offline import run_offline

            return run_offline(flow, options, begin, end, output)
        from cli.run.service import run_service

        raise typer.Exit(run_service(flow, options))

    fields = flow.settings.model_fields
    kinds: dict[str, Any] = {
        name: Annotated[fields[name].annotation | None, typer.Option(help=fields[name].description)]  # type: ignore[operator]
        for name in dict.fromkeys((*flow.options[:1], *OPTIONS, *flow.options))
    }
    kinds |= {"config": _CONFIG} | (_OFFLINE if flow.offline else {})
    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=False if name == "offline" else None, annotation=kind)
        for name, kind in kinds.items()
    ]
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = kinds
    app.command(flow.name, help=flow.summary)(command)


for _flow in find_flows().values():
    add_command(_flow)
