"""A TOML file that gives a model of pydantic, with every wrong entry told at once."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, model: type[Model], option: str, see: str) -> Model:
    """Read a file; `option` is what names it on the command line, `see` the page about it.

    Raises `FaultsError` with a sentence for each wrong entry.
    """
    named = f"{option.removeprefix('--')} {path}"
    try:
        return model.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise FaultsError([f"{named}: {(error.strerror or str(error)).lower()}; check {option}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"{named} is no TOML: {str(error).lower()}; mend it there"]) from error
    except ValidationError as error:
        raise FaultsError([_fault(named, see, entry["loc"], entry["msg"]) for entry in error.errors()]) from error


def _fault(named: str, see: str, place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, place))
    return f"{named}{': ' if name else ''}{name}: {message[:1].lower()}{message[1:]}; see {see}"
