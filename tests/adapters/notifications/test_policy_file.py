"""The policy file of notifications: the page's own, and one that names little."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.notifications.policy_file import read_notification_policy
from models.notifications.policy import NotificationPolicy
from models.refusal import FaultsError
from tests.worlds.storms import HOME


def test_the_page_shows_what_holds_without_a_file(tmp_path: Path) -> None:
    page = (HOME / "docs" / "notifications.md").read_text("utf-8")
    (tmp_path / "policy.toml").write_text(re.findall(r"```toml\n(kinds = .*?)```", page, re.DOTALL)[0])
    shown, usual = read_notification_policy(tmp_path / "policy.toml"), NotificationPolicy()
    without_default = {"quiet_from", "quiet_to", "a_minute"}
    assert shown.model_dump(exclude=without_default) == usual.model_dump(exclude=without_default)
    assert {name for name in without_default if getattr(usual, name)} == set()
    assert {name for name in without_default if getattr(shown, name)} == without_default


def test_what_a_table_leaves_out_is_as_usual(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[shut_off_ahead]\nhours = [6]\n[planned_ahead]\ndays = []\nhours = []\n")
    policy = read_notification_policy(tmp_path / "policy.toml")
    assert (policy.shut_off_ahead.days, policy.shut_off_ahead.hours) == ([2, 1], [6])
    assert policy.shut_off_ahead.proof_minutes == 60
    assert (policy.planned_ahead.days, policy.planned_ahead.proof_minutes) == ([], None)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[shut_off_ahead]\nhours = [0]\nday = [1]\n[a_minute]\nfax = 3\n")
    with pytest.raises(FaultsError) as refused:
        read_notification_policy(tmp_path / "policy.toml")
    assert all(name in str(refused.value) for name in ("hours", "day", "fax"))
