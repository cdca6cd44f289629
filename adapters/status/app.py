"""The routes of the status API.

Who may not know of a usage point is told what one is told that there is none; asking for what there is not costs more,
so that nobody finds out by trying. Bodies are bounded in size and time. Problems are told as RFC 9457 has it.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from adapters.status.openapi import document
from adapters.status.tokens import RefusedError
from models.customers.account import power_of_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from starlette.requests import Request

    from adapters.status.gate import Gate
    from adapters.status.states import States
    from adapters.status.tokens import Caller

MOST_POINTS: Final = 500
"""Usage points of one batch."""
MOST_BYTES: Final = 64 << 10
BODY_SECONDS: Final = 5.0
FRESH_SECONDS: Final = 5
MISS_COST: Final = 10.0
BATCH_COST: Final = 0.1
"""Of each usage point of a batch, in requests."""
MOST_ACCOUNTS: Final = 10_000
"""Accounts whose usage points are kept at hand."""
UNAVAILABLE: Final = 503


class Batch(BaseModel):
    """What a batch asks for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    usage_point_ids: list[str] = Field(min_length=1, max_length=MOST_POINTS)


class ProblemError(Exception):
    """What is wrong with a request, and how it is told."""

    def __init__(self, status: int, title: str, **headers: str) -> None:
        self.status, self.title, self.headers = status, title, headers


class StatusApi:
    """Answers requests, all on one loop."""

    def __init__(self, states: States, gate: Gate, now: Callable[[], float], clock: Callable[[], float]) -> None:
        """`now` is the time of day in seconds, `clock` one that never goes back."""
        self._states, self._gate, self._now, self._clock = states, gate, now, clock
        self._own = lru_cache(MOST_ACCOUNTS)(lambda account_id: frozenset(states.points_of(account_id)))
        self._document = orjson.dumps(document(), option=orjson.OPT_SORT_KEYS)

    def application(self) -> Starlette:
        """Make the application."""
        routes = [
            Route("/v1/usage-points/{usage_point_id}/power", self._guarded(self.one), methods=["GET"]),
            Route("/v1/accounts/{account_id}/power", self._guarded(self.account), methods=["GET"]),
            Route("/v1/power/batch", self._guarded(self.batch), methods=["POST"]),
            Route("/openapi.json", self.openapi, methods=["GET"]),
            Route("/healthz", self.healthy, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _refuse})

    async def one(self, request: Request, caller: Caller) -> Response:
        """How a usage point stands."""
        name = request.path_params["usage_point_id"]
        stood = self._states.find([name], self._now()).get(name) if self._may_know(caller, name) else None
        self._charge(caller, 1.0 if stood else MISS_COST)
        if stood is None:
            raise ProblemError(404, "no such usage point")
        return _answer(request, stood.body)

    async def account(self, request: Request, caller: Caller) -> Response:
        """How an account's usage points stand."""
        account_id = request.path_params["account_id"]
        names = self._states.points_of(account_id) if caller.account_id in {None, account_id} else []
        self._charge(caller, 1.0 + BATCH_COST * len(names) if names else MISS_COST)
        if not names:
            raise ProblemError(404, "no such account")
        found = self._states.find(names, self._now())
        bodies = [found[name].body for name in names if name in found]
        power = power_of_account(orjson.loads(body)["power"] for body in bodies)
        return _answer(request, _listed(bodies, [], {"power": power}))

    async def batch(self, request: Request, caller: Caller) -> Response:
        """How many usage points stand; those that nobody knows, or that the key may not, are named apart."""
        names = list(dict.fromkeys((await _asked(request)).usage_point_ids))
        mine = [name for name in names if self._may_know(caller, name)]
        found = self._states.find(mine, self._now())
        misses = len(names) - len(found)
        self._charge(caller, 1.0 + BATCH_COST * len(names) + misses * (MISS_COST - 1) * BATCH_COST)
        unknown = [name for name in names if name not in found]
        return _answer(request, _listed([one.body for one in found.values()], unknown, {}))

    async def openapi(self, _request: Request) -> Response:
        """Say what can be asked."""
        return Response(self._document, media_type="application/json")

    async def healthy(self, _request: Request) -> Response:
        """Whether the process is to be restarted."""
        failure = self._states.failure
        return Response(failure or "healthy\n", 503 if failure else 200, media_type="text/plain")

    async def ready(self, _request: Request) -> Response:
        """Whether it has read all that there was when it started."""
        lacking = [*self._states.lacking(), *self._gate.lacking()]
        return Response("\n".join(lacking) or "ready\n", 503 if lacking else 200, media_type="text/plain")

    def _guarded(self, answer: Callable[[Request, Caller], Any]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                response: Response = await answer(request, self._admit(request))
            except ProblemError as problem:
                return _problem(problem.status, problem.title, problem.headers)
            return response

        return guarded

    def _admit(self, request: Request) -> Caller:
        """Find who asks."""
        if self._states.lacking():
            raise ProblemError(503, "customers' states are still being read", **{"Retry-After": "5"})
        try:
            return self._gate.admit(request.headers.get("authorization", ""), self._now())
        except RefusedError as refused:
            again = {"Retry-After": "5"} if refused.status == UNAVAILABLE else {"WWW-Authenticate": refused.challenge}
            raise ProblemError(refused.status, refused.title, **again) from refused

    def _may_know(self, caller: Caller, usage_point: str) -> bool:
        return caller.account_id is None or usage_point in self._own(caller.account_id)

    def _charge(self, caller: Caller, cost: float) -> None:
        if wait := self._gate.wait(caller, cost, self._clock()):
            raise ProblemError(429, "too many requests", **{"Retry-After": str(int(wait) + 1)})


def _listed(bodies: Iterable[bytes], unknown: Sequence[str], more: Mapping[str, str]) -> bytes:
    """Write states as they are, those that nobody knows, and what is said of all."""
    rest = orjson.dumps({"unknown": unknown, **more})
    return b'{"states":[' + b",".join(bodies) + b"]," + rest[1:]


async def _asked(request: Request) -> Batch:
    """Read the body of a batch."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    raise ProblemError(413, f"a body has at most {MOST_BYTES} bytes")
    except TimeoutError:
        raise ProblemError(408, "the body took too long") from None
    try:
        return Batch.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ProblemError(422, f"{where}: {first['msg']}" if where else first["msg"]) from None


def _problem(status: int, title: str, headers: Mapping[str, str]) -> Response:
    body = orjson.dumps({"type": "about:blank", "status": status, "title": title})
    return Response(body, status, {"Cache-Control": "no-store", **headers}, media_type="application/problem+json")


async def _refuse(_: Request, refused: Exception) -> Response:
    """Tell of a path or a method that there is not."""
    assert isinstance(refused, HTTPException)  # noqa: S101 (registered for no other)
    return _problem(refused.status_code, refused.detail, refused.headers or {})


def _answer(request: Request, body: bytes) -> Response:
    """Answer with a body, or that the asker has it already."""
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={FRESH_SECONDS}", "Vary": "Authorization"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if request.method == "GET" and ({tag, "*"} & known):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
