"""Writes a request as lines that a person can paste: for a shell, for Python, for the kit. Pure.

The keys in them are the emulator's own, which are made up. Whatever a body holds, it stays inside
its quotes, also in a terminal that acts on control characters.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from oauthlib.oauth1 import Client as Signer

if TYPE_CHECKING:
    from engagement_kit.emulator.api.limits import Endpoint
    from engagement_kit.emulator.world.accounts import App, Token

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_TYPED: Final = re.compile(r"[ -~]*")  # what can be typed into a terminal without any effect
_WIDTH: Final = 92
# Objects and lists within each other. Questions have four; to lay out many more takes time and
# room that grow with their square.
DEEPEST: Final = 20
# A path that curl and requests leave as it is: no dots to be resolved, nothing to be unescaped.
_PLAIN_PATH: Final = re.compile(r"/(?:(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+(?:/|$))*")
NO_PATH: Final = "its path holds what curl or Python would change"
NO_METHOD: Final = f"only requests with {', '.join(_METHODS)} can be written as lines"
NO_SHELL: Final = "the body holds characters that a terminal would act on"
NO_QUERY: Final = "the body is no request that ek.Query can stand for"


@dataclass(frozen=True)
class Keys:
    """With what a request is authenticated: a token of an account, or the app's bearer token.

    Attributes
    ----------
    app : App
    bearer : str
        The app's bearer token in force.
    account : str
        Whose token it is; empty where the app asks for itself.
    token : Token, optional
        Missing where the app asks for itself.
    """

    app: App
    bearer: str = field(repr=False)
    account: str = ""
    token: Token | None = None

    @property
    def name(self) -> str:
        """The account's name, or "app"."""
        return self.account or "app"


@dataclass(frozen=True)
class Call:
    """A request to be written down.

    Attributes
    ----------
    method : str
    address : str
        Scheme and host.
    path : str
    body : str
    gzip : bool
        Whether the answer may be packed.
    """

    method: str
    address: str
    path: str
    body: str
    gzip: bool = True

    @property
    def url(self) -> str:
        """The whole address."""
        return self.address + self.path


def authorization(call: Call, keys: Keys, *, at: float, nonce: str) -> str:
    """Return the header Authorization of a request.

    Parameters
    ----------
    call : Call
    keys : Keys
    at : float
        Real time in Unix seconds.
    nonce : str
        Another one for each request.

    Notes
    -----
    A body of JSON is no part of the signature (RFC 5849, section 3.4.1.3.1).
    """
    if keys.token is None:
        return f"Bearer {keys.bearer}"
    signer = Signer(
        keys.app.consumer_key,
        client_secret=keys.app.consumer_secret,
        resource_owner_key=keys.token.token,
        resource_owner_secret=keys.token.secret,
        timestamp=str(int(at)),
        nonce=nonce,
    )
    method: Any = call.method  # the stubs know only the usual ones
    _, headers, _ = signer.sign(call.url, method)
    return str(headers["Authorization"])


def problem(call: Call) -> str:
    """Return why a request can't be written down at all; empty where it can."""
    if not _PLAIN_PATH.fullmatch(call.path):
        return NO_PATH
    return "" if call.method in _METHODS else NO_METHOD


def curl(call: Call, header: str) -> str:
    r"""Write a request for a shell.

    Raises
    ------
    ValueError
        If the body can't be typed.

    Examples
    --------
    >>> print(curl(Call("POST", "http://127.0.0.1", "/a", "{'}"), "Bearer x"))
    curl -sS --compressed http://127.0.0.1/a \
      -H 'Authorization: Bearer x' \
      -H 'Content-Type: application/json' \
      --data-raw '{'"'"'}'
    """
    lines = ["curl -sS" + " --compressed" * call.gzip]
    if call.method != "POST":
        lines[0] += f" -X {call.method}"
    lines[0] += " " + shlex.quote(call.url)
    lines.append(f"  -H {shlex.quote(f'Authorization: {header}')}")
    if call.method == "POST" or call.body:
        lines.append("  -H 'Content-Type: application/json'")
        lines.append(f"  --data-raw {shlex.quote(_typed(call.body))}")
    return " \\\n".join(lines)


def python(call: Call, keys: Keys) -> str:
    """Write a request for Python, with requests and requests_oauthlib."""
    lines = ["import requests"]
    headers: dict[str, str] = {}
    given = [f"    {_text(call.url)},"]
    value = plain_json(call.body)
    if value is not None:
        given.append(f"    json={_literal(value, 4)},")
    elif call.body or call.method == "POST":
        headers["Content-Type"] = "application/json"
        given.append(f"    data={_text(call.body)}.encode(),")
    if keys.token is None:
        headers["Authorization"] = f"Bearer {keys.bearer}"
    else:
        lines.append("from requests_oauthlib import OAuth1")
        app, token = keys.app, keys.token
        values = [app.consumer_key, app.consumer_secret]
        values += [token.token, token.secret]
        given += ["    auth=OAuth1(", *(f"        {_text(one)}," for one in values), "    ),"]
    if not call.gzip:
        headers["Accept-Encoding"] = "identity"
    if headers:
        given.append(f"    headers={_literal(headers, 4)},")
    verb = call.method.lower()
    called = ["", f"answer = requests.{verb}(", *given, "    timeout=60,", ")"]
    return "\n".join([*lines, *called, "print(answer.status_code, answer.text)"])


