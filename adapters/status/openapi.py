"""What can be asked of the status API, as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any, Final

from models.contracts.outputs.customer_power import CustomerPowerRecord

ADDED: Final = ("event_id", "schema_version", "organisation", "sequence", "updated_at")
"""Fields that a usage point without a record has not."""
NULL_TOO: Final = ("outage_id", "revision")
_OF_ACCOUNT: Final = (
    "Of all usage points in one word. `partial`: some are out. `unknown`: none is, and some are unknown."
)
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "status", "title"],
    "properties": {"type": {"type": "string"}, "status": {"type": "integer"}, "title": {"type": "string"}},
}
_REFUSALS: Final = {
    "401": "No valid key or token; see WWW-Authenticate.",
    "403": "The token opens nothing here; see WWW-Authenticate.",
    "404": "Nothing that the key may know of.",
    "429": "Too many requests; see Retry-After.",
    "503": "States are still being read; see Retry-After.",
}


def document() -> dict[str, Any]:
    """Make the document."""
    state = CustomerPowerRecord.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = state.pop("$defs", {})
    state["required"] = [name for name in state["required"] if name not in ADDED]
    for name in NULL_TOO:
        state["properties"][name] = {"anyOf": [state["properties"][name], {"type": "null"}]}
    listed: dict[str, Any] = {
        "type": "object",
        "required": ["states", "unknown"],
        "properties": {
            "states": {"type": "array", "items": {"$ref": "#/components/schemas/State"}},
            "unknown": {"type": "array", "items": {"type": "string"}},
        },
    }
    of_account = {
        **listed,
        "required": [*listed["required"], "power"],
        "properties": {**listed["properties"], "power": state["properties"]["power"] | {"description": _OF_ACCOUNT}},
    }
    batch = {
        "type": "object",
        "required": ["usage_point_ids"],
        "additionalProperties": False,
        "properties": {
            "usage_point_ids": {"type": "array", "minItems": 1, "maxItems": 500, "items": {"type": "string"}}
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": batch}}}
    more = {"408": "The body took too long.", "413": "The body is too large.", "422": "The body is no batch."}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Faultline: how customers stand", "version": "1"},
        "security": [{"key": []}, {"token": []}],
        "paths": {
            "/v1/usage-points/{usage_point_id}/power": {"get": _operation("State", "usage_point_id", cached=True)},
            "/v1/accounts/{account_id}/power": {"get": _operation("AccountStates", "account_id", cached=True)},
            "/v1/power/batch": {"post": {**_operation("States", refusals=more), "requestBody": body}},
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "schemas": {
                **definitions,
                "State": state,
                "States": listed,
                "AccountStates": of_account,
                "Problem": _PROBLEM,
            },
        },
    }


def _operation(
    schema: str, parameter: str | None = None, refusals: dict[str, str] | None = None, *, cached: bool = False
) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "200": {
            "description": "As it stands.",
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        }
    }
    if cached:
        answers["304"] = {"description": "As it was, by If-None-Match."}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, reason in (_REFUSALS | (refusals or {})).items():
        answers[status] = {"description": reason, "content": problem}
    if parameter is None:
        return {"responses": answers}
    named = {"name": parameter, "in": "path", "required": True, "schema": {"type": "string"}}
    return {"parameters": [named], "responses": answers}
