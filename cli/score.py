"""`faultline score`: what a replay said against what the simulator knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from adapters.network.load import load_network
from models.refusal import FaultsError
from simulator.scoring.details import details as all_cases
from simulator.scoring.figures import figures
from simulator.scoring.score import score

app = typer.Typer(add_completion=False)


@app.command("score")
def score_replay(
    truth: Annotated[Path, typer.Option(help="The folder that faultline simulate wrote.")],
    output: Annotated[Path, typer.Option(help="The folder that faultline replay wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    details: Annotated[Path | None, typer.Option(help="File for the cases behind the figures, in JSON.")] = None,
) -> None:
    """Compare what a replay said with what the simulator knows."""
    if missing := [f"{folder} is no folder; give an existing one" for folder in (truth, output) if not folder.is_dir()]:
        raise FaultsError(missing)
    found = score(load_network(truth / "network"), truth, output)
    shown = figures(found)
    if details:
        details.write_bytes(orjson.dumps(all_cases(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    if as_json:
        typer.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
    else:
        show_score(shown, Console())


def show_score(shown: dict[str, Any], console: Console) -> None:
    """Print the figures of a score as a table for people."""
    table = Table(title=f"Score against the truth, version {shown['version']}", title_justify="left", show_header=False)
    for part in (_devices, _curves, _delays, _customers, _soundness):
        for name, value in part(shown):
            table.add_row(name, value)
        table.add_section()
    console.print(table)


def _devices(shown: dict[str, Any]) -> list[tuple[str, str]]:
    aside, outages = shown["devices"]["missed_but_set_aside"], shown["outages"]
    sure = (f"{name} {_share(shown['confidence'][name]['ece'])}" for name in ("unconfirmed", "confirmed"))
    return [
        ("devices", _found(shown["devices"])),
        ("missed, but spoken of", f"{aside:,} by outages that were merged, cancelled or momentary in the end"),
        ("single services", _found(shown["services"])),
        (
            "outages",
            (
                f"{outages['published']:,}, {_number(outages['per_fault'])} a fault, "
                f"{_number(outages['records_per_outage'])} records each, "
                f"{_share(outages['merged_or_cancelled_share'])} merged or cancelled"
            ),
        ),
        ("error of confidence", ", ".join(sure)),
    ]


def _found(counts: dict[str, Any]) -> str:
    rates = ", ".join(f"{name} {_share(counts[key])}" for name, key in _RATES)
    return f"{counts['right']:,} of {counts['faults']:,} found, {counts['wrong']:,} wrong; {rates}"


_RATES = (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))


def _curves(shown: dict[str, Any]) -> list[tuple[str, str]]:
    curve = shown["customers_out"]
    return [("customers out at the peak", f"{curve['peak']:,}")] + [
        (
            f"{name} curve",
            (
                f"largest error {_share(curve[name]['error'])} at {curve[name]['error_at']}, "
                f"customer-minutes {_share(curve[name]['customer_minutes'])} off, "
                f"net {_share(curve[name]['net_customer_minutes'])}, noise {_number(curve[name]['noise'])}"
            ),
        )
        for name in ("corrected", "live", "ledger")
        if curve[name] is not None
    ]


def _delays(shown: dict[str, Any]) -> list[tuple[str, str]]:
    names = (
        ("detection after first evidence", "detection_seconds"),
        ("of those meters or SCADA spoke of", "detection_of_spoken_seconds"),
        ("half of the customers covered", "half_covered_seconds"),
        ("known as sustained after", "sustained_seconds"),
    )
    return [(name, _delay(shown[key])) for name, key in names]


def _delay(delay: dict[str, Any]) -> str:
    """Put a distribution into words; a share that never came has no time."""
    shares = (("half", delay["p50"]), ("99 of 100", delay["p99"]))
    within = [f"{share} within {value:,.1f} s" for share, value in shares if value is not None]
    return ", ".join([*within, f"{delay['never']:,} never"])


_CAUSES = {
    "own_report": "after their own report",
    "false_on": "after a false on",
    "out_again": "out again",
    "neighbours_false_on": "after a neighbour's false on",
    "otherwise": "otherwise",
}


def _customers(shown: dict[str, Any]) -> list[tuple[str, str]]:
    restored = shown["restored"]
    return [
        (
            "told that power is back",
            f"{restored['told']:,}; of those back {_share(restored['told_within_30_minutes_share'])} within 30 minutes",
        ),
        (
            "told so while out",
            (
                f"{restored['told_while_out']:,} ({_share(restored['told_while_out_share'], 3)}); "
                + ", ".join(
                    f"{_CAUSES[cause]} {count:,}" for cause, count in restored["told_while_out_by_cause"].items()
                )
            ),
        ),
        ("records without certain customers", f"{restored['unsure_records']:,}"),
        *_asking(shown["asking"]),
    ]


def _asking(asking: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Nothing where nobody was asked."""
    if asking is None:
        return []
    fewer = f"{asking['asked']:,} in place of {asking['asked_by_everybody']:,} ({_share(asking['asked_share'])})"
    return [("asked whether power is back", f"{fewer}, doubt settled {_share(asking['doubt_settled_share'])}")]


def _soundness(shown: dict[str, Any]) -> list[tuple[str, str]]:
    momentary, violations = shown["momentary"], shown["violations"]
    broken = ", ".join(f"{rule} {count:,}" for rule, count in violations.items() if rule != "total" and count)
    return [
        (
            "momentaries as sustained",
            (
                f"{momentary['reported_sustained']:,} of {momentary['faults']:,}; near the border "
                f"{momentary['near_border_reported_sustained']:,} of {momentary['near_border']:,}"
            ),
        ),
        ("violations", f"{violations['total']:,}" + (f": {broken}" if broken else "")),
    ]


def _share(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{100 * value:.{digits}f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
