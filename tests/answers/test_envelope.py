"""Every body can be read into its parts, or is said to be unreadable; nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.answers.envelope import Envelope, Unreadable, read
from engagement_kit.errors import UnreadableAnswer

BODY = json.dumps(
    {
        "start": "2015-11-17T22:00:00Z",
        "end": "2015-11-19T02:27:50Z",
        "errors": ["1 Tweet ID(s) are unavailable"],
        "unavailable_tweet_ids": ["323456789"],
        "unsupported_for_video_views_tweet_ids": ["223456789"],
        "a grouping": {
            "423456789": {"favorites": "67", "replies": "8", "retweets": 26},
            "223456789": {"favorites": "0", "video_views": "0", "Ünïcode": "-1"},
        },
    }
).encode()


def leaf(text: str) -> Any:
    """Read one value that stands as a count in a body."""
    return read(f'{{"g": {{"20": {text}}}}}').groupings["g"]["20"]


def test_the_parts_of_a_body() -> None:
    """Window, words, side lists and counts each come to their place."""
    parts = read(BODY)
    assert parts.start == datetime(2015, 11, 17, 22, tzinfo=UTC)
    assert parts.end == datetime(2015, 11, 19, 2, 27, 50, tzinfo=UTC)
    assert parts.errors == ("1 Tweet ID(s) are unavailable",)
    assert parts.unavailable == ("323456789",)
    assert parts.unsupported == {"video_views": ("223456789",)}
    assert parts.listed == {"323456789", "223456789"}
    assert list(parts.groupings) == ["a grouping"]
    assert parts.groupings["a grouping"]["423456789"]["retweets"] == 26
    assert parts.unknown == {}


def test_every_part_is_optional() -> None:
    """An empty object is an answer that says nothing; a lone grouping has no window."""
    assert read("{}") == Envelope()
    parts = read('{"Grand Totals": {"favorites": "12"}}')
    assert (parts.start, parts.end, parts.listed) == (None, None, frozenset())


@pytest.mark.parametrize("way", [bytes.decode, json.loads, lambda b: b"\xef\xbb\xbf" + b, bytes])
def test_bytes_text_and_read_json_are_the_same(way: Any) -> None:
    """With a byte order mark or without, as text or already read: the same parts."""
    assert read(way(BODY)) == read(BODY)
    assert read("\ufeff" + BODY.decode()) == read(BODY)


# --- odd leaves -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("26", 26),
        ('"26"', "26"),
        ("-1", -1),
        ("26.0", 26),
        ("2.6e1", 26),
        ("-0.0", 0),
        ("9007199254740993.0", 9007199254740993),
        ("null", None),
        ("9223372036854775808", 9223372036854775808),
    ],
)
def test_numbers_are_read_without_loss(text: str, value: Any) -> None:
    """Whole floats are counts to the last digit, beyond 2**53 too; text and null stay."""
    found = leaf(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "26.5", "0.1", "NaN", "Infinity", "-Infinity", "1e400", "1e-400", "9" * 31,
        "1e99999999999999999999", "1e-99999999999999999999", "9" * 5000, "9007199254740993.5",
    ],
)  # fmt: skip
def test_what_is_no_count_keeps_its_text(text: str) -> None:
    """Fractions, NaN and numbers beyond all measure are unreadable, and what came is kept."""
    assert leaf(text) == Unreadable(text)


def test_a_key_that_stands_twice_has_no_value() -> None:
    """Which of two values is right can't be told: neither is taken, both are kept as text."""
    found = read('{"g": {"20": "1", "21": "5", "20": "2"}}').groupings["g"]
    assert found["21"] == "5"
    assert isinstance(found["20"], Unreadable)
    assert "'1'" in found["20"].text
    assert "'2'" in found["20"].text
    assert isinstance(read('{"g": {}, "g": {"20": "1"}}').unknown["g"], Unreadable)


