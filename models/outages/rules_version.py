"""The version of the engine's rules, and what it means for a state."""

from __future__ import annotations

from typing import Final

RULES: Final = 25
"""Raised by hand whenever the same evidence log gives other outputs: `tests/models/test_rules_version.py` holds it.

Within one version a state goes on through any upgrade, and a checkpoint too. With another one a state that the output
has run ahead of is refused: what was said since its snapshot would be said again in other words.
"""
