"""The emulator's description of the three endpoints, as OpenAPI 3.1; made from `limits`.

The service publishes none: what stands here is how the documents are read, in a form that tools can
use. OpenAPI can't say everything (the order of four levels, who owns a tweet); `checks` can.
"""

from __future__ import annotations

from typing import Any, Final

from engagement_kit.emulator.api.limits import (
    ENDPOINTS,
    GROUP_BY,
    MAX_GROUPINGS,
    MAX_TWEETS,
    OFFERED,
    TIME_LEVELS,
    Endpoint,
)

_ERRORS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["errors"],
    "properties": {"errors": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
}
_COUNTS: Final[dict[str, Any]] = {
    "description": "Counts nested as group_by says; leaves are decimal strings.",
    "type": "object",
    "additionalProperties": {
        "anyOf": [
            {"type": "string", "pattern": "^-?[0-9]+$"},
            {"$ref": "#/components/schemas/Counts"},
        ]
    },
}
_STATUSES: Final = {
    "400": "The body is not lawful, or no tweet of it can be shown.",
    "401": "The credentials are wrong.",
    "403": "The app, the metrics or the tweets are not for this caller.",
    "406": "The request does not offer gzip.",
    "413": "The body is too large.",
    "429": "The rate limit is used up; see the x-per-minute and x-per-second headers.",
    "500": "A fault on demand.",
}


def description(base_path: str) -> dict[str, Any]:
    """Describe the API below a base path.

    Parameters
    ----------
    base_path : str
        As in "/insights/engagement".

    Returns
    -------
    dict
        An OpenAPI 3.1 document.

    Examples
    --------
    >>> sorted(description("/x")["paths"])
    ['/x/28hr', '/x/historical', '/x/totals']
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Engagement API, as emulated",
            "version": "1",
            "description": "Invented data. Undocumented texts begin with 'emulator: '.",
        },
        "paths": {f"{base_path}/{name}": {"post": _operation(name)} for name in ENDPOINTS},
        "components": {
            "schemas": {"Errors": _ERRORS, "Counts": _COUNTS},
            "securitySchemes": {
                "oauth1": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "OAuth 1.0a, HMAC-SHA1; the JSON body is not signed.",
                },
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    """Describe one endpoint."""
    return {
        "operationId": endpoint,
        "security": [{"oauth1": []}, *([{"bearer": []}] if endpoint == "totals" else [])],
        "parameters": [
            {
                "name": "Accept-Encoding",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "const": "gzip"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _request(endpoint)}},
        },
        "responses": {"200": _json("The counts.", _answer(endpoint)), **_failures()},
    }


def _request(endpoint: Endpoint) -> dict[str, Any]:
    """Describe the body of a request."""
    levels = [one for one in GROUP_BY if endpoint != "totals" or one not in TIME_LEVELS]
    members: dict[str, Any] = {
        "tweet_ids": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_TWEETS[endpoint],
            "items": {
                "anyOf": [
                    {"type": "string", "pattern": "^[0-9]{1,19}$"},
                    {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
                ]
            },
        },
        "engagement_types": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "enum": list(OFFERED[endpoint])},
        },
        "groupings": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": MAX_GROUPINGS,
            "additionalProperties": {
                "type": "object",
                "required": ["group_by"],
                "properties": {
                    "group_by": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": len(levels),
                        "uniqueItems": True,
                        "items": {"type": "string", "enum": levels},
                    }
                },
            },
        },
    }
    if endpoint == "historical":
        moment = {"type": "string", "examples": ["2024-05-01", "2024-05-01T12:00:00Z"]}
        members |= {"start": moment, "end": moment}
    return {
        "type": "object",
        "required": ["tweet_ids", "engagement_types", "groupings"],
        "properties": members,
    }


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    """Describe the body of a 200: lists and echoes by name, every other key a grouping."""
    ids = {"type": "array", "items": {"type": "string", "pattern": "^[0-9]+$"}}
    known: dict[str, Any] = {
        "errors": _ERRORS["properties"]["errors"],
        "unavailable_tweet_ids": ids,
        "unsupported_for_video_views_tweet_ids": ids,
    }
    if endpoint == "totals":
        known["unsupported_for_impressions_engagements_tweet_ids"] = ids
    else:
        moment = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"}
        known |= {"start": moment, "end": moment}
    return {
        "type": "object",
        "required": [] if endpoint == "totals" else ["start", "end"],
        "properties": known,
        "additionalProperties": {"$ref": "#/components/schemas/Counts"},
    }


def _failures() -> dict[str, Any]:
    """Describe the answers that are no success."""
    errors = {"$ref": "#/components/schemas/Errors"}
    described = {status: _json(text, errors) for status, text in _STATUSES.items()}
    # What a proxy says is not JSON.
    for status, kind in (("502", "text/html"), ("503", "text/plain")):
        described[status] = {"description": "A fault on demand.", "content": {kind: {}}}
    return described


def _json(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Describe one answer in JSON."""
    return {"description": text, "content": {"application/json": {"schema": schema}}}
