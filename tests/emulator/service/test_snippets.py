from __future__ import annotations

import ast
import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.emulator import World
from engagement_kit.emulator.service import snippets
from engagement_kit.emulator.service.snippets import DEEPEST, NO_QUERY, NO_SHELL, Call, Keys
from engagement_kit.emulator.world.accounts import Token

WORLD = World()
OWNER = WORLD.accounts[0]
TOKEN = Token(OWNER.access_token, OWNER.access_token_secret)
ACME = Keys(WORLD.app, WORLD.app.bearer_token, "acme", TOKEN)
APP = Keys(WORLD.app, WORLD.app.bearer_token)
PATH = "/insights/engagement/totals"
GOOD = {
    "tweet_ids": [str(2061384949969226276 + n) for n in range(250)],
    "engagement_types": ["favorites"],
    "groupings": {"g": {"group_by": ["tweet.id"]}},
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def call(body: str = "{}", **members: Any) -> Call:
    """Make a request."""
    return Call(
        **{"method": "POST", "address": "http://h:1", "path": PATH, "body": body, **members}
    )


def words(line: str) -> list[str]:
    """Cut a line of a shell as a shell does."""
    return shlex.split(line.replace("\\\n", ""))


def passed(code: str) -> dict[str, Any]:
    """Read what a Python snippet passes on by name."""
    (called,) = [
        one.value
        for one in ast.parse(code).body
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call)
    ]
    return {
        str(one.arg): ast.literal_eval(one.value)
        for one in called.keywords
        if not isinstance(one.value, ast.Call)
    }


HOSTILE = [
    *("'; touch /tmp/pwned; '", "$(touch x)", "`touch x`", "@/etc/passwd", '"', "\\", "\\'", "!!"),
    *("-x", "", "&& ls", "' \\\n; ls", "%s%n", "#", "{'}"),
]


@pytest.mark.parametrize("body", [one for one in HOSTILE if "\n" not in one])
def test_a_body_stays_in_its_quotes(body: str) -> None:
    """Whatever a body holds, a shell reads it as one word, and curl as no file's name."""
    found = words(snippets.curl(call(body), "Bearer x"))
    assert found[found.index("--data-raw") + 1] == body
    assert found[:2] == ["curl", "-sS"]
    assert found.count("-H") == 2


@given(JSON)
def test_json_keeps_its_meaning_in_a_shell(value: Any) -> None:
    """Any JSON, however it is laid out, is typed in printable ASCII, and means the same."""
    for indent in (None, 2, "\t"):
        body = json.dumps(value, indent=indent, ensure_ascii=False).replace("\x7f", "?")
        line = snippets.curl(call(body), "Bearer x")
        typed = words(line)[-1]
        assert all(" " <= one <= "~" for one in typed)
        assert json.loads(typed) == json.loads(body)


@pytest.mark.parametrize("body", ["\x03", "{\n", "a\tb", "\x1b[2J", "\N{SNOWMAN}", '{"a": "\x7f'])
def test_what_a_terminal_would_act_on(body: str) -> None:
    """A body that is no JSON, with characters that a terminal acts on, has no line for a shell."""
    with pytest.raises(ValueError, match=NO_SHELL):
        snippets.curl(call(body), "Bearer x")
    data = passed_data(snippets.python(call(body), APP))
    assert data == body


def passed_data(code: str) -> str:
    """Read the text that a Python snippet passes on as data."""
    found = [
        one
        for one in ast.walk(ast.parse(code))
        if isinstance(one, ast.keyword) and one.arg == "data"
    ]
    value = found[0].value
    assert isinstance(value, ast.Call)
    assert isinstance(value.func, ast.Attribute)
    text: str = ast.literal_eval(value.func.value)
    return text


@given(st.dictionaries(st.text(), JSON))
def test_python_passes_the_same_json(value: dict[str, Any]) -> None:
    """The Python lines are ASCII, can be read, and hold the same JSON."""
    code = snippets.python(call(json.dumps(value)), APP)
    assert code.isascii()
    assert passed(code)["json"] == value


@pytest.mark.parametrize(
    "body",
    ['{"a": 1, "a": 2}', "[1]", "1", "nonsense", "{", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000],
)
def test_what_python_would_change_is_passed_as_text(body: str) -> None:
    """A body that would not come back the same from JSON is passed on as it is."""
    code = snippets.python(call(body), APP)
    assert passed_data(code) == body
    assert "application/json" in code


def nested(levels: int) -> str:
    """Write an object with lists in it, in so many levels, each with a long neighbour."""
    inner = '["' + "x" * 90 + '", '
    return '{"a": ' + inner * (levels - 1) + "1" + "]" * (levels - 1) + "}"


@pytest.mark.parametrize("levels", [DEEPEST + 1, 300, 450, 950, 5000])
def test_deep_json_is_passed_as_text(levels: int) -> None:
    """A body of many levels is no longer laid out: the lines grow with it, not with its square."""
    body = nested(levels)
    code = snippets.python(call(body), APP)
    assert passed_data(code) == body
    assert len(code) < len(body) * 2 + 1000
    assert words(snippets.curl(call(body), "Bearer x"))[-1] == body
    with pytest.raises(ValueError, match=NO_QUERY):
        snippets.kit(call(body), ACME, "totals", None, "/base")


def test_the_deepest_json_that_is_laid_out() -> None:
    """Up to the limit a body is laid out, level by level."""
    body = nested(DEEPEST)
    code = snippets.python(call(body), APP)
    assert passed(code)["json"] == json.loads(body)
    indents = [len(line) - len(line.lstrip()) for line in code.splitlines()]
    assert max(indents) >= 4 * (DEEPEST - 1)