def kit(
    call: Call, keys: Keys, endpoint: Endpoint, window: tuple[str, str] | None, base_path: str
) -> str:
    """Write a request for engagement_kit.

    Parameters
    ----------
    call, keys
        As above.
    endpoint : {"totals", "28hr", "historical"}
    window : tuple of str, optional
        Start and end, where the body names one.
    base_path : str
        What stands between the address and the endpoint's name.

    Raises
    ------
    ValueError
        If the body is no request that a `Query` can stand for.
    """
    ids, metrics, groupings = _asked(plain_json(call.body), endpoint)
    lines = ["import engagement_kit as ek", "", "with ek.connect("]
    lines.append(f"    base_url={_text(call.address + base_path)},")
    if keys.token is None:
        lines.append(f"    bearer_token={_text(keys.bearer)},")
    else:
        lines += [
            f"    consumer_key={_text(keys.app.consumer_key)},",
            f"    consumer_secret={_text(keys.app.consumer_secret)},",
            f"    access_token={_text(keys.token.token)},",
            f"    access_token_secret={_text(keys.token.secret)},",
        ]
    lines += [") as client:", "    query = ek.Query("]
    lines += [f"        {_literal(one, 8)}," for one in (endpoint, ids, metrics)]
    lines.append(f"        groupings={_literal(groupings, 8)},")
    if window is not None:
        lines.append(f"        period=ek.between({_text(window[0])}, {_text(window[1])}),")
    lines += ["    )", "    print(client.run(query).to_pandas())"]
    return "\n".join(lines)


def _asked(body: Any, endpoint: Endpoint) -> tuple[list[str], list[str], dict[str, list[str]]]:
    """Return ids, metrics and groupings of a body; or say that no query stands for just this."""
    dates = {"start", "end"} if endpoint == "historical" else set()
    wanted = {"tweet_ids", "engagement_types", "groupings"}
    if not isinstance(body, dict) or not wanted <= body.keys() <= wanted | dates:
        raise ValueError(NO_QUERY)
    if not all(isinstance(body[name], str) for name in dates & body.keys()):
        raise ValueError(NO_QUERY)
    ids = [str(one) for one in _listed(body["tweet_ids"], str, int)]
    groupings = body["groupings"]
    if not isinstance(groupings, dict) or not groupings:
        raise ValueError(NO_QUERY)
    levels = {name: _levels(one) for name, one in groupings.items()}
    return ids, _listed(body["engagement_types"], str), levels


def _listed(value: Any, *kinds: type) -> list[Any]:
    """Return a list whose members are of these very types: true is no number, a text no list."""
    if not isinstance(value, list) or not value or any(type(one) not in kinds for one in value):
        raise ValueError(NO_QUERY)
    return value


def _levels(grouping: Any) -> list[str]:
    """Return the levels of a grouping that says nothing else."""
    if not isinstance(grouping, dict) or grouping.keys() != {"group_by"}:
        raise ValueError(NO_QUERY)
    return _listed(grouping["group_by"], str)


def _typed(body: str) -> str:
    """Return a body as it can be typed into a terminal, with the same meaning.

    In JSON white space between tokens may be any, and characters beyond ASCII stand in texts only,
    where they can be escaped.
    """
    if _TYPED.fullmatch(body):
        return body
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(NO_SHELL) from None
    flat = re.sub(r"[ \t\n\r]+", _spaces, body)
    return re.sub(r"[^ -~]", lambda found: json.dumps(found[0])[1:-1], flat)


def _spaces(found: re.Match[str]) -> str:
    """Return white space without what breaks a line; spaces alone may stand in a text."""
    return found[0] if not found[0].strip(" ") else " "


def plain_json(body: str) -> Any:
    """Read an object that Python can write again as it was; None where there is none.

    Notes
    -----
    What is nested deeper than `DEEPEST` is none: it stays the text that it is.
    """
    try:
        value = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _is_plain(value, DEEPEST) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of members, or say that a name stands twice."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice")
    return members


def _is_plain(value: Any, levels: int) -> bool:
    """Tell whether Python can write a value: no more levels, and no number that it can't write."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return levels > 0 and all(_is_plain(one, levels - 1) for one in inner)
    return not isinstance(value, float) or math.isfinite(value)


def _text(value: str) -> str:
    """Write a text as Python does, in ASCII."""
    return json.dumps(value) if _TYPED.fullmatch(value) else ascii(value)


def _literal(value: Any, indent: int) -> str:
    """Write a value as Python does: on one line, or each member on its own, indented."""
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, dict | list) or not value:
        return repr(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, dict):
        members = [f"{_text(name)}: {_literal(one, indent + 4)}" for name, one in value.items()]
    else:
        members = [_literal(one, indent + 4) for one in value]
    flat = opening + ", ".join(members) + closing
    if len(flat) <= _WIDTH - indent and "\n" not in flat:
        return flat
    lines = [f"{one}," for one in members]
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        lines = _filled(lines, _WIDTH - indent - 4)  # ids or names: as many as find room
    inner = " " * (indent + 4)
    return "\n".join([opening, *(inner + one for one in lines), " " * indent + closing])


def _filled(words: list[str], room: int) -> list[str]:
    """Put words on lines, as many to each as find room."""
    found = [words[0]]
    for word in words[1:]:
        if len(found[-1]) + 1 + len(word) <= room:
            found[-1] += " " + word
        else:
            found.append(word)
    return found
