"""The reference page of the rules of `faultline cap validate`, written from the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.cap.reading import RULES as READING_RULES
from models.alerts.rules.profiles import PROFILES
from models.alerts.rules.signature import VERIFIED
from models.alerts.validation import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.alerts.findings import Rule

_HEAD: Final = """# Rules of public warnings

What `faultline cap validate` asks of a message, written from the code by `make reference`; [cap.md](../cap.md) says how
it is used. Numbers are sections of the Common Alerting Protocol 1.2 (OASIS standard, 1 July 2010). What stands *beyond*
it is asked because a warning is useless otherwise: of messages with the status Actual, the scope Public and the type
Alert or Update, except `outside-territory`, `polygon-flat` and `resource-nowhere`. Advice makes no message invalid.
"""


def cap_page() -> str:
    """Return the text of `docs/reference/cap.md`."""
    profiles = [line for name, (rules, _) in PROFILES.items() for line in _section(f"With `--profile {name}`", rules)]
    beyond = [rule for rule in RULES if rule.section == "beyond"]
    standard = [rule for rule in RULES if rule.section != "beyond"]
    return "\n".join(
        [
            _HEAD,
            *_section("Of a document, before it is read", READING_RULES),
            *_section("Of the standard", sorted([*standard, VERIFIED], key=lambda rule: rule.section)),
            *_section("Beyond the standard", beyond),
            *profiles,
        ]
    )


def _section(title: str, rules: Iterable[Rule]) -> list[str]:
    rows = [f"| `{rule.name}` | {rule.section} | {_advice(rule)}{rule.meaning} |" for rule in rules]
    return [f"## {title}", "", "| rule | section | what it asks |", "|---|---|---|", *rows, ""]


def _advice(rule: Rule) -> str:
    return "Advice: " if rule.advice else ""
