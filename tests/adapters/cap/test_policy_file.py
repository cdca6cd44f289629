"""A policy file is read, or refused with every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cap.policy_file import read_policy
from models.refusal import FaultsError

GOOD = """
sender = "outages@power.example"
sender_name = "Power & Co"
status = "Actual"
[[languages]]
language = "de-CH"
headline = "{{ area }} ohne Strom"
[areas.nord]
name = "Stadt Nord"
geocodes = [{ name = "BFS", value = "261" }]
"""


def test_a_policy_is_read(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(GOOD)
    policy = read_policy(file)
    assert (policy.status, policy.by, policy.languages[0].language) == ("Actual", "territory", "de-CH")
    assert policy.areas["nord"].geocodes[0].value == "261"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("sender = ", ["is no TOML"]),
        ("", ["sender: field required", "sender_name: field required"]),
        (GOOD.replace("outages@", "out ages@").replace("Actual", "Real"), ["sender: ", "status: "]),
        (GOOD.replace("{{ area }}", "{{ area"), ["languages.0.headline: value error, is no template"]),
        (GOOD.replace("Stadt Nord", "Stadt\\u0007"), ["areas.nord.name: value error, has a character"]),
        ("end_customers = 90\n" + GOOD, ["end_customers is above least_anyway"]),
        ("colour = 1\n" + GOOD, ["colour: extra inputs are not permitted"]),
    ],
)
def test_every_fault_is_named(tmp_path: Path, text: str, faults: list[str]) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(text)
    with pytest.raises(FaultsError) as refused:
        read_policy(file)
    assert len(refused.value.faults) == len(faults)
    for fault, expected in zip(refused.value.faults, faults, strict=True):
        assert expected in fault


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="no such file"):
        read_policy(tmp_path / "none.toml")