# --- odd side lists and words ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("listed", "ids"),
    [
        ('["20", "21"]', ("20", "21")),
        ("[20, 21, 20]", ("20", "21")),
        ('"20, 21"', ("20", "21")),
        ('["20,21"]', ("20", "21")),
        ("1436278513418522630", ("1436278513418522630",)),
        ("[]", ()),
        ("null", ()),
        ("[null, 2.5, {}, []]", ()),
        ('""', ()),
    ],
)
def test_side_lists_of_every_form(listed: str, ids: tuple[str, ...]) -> None:
    """A list of text or numbers, or a comma-separated text: ids as text, each once."""
    for key in ("unavailable_tweet_ids", "unsupported_for_impressions_engagements_tweet_ids"):
        parts = read(f'{{"{key}": {listed}}}')
        assert parts.listed == set(ids)
        assert ids in {parts.unavailable, *parts.unsupported.values()}
        assert parts.unknown == {}


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ('["a", "b"]', ("a", "b")),
        ('"a"', ("a",)),
        ('[{"message": "a", "code": 34}]', ("a",)),
        ('[{"detail": "a"}]', ("a",)),
        ('[{"code": 34}]', ("{'code': 34}",)),
        ('[{"message": 5}]', ("5",)),
        ("null", ()),
    ],
)
def test_errors_of_every_form(errors: str, words: tuple[str, ...]) -> None:
    """Plain strings, one string, or objects of other endpoints: always words."""
    assert read(f'{{"errors": {errors}}}').errors == words


@pytest.mark.parametrize(
    "start", ['"soon"', "5", "null", '"2015-11-17T22:00:00"', '"0001-01-01T00:00:00+23:00"', "[]"]
)
def test_a_window_that_can_not_be_read_is_kept_aside(start: str) -> None:
    """An echo that is no moment is no window, and no error either."""
    parts = read(f'{{"start": {start}, "end": "2015-11-19T02:00:00Z"}}')
    assert parts.start is None
    assert parts.unknown == {"start": json.loads(start)}
    assert parts.end == datetime(2015, 11, 19, 2, tzinfo=UTC)


def test_unknown_root_keys_are_kept() -> None:
    """A list that no page describes is no error."""
    assert read('{"new_list": ["20"], "g": {}}').unknown == {"new_list": ["20"]}


# --- unreadable bodies ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no JSON"),
        (b"<html><body>502 Bad Gateway</body></html>", "<html>"),
        (BODY[:-7], "no JSON"),
        (BODY + b"}", "no JSON"),
        (b"\xff" + BODY, "no JSON"),
        (BODY.replace(b"a grouping", b"\xe9"), "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"g":' * 100_000, "no JSON"),
        (b'["One or more of the groupBys"]', "no object with groupings: list"),
        (b'"text"', "no object with groupings: str"),
        (b"null", "no object with groupings: NoneType"),
        (["already read"], "no object with groupings: list"),
        (None, "no object with groupings: NoneType"),
    ],
)
def test_unreadable_bodies_say_why(body: Any, said: str) -> None:
    """Nothing, HTML, cut off, too much, wrong letters, too deep, or no object."""
    with pytest.raises(UnreadableAnswer) as caught:
        read(body)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400


tokens = st.sampled_from(
    [
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\u",
        b"1e9",
        b"NaN",
        b"\xc3",
        b"-",
        b".5",
        b"null",
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
root_keys = st.sampled_from(
    ["start", "end", "errors", "unavailable_tweet_ids", "unsupported_for_x_tweet_ids",
     "unsupported_for_tweet_ids", "g"]
)  # fmt: skip
laws = settings(max_examples=250)


@laws
@given(json_values | st.dictionaries(root_keys | st.text(max_size=5), json_values, max_size=5))
def test_any_json_is_read_or_unreadable(value: Any) -> None:
    """Whatever JSON holds: an object has parts, all else is unreadable."""
    text = json.dumps(value)
    if not isinstance(value, Mapping):
        with pytest.raises(UnreadableAnswer):
            read(text)
        return
    parts = read(text)
    assert all(isinstance(one, str) for one in (*parts.listed, *parts.errors))
    assert all(isinstance(one, Mapping) for one in parts.groupings.values())


@laws
@given(st.data())
def test_any_damage_is_read_or_unreadable(data: st.DataObject) -> None:
    """Cut off, with bytes changed, put in or taken out: no other error ever."""
    body = bytearray(BODY[: data.draw(st.integers(0, len(BODY)))])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, max(0, len(body) - 1)))
        length = data.draw(st.integers(0, 3))
        body[at : at + length] = data.draw(tokens | st.binary(max_size=3))
    try:
        parts = read(bytes(body))
    except UnreadableAnswer:
        return
    assert isinstance(parts, Envelope)
    assert json.loads(bytes(body)) is not None
