"""The model file: TOML that replaces any of the defaults of `models.outages.weights.parameters`."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from models.outages.weights.parameters import Parameters
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path


class ModelFaultsError(FaultsError):
    """A model file that cannot be used."""


def read_model(path: Path) -> Parameters:
    """Read a model file. Raises `ModelFaultsError` with a sentence for each wrong entry."""
    try:
        return Parameters.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ModelFaultsError(
            [f"model file {path}: {(error.strerror or str(error)).lower()}; check --model"]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelFaultsError([f"model file {path} is no TOML: {str(error).lower()}; mend it there"]) from error
    except ValidationError as error:
        raise ModelFaultsError([_fault(path, entry["loc"], entry["msg"]) for entry in error.errors()]) from error


def _fault(path: Path, place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, place))
    return (
        f"model file {path}{': ' if name else ''}{name}: {message[:1].lower()}{message[1:]}; see faultline model show"
    )
