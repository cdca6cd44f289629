"""The version of the rules by which raw lines become evidence."""

from __future__ import annotations

from typing import Final

RULES: Final = 9
"""Raised by hand whenever the same lines give other evidence or dead letters (`tests/models/test_rules_version.py`).

Each record of the evidence log says by which it was made; the log goes on through a change, as it is.
"""
