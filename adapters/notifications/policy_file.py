"""The policy file of notifications: TOML with what `models.notifications.policy` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.files.toml import read_toml
from models.notifications.policy import NotificationPolicy

if TYPE_CHECKING:
    from pathlib import Path


def read_notification_policy(path: Path | None) -> NotificationPolicy:
    """Read a policy file; without one all is as usual. Raises `FaultsError` with a sentence for each wrong entry."""
    if path is None:
        return NotificationPolicy()
    return read_toml(path, NotificationPolicy, "--notifications-policy", "docs/notifications.md")