def test_python_is_laid_out() -> None:
    """Long lists fill lines, none of which is too long; what is short stays on one line."""
    code = snippets.python(call(json.dumps(GOOD)), ACME)
    lines = code.splitlines()
    assert max(len(line) for line in lines) <= 100
    assert '        "engagement_types": ["favorites"],' in lines
    assert len(lines) < len(GOOD["tweet_ids"]) / 2
    assert passed(code)["json"] == GOOD


def test_what_a_caller_could_not_unpack_stays_so() -> None:
    """Who did not offer gzip does not offer it in the lines either."""
    one = call(gzip=False)
    assert "--compressed" not in snippets.curl(one, "Bearer x")
    assert passed(snippets.python(one, APP))["headers"]["Accept-Encoding"] == "identity"


def test_other_methods() -> None:
    """A request with another method keeps it; a method that is none of the usual has no lines."""
    one = call("", method="GET")
    found = words(snippets.curl(one, "Bearer x"))
    assert found[found.index("-X") + 1] == "GET"
    assert "--data-raw" not in found
    assert "requests.get(" in snippets.python(one, APP)
    assert snippets.problem(one) == ""
    assert "GET, POST" in snippets.problem(call(method="BREW; ls"))


def test_the_kit(world: World) -> None:
    """The lines for the kit hold ids, metrics, groupings, the period and the account's keys."""
    window = ("2024-04-01T00:00:00Z", "2024-04-02T00:00:00Z")
    body = json.dumps({**GOOD, "tweet_ids": [1, "2"]})
    code = snippets.kit(call(body), ACME, "historical", window, "/base")
    ast.parse(code)
    assert 'base_url="http://h:1/base"' in code
    assert f'access_token="{world.accounts[0].access_token}"' in code
    assert '["1", "2"]' in code
    assert 'groupings={"g": ["tweet.id"]}' in code
    assert 'ek.between("2024-04-01T00:00:00Z", "2024-04-02T00:00:00Z")' in code
    alone = snippets.kit(call(body), APP, "totals", None, "/base")
    assert "bearer_token" in alone
    assert "access_token" not in alone


def odd(**members: Any) -> str:
    """Write a good question with some members changed."""
    return json.dumps({**GOOD, **members})


@pytest.mark.parametrize(
    "body",
    [
        odd(tweet_ids="12345"),
        odd(tweet_ids=[True]),
        odd(tweet_ids=[1.0]),
        odd(tweet_ids={"1": "2"}),
        odd(engagement_types="favorites"),
        odd(engagement_types={"favorites": 1}),
        odd(groupings={"g": {"group_by": "tweet.id"}}),
        odd(groupings={"g": {"group_by": ["tweet.id", None]}}),
        odd(groupings={"g": {"group_by": []}}),
        odd(groupings={"g": {"group_by": ["tweet.id"], "more": 1}}),
        odd(groupings={"g": ["tweet.id"]}),
        odd(groupings={}),
        odd(more=1),
        odd(start=None),
        odd(start=1, end=2),
        odd(start=["2024-04-01"], end="2024-04-02"),
    ],
)
def test_no_query_stands_for_another_body(body: str) -> None:
    """Where a query would ask for something else than the body, there are no lines for the kit."""
    for endpoint in ("totals", "28hr", "historical"):
        with pytest.raises(ValueError, match=NO_QUERY):
            snippets.kit(call(body), ACME, endpoint, None, "/base")


def test_dates_belong_to_one_endpoint() -> None:
    """The other endpoints take no dates, so that lines with them would be another request."""
    body = odd(start="2024-04-01", end="2024-04-02")
    assert "ek.Query" in snippets.kit(call(body), ACME, "historical", None, "/base")
    for endpoint in ("totals", "28hr"):
        with pytest.raises(ValueError, match=NO_QUERY):
            snippets.kit(call(body), ACME, endpoint, None, "/base")


@pytest.mark.parametrize(
    "body",
    [
        *("{}", "[]", "nonsense", '{"tweet_ids": 1}'),
        '{"tweet_ids": [], "engagement_types": ["a"], "groupings": {}}',
        '{"tweet_ids": [null], "engagement_types": ["a"], "groupings": {}}',
        '{"tweet_ids": ["1"], "engagement_types": ["a"], "groupings": []}',
        '{"tweet_ids": ["1"], "engagement_types": ["a"], "groupings": {"g": {"group_by": 1}}}',
        '{"tweet_ids": ["1"], "engagement_types": [1], "groupings": {"g": {"group_by": []}}}',
    ],
)
def test_what_no_query_stands_for(body: str) -> None:
    """A body that has not the form of a question has no lines for the kit."""
    with pytest.raises(ValueError, match=NO_QUERY):
        snippets.kit(call(body), ACME, "totals", None, "/base")


def test_a_signature_is_of_its_moment() -> None:
    """A signature depends on moment and nonce; the app's bearer token does not."""
    signed = [
        snippets.authorization(call(), ACME, at=at, nonce=nonce)
        for at, nonce in ((1.0, "a"), (1.9, "a"), (2.0, "a"), (1.0, "b"))
    ]
    assert signed[0] == signed[1]
    assert len(set(signed)) == 3
    assert 'oauth_timestamp="1"' in signed[0]
    bearer = snippets.authorization(call(), APP, at=1.0, nonce="a")
    assert bearer == f"Bearer {WORLD.app.bearer_token}"


def test_keys_stay_out_of_the_repr() -> None:
    """Keys are not in the repr of what holds them."""
    assert WORLD.app.consumer_secret not in repr(ACME)
    assert OWNER.access_token not in repr(ACME)
    assert WORLD.app.bearer_token not in repr(APP)
    assert (ACME.name, APP.name) == ("acme", "app")
