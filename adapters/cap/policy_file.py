"""The policy file of alerts: TOML with what `models.alerts.issuing.policy` describes."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from models.alerts.issuing.policy import AlertPolicy
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path


def read_policy(path: Path) -> AlertPolicy:
    """Read a policy file. Raises `FaultsError` with a sentence for each wrong entry."""
    try:
        return AlertPolicy.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise FaultsError([f"policy {path}: {(error.strerror or str(error)).lower()}; check --policy"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"policy {path} is no TOML: {str(error).lower()}; mend it there"]) from error
    except ValidationError as error:
        raise FaultsError([_fault(path, entry["loc"], entry["msg"]) for entry in error.errors()]) from error


def _fault(path: Path, place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, place))
    return f"policy {path}{': ' if name else ''}{name}: {message[:1].lower()}{message[1:]}; see docs/cap.md"
