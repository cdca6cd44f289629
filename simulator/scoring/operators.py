"""What became of operators' commands: each that can be read has one answer, and who spoke against what they said."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from models.contracts.topics import OPERATOR_ANSWERS
from simulator.scoring.reading.records import FINAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from simulator.scoring.reading.records import RevisionLine

ORDERED: Final = "operator_commands.csv"


class AnswerLine(msgspec.Struct, gc=False):
    """An answer, with the fields that the score needs."""

    command_id: str
    result: str
    reason: str | None


def operator_figures(truth: Path, output: Path, revisions: Sequence[RevisionLine]) -> dict[str, Any] | None:
    """Count commands by what was wrong with them and what became of them; None where nobody ordered anything."""
    path = truth / "truth" / ORDERED
    if not path.is_file():
        return None
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    answers_path = output / f"{OPERATOR_ANSWERS}.jsonl"
    lines = answers_path.read_bytes() if answers_path.is_file() else b""
    answers = msgspec.json.Decoder(AnswerLine).decode_lines(lines)
    answered = Counter(answer.command_id for answer in answers)
    error = {row["command_id"]: row["error"] for row in rows}
    readable = {command_id for command_id, what in error.items() if what != "garbage"}
    done = Counter(error.get(answer.command_id, "") for answer in answers if answer.result == "done")
    refused = Counter(error.get(answer.command_id, "") for answer in answers if answer.result == "refused")
    return {
        "lines": len(rows),
        "commands": len(readable),
        "done": done.total(),
        "passed_on": sum(answer.result == "passed_on" for answer in answers),
        "refused": refused.total(),
        "refused_by_reason": dict(sorted(Counter(answer.reason for answer in answers if answer.reason).items())),
        "by_error": {what: {"done": done[what], "refused": refused[what]} for what in sorted(set(error.values()))},
        "unanswered": len(readable - answered.keys()),
        "answered_twice": sum(count > 1 for count in answered.values()),
        "strange_answers": len(answered.keys() - readable),
        **_contradictions(revisions),
    }


def _contradictions(revisions: Sequence[RevisionLine]) -> dict[str, int]:
    """Outages of which operators said something, those that somebody disputes, and those that ended so all the same."""
    spoken, disputed, last = set[str](), set[str](), dict[str, str]()
    for line in revisions:
        last[line.outage_id] = line.status
        if line.operators is not None:
            spoken.add(line.outage_id)
            if line.operators.disputed_by:
                disputed.add(line.outage_id)
    still = sum(last[outage_id] not in FINAL for outage_id in disputed)
    return {"outages_ordered_about": len(spoken), "disputed": len(disputed), "disputed_still_open": still}
