"""Requests ready to be sent, and requests as lines to paste, signed at the moment of asking.

Lines are written of any body for an endpoint, and of what is kept of a request if that is all of
it: for the three endpoints if it had no query, for a path that there is not if it had no body too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from engagement_kit.emulator.api.limits import (
    BASE_PATH,
    DAY,
    ENDPOINTS,
    HISTORY_BEGINS,
    HOUR,
    LOOKBACK,
    MAX_SPAN,
    MAX_TWEETS,
    METRIC,
    PUBLIC_METRICS,
    TIMESTAMP_LIFETIME_S,
    TOTALS_METRICS,
    TWEET,
    Endpoint,
)
from engagement_kit.emulator.api.windows import find_window
from engagement_kit.emulator.service import looking, snippets, tokens
from engagement_kit.emulator.service.details import Detail
from engagement_kit.emulator.service.packing import MAX_BODY
from engagement_kit.emulator.service.snippets import Call, Keys
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.service.values import NotThere, Values, one_of, tweet_ids
from engagement_kit.emulator.world.clock import as_written

APP: Final = "app"
_METRICS: Final = ["impressions", "engagements", "favorites", "url_clicks"]
_LEVELS: Final[dict[Endpoint, dict[str, list[str]]]] = {
    "totals": {"by_tweet": [TWEET, METRIC]},
    "28hr": {"by_hour": [TWEET, METRIC, DAY, HOUR]},
    "historical": {"by_day": [TWEET, METRIC, DAY]},
}
_HOUR: Final = timedelta(hours=1)
_HOLDS_SECRETS: Final = "what it was signed with is not kept"
_NOT_WHOLE: Final = "of its query only the names are kept, or of its path only the beginning"


def ready(state: State, values: Values) -> dict[str, Any]:
    """Write the body of a good request about tweets."""
    endpoint = _endpoint(values)
    ids = tweet_ids(values, MAX_TWEETS[endpoint])
    metrics = _METRICS
    if endpoint == "totals":
        keys = _keys(state, values.get("as", state.world.accounts[0].name))
        metrics = list(TOTALS_METRICS if keys.token else PUBLIC_METRICS)
    body = {
        "tweet_ids": ids,
        "engagement_types": metrics,
        "groupings": {name: {"group_by": by} for name, by in _LEVELS[endpoint].items()},
        **(_days(state, ids) if endpoint == "historical" else {}),
    }
    return {"endpoint": endpoint, "path": f"{BASE_PATH}/{endpoint}", "body": body}


def _days(state: State, ids: list[str]) -> dict[str, str]:
    """Choose start and end: from the newest tweet's first hour on, 28 days at most.

    Nothing is chosen where the API chooses well: for tweets beyond the history's reach.
    """
    now = state.clock.now()
    told = looking.about(state, {"tweet_ids": ",".join(ids)})["tweets"]
    created = max((one["created_at"] for one in told if one["created_at"]), default=None)
    if created is None:
        return {}
    start = datetime.fromisoformat(created).replace(minute=0, second=0)
    reach = HISTORY_BEGINS if state.settings.profile == "reference" else now - LOOKBACK + _HOUR
    if not reach <= start <= now:
        return {}
    end = start + MAX_SPAN
    return {"start": as_written(start), **({"end": as_written(end)} if end <= now else {})}


def lines(state: State, values: Values) -> dict[str, Any]:
    """Write a request as lines to paste: one that is kept, or any body for an endpoint.

    What can't be written is missing from `lines`, and `missing` says why.

    Raises
    ------
    NotThere
        If not all of the request is kept, so that the lines would be another one.
    """
    detail = looking.find(state, values) if "number" in values else None
    address = _origin(values["address"])
    call = _kept(detail, address) if detail else _given(values, address)
    app = values.get("app") or (detail.record.app if detail else "")
    keys = _keys(state, values.get("as") or _as_before(state, detail), app)
    header = snippets.authorization(call, keys, at=state.real_time(), nonce=state.draw(16))
    found: dict[str, str] = {}
    missing: dict[str, str] = {}
    writers: dict[str, Callable[[], str]] = {
        "curl": lambda: snippets.curl(call, header),
        "python": lambda: snippets.python(call, keys),
        "kit": lambda: _kit(state, call, keys),
    }
    for name, write in writers.items():
        try:
            found[name] = write()
        except ValueError as problem:
            missing[name] = str(problem)
    return {
        "as": keys.name,
        "app": keys.app.name,
        "good_for_s": TIMESTAMP_LIFETIME_S if keys.token else None,
        "revoked": _is_revoked(state, keys),
        "enabled": state.is_enabled(keys.app.name),
        "warning": _warning(state, keys),
        "request": {
            "method": call.method,
            "path": call.path,
            "headers": {"Authorization": header, "Content-Type": "application/json"},
            "body": call.body,
        },
        "lines": found,
        "missing": missing,
    }


def _kept(detail: Detail, address: str) -> Call:
    """Take a request that is kept; all of it must be."""
    body, whole = detail.body.plain()
    text = body.decode("utf-8", "replace")
    path = detail.record.path
    call = Call(detail.record.method, address, path, text, detail.offered_gzip)
    why = snippets.problem(call)
    if tokens.is_meant(path):
        why = _HOLDS_SECRETS
    elif not detail.whole_target:
        why = _NOT_WHOLE
    elif not whole or text.encode() != body:
        why = detail.body.why_not or "not all of its body is kept, or it is no text"
    if why:
        raise NotThere(f"request {detail.record.number} can't be written as lines: {why}")
    return call


def _given(values: Values, address: str) -> Call:
    """Take an endpoint and a body, as a text or as an object."""
    body = values.get("body")
    if not isinstance(body, str | dict):
        raise ValueError("body is missing; it is a text or an object, beside an endpoint")
    text = body if isinstance(body, str) else _written(body)
    if len(text) > MAX_BODY:
        raise ValueError(f"the body has more than {MAX_BODY} characters")
    return Call("POST", address, f"{BASE_PATH}/{_endpoint(values)}", text)


def _written(body: dict[str, Any]) -> str:
    """Write an object as JSON."""
    try:
        return json.dumps(body)
    except RecursionError:
        raise ValueError("the object is nested too deep to be written; give it as a text") from None


def _kit(state: State, call: Call, keys: Keys) -> str:
    """Write a request for the kit, with the hours that it is about."""
    place = call.path.removeprefix(f"{BASE_PATH}/")
    endpoint = next((one for one in ENDPOINTS if one == place), None)
    if endpoint is None or call.method != "POST":
        raise ValueError(snippets.NO_QUERY)
    window = _window(state, call.body) if endpoint == "historical" else None
    return snippets.kit(call, keys, endpoint, window, BASE_PATH)


def _window(state: State, body: str) -> tuple[str, str] | None:
    """Return start and end as a query needs them, both and whole; as they are where they are wrong.

    None where neither is named: both the API and the kit then take the last 28 days. The kit counts
    whole hours alone, so that an end in the running hour becomes its beginning.
    """
    members = snippets.plain_json(body) or {}
    start, end = (members.get(name) for name in ("start", "end"))
    if start is None and end is None:
        return None
    try:
        window = find_window("historical", (start, end), state.settings, state.clock.now())
        assert window is not None
        begins, ends = window.moments()
        over = state.clock.now().replace(minute=0, second=0, microsecond=0)
        return as_written(begins), as_written(over if begins < over < ends else ends)
    except (ValueError, TypeError, OverflowError):
        if isinstance(start, str) and isinstance(end, str):
            return start, end
        raise ValueError(snippets.NO_QUERY) from None


def _keys(state: State, name: object, app_name: str = "") -> Keys:
    """Find keys by an account's name or user id; "app" is the app's bearer token."""
    grants = state.grants
    app = grants.find_app(app_name) if app_name else grants.apps[0]
    for one in grants.accounts:
        if name in (one.name, one.user_id):
            return Keys(app, grants.bearer(app), one.name, grants.token(app, one))
    one_of("as", name, (APP, *(one.name for one in grants.accounts)))
    return Keys(app, grants.bearer(app))


def _is_revoked(state: State, keys: Keys) -> bool:
    """Tell whether the token was revoked, so that the lines get 401."""
    return keys.token is not None and state.grants.find(keys.app, keys.token.token) is None


def _warning(state: State, keys: Keys) -> str:
    """Say what the lines get by these keys, whatever they ask; empty where that is no refusal."""
    if _is_revoked(state, keys) and state.settings.credentials == "verified":
        return "the token was revoked: they get 401"
    return "" if state.is_enabled(keys.app.name) else "the app is not enabled: they get 403"


def _as_before(state: State, detail: Detail | None) -> str:
    """Tell by whose keys a request came in; the first account's where nobody's were good."""
    if detail and detail.record.credential == "app":
        return APP
    return (detail.record.account if detail else "") or state.world.accounts[0].name


def _endpoint(values: Values) -> Endpoint:
    """Read which endpoint is meant."""
    name = one_of("endpoint", values.get("endpoint"), ENDPOINTS)
    return next(one for one in ENDPOINTS if one == name)


def _origin(url: str) -> str:
    """Return scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
