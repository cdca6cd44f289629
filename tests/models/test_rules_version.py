"""What the golden storm comes to is held to the versions of the rules, and a state of this version goes on."""

from __future__ import annotations

import orjson
import pytest

from models.ingest.rules_version import RULES as INGEST_RULES
from models.outages.rules_version import RULES
from tests.worlds import golden
from tests.worlds.golden import HELD, digests, held, make_golden, read_golden, read_state, run_halves, versions


def test_a_version_of_the_rules_says_one_thing_for_ever() -> None:
    """Raise RULES in models/outages or models/ingest, and run make golden, where this fails and the change is meant."""
    known = orjson.loads(HELD.read_bytes())
    made = digests(make_golden())
    assert made == digests(read_golden())
    assert {"rules": known["rules"][str(RULES)], "ingest rules": known["ingest rules"][str(INGEST_RULES)]} == made


def test_make_golden_refuses_other_outputs_of_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = read_golden() | {"outage.lifecycle.events.v1.txt": "something else"}
    with pytest.raises(ValueError, match="raise RULES in models/outages"):
        held(changed)
    monkeypatch.setattr(golden, "RULES", RULES + 1)
    assert held(changed)["rules"].keys() >= {str(RULES), str(RULES + 1)}


def test_a_state_that_was_kept_goes_on_as_one_of_now() -> None:
    """An upgrade within one version of the rules: the state in the middle was written when that version began."""
    made, state = read_state()
    assert made == versions(), "run make golden: the state in the middle is of other versions"
    _, now = run_halves()
    _, upgraded = run_halves(state)
    assert upgraded == now
    assert any(record["revision"] > 1 for record in upgraded["outage.lifecycle.events.v1"])
