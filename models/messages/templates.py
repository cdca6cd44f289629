"""Texts from templates that others wrote: in a sandbox, which sees plain values and nothing of Python."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

_LONGEST: Final = 4000
"""The most characters of a template: a policy is no novel."""
_ENVIRONMENT: Final = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_ENVIRONMENT.globals.clear()


@cache
def compile_template(text: str) -> Template:
    """Compile a template; ValueError with what is wrong with it."""
    if len(text) > _LONGEST:
        raise ValueError(f"has {len(text)} characters; {_LONGEST} are the most")
    try:
        return _ENVIRONMENT.from_string(text)
    except TemplateError as fault:
        raise ValueError(f"is no template: {fault}") from None


def fill_in(template: Template, values: Mapping[str, object]) -> str:
    """Fill a template in; ValueError with the reason if it fails."""
    try:
        return template.render(values)
    except Exception as fault:  # noqa: BLE001  a template can fail in any way
        raise ValueError(f"{type(fault).__name__}: {fault}") from None
