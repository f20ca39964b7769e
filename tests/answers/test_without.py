"""One answer without some of its tweets: the rest as it came, to the byte."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.gone import Gone
from engagement_kit.answers.without import without
from engagement_kit.question.request import Request
from engagement_kit.question.rules import DAY, ID, TYPE

A, B, C = "2061384949969226276", "2061352378334009885", "2061352378334009999"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CARRIER = (("by tweet", (ID, TYPE)), ("check by metric", (TYPE,)))


def answer(body: bytes | str, groupings: Any = CARRIER, **options: Any) -> Answer:
    """Make an answer about three tweets."""
    request = Request("s", "totals", "user", "acme", (A, B, C), ("replies",), groupings)
    raw = body.encode() if isinstance(body, str) else body
    made = Answer(request, 200, {"server": "x"}, raw, NOW, "emulator", "answered")
    return replace(made, **options)


def body_of(found: Any) -> str:
    """Give the body of what is kept."""
    assert found.answer is not None
    text: str = found.answer.body.decode()
    return text


def test_counts_of_others_stay_as_they_were_written() -> None:
    """With odd numbers, keys that stand twice, and blanks."""
    counts = f'"{B}" : {{"replies":26.0,"replies": 1e400 }},"{C}":{{"replies":"3"}}'
    body = f'{{ "by tweet": {{"{A}":{{"replies":"1"}}, {counts}}}'
    found = without(answer(body + ',"check by metric":{"replies":"30"},"x":[1, 2]}'), Gone([A]))
    assert body_of(found) == f'{{"by tweet": {{{counts}}},"x":[1, 2]}}'
    assert found.answer is not None
    assert found.answer.request.tweet_ids == (B, C)
    assert found.answer.request.groupings == CARRIER[:1]
    assert found.sums
    assert found.answer.ref != answer(body).ref


def test_side_lists_and_words_lose_them() -> None:
    """Lists, a text of ids, and the words of errors."""
    body = json.dumps(
        {
            "errors": [f"{A} and {B} are gone", {"message": "x", "tweet_id": A}],
            "unavailable_tweet_ids": [A, B],
            "unsupported_for_video_views_tweet_ids": f"{A}, {B}",
            "by tweet": {C: {"replies": "1"}},
        }
    )
    left = json.loads(body_of(without(answer(body), Gone([A]))))
    assert left == {
        "errors": [f"(purged) and {B} are gone"],
        "unavailable_tweet_ids": [B],
        "unsupported_for_video_views_tweet_ids": B,
        "by tweet": {C: {"replies": "1"}},
    }


def test_a_sum_stays_that_counts_none_of_them() -> None:
    """Tweets that were unavailable are in no sum."""
    body = json.dumps(
        {"unavailable_tweet_ids": [A], "by tweet": {}, "check by metric": {"replies": "4"}}
    )
    left = without(answer(body), Gone([A]))
    assert json.loads(body_of(left))["check by metric"] == {"replies": "4"}
    assert not left.sums


def test_sums_alone_are_not_kept() -> None:
    """They can't be unmixed."""
    found = without(answer('{"sum":{"replies":"4"}}', (("sum", (TYPE,)),)), Gone([A]))
    assert (found.answer, found.sums, found.others) == (None, True, 2)


@pytest.mark.parametrize("gone", [[A, B, C], [A, B, C, "20"]])
def test_an_answer_of_these_alone_is_not_kept(gone: list[str]) -> None:
    """Nor one that names none but these: the others were asked anew."""
    assert without(answer("{}"), Gone(gone)).answer is None
    named = answer(json.dumps({"unavailable_tweet_ids": [A]}), named=(A,))
    assert without(named, Gone([A])).answer is None
    assert without(replace(named, named=(A, B)), Gone([A])).answer is not None


def test_levels_in_any_order_lose_their_tweets() -> None:
    """A day or metric of which nothing is left goes, too; one that was empty stays."""
    body = json.dumps({"g": {"2026-05-01": {A: {"replies": "1"}}, "2026-05-02": {}, "x": {B: {}}}})
    found = without(answer(body, (("g", (DAY, ID, TYPE)),)), Gone([A]))
    assert json.loads(body_of(found)) == {"g": {"2026-05-02": {}, "x": {B: {}}}}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"<html>502</html>", True),
        (f"<html>{A}</html>".encode(), False),
        (b"\x1f\x8b\x08\0\xff", False),
        (b'{"by tweet":{"%s":{"replies":' % A.encode(), False),
        (b"[]", True),
        (b"", True),
    ],
)
def test_what_is_no_json_is_kept_where_it_can_be_read(body: bytes, kept: bool) -> None:
    """And names none of them; its request names the others."""
    found = without(answer(body, outcome="failed", status=502), Gone([A]))
    assert (found.answer is not None) == kept
    if found.answer is not None:
        assert found.answer.body == body
        assert found.answer.request.tweet_ids == (B, C)


def test_an_answer_that_names_none_of_them_is_the_same() -> None:
    """Nothing is written anew for it."""
    one = answer(
        json.dumps({"by tweet": {A: {"replies": "1"}}, "check by metric": {"replies": "1"}})
    )
    assert without(one, Gone(["20", "206138494996922627"])).answer == one


def test_escaped_keys_are_recognised() -> None:
    """JSON may write a digit as an escape."""
    odd = A.replace("6", r"\u0036")
    body = f'{{"by tweet":{{"{odd}":{{"replies":"1"}},"{B}":{{"replies":"2"}}}}}}'
    left = body_of(without(answer(body), Gone([A])))
    assert json.loads(left) == {"by tweet": {B: {"replies": "2"}}}


ids = st.lists(st.integers(1, 2**63 - 1).map(str), min_size=2, max_size=6, unique=True)


@given(ids, st.data())
def test_no_id_is_left_and_all_others_are(tweets: list[str], data: st.DataObject) -> None:
    """Whatever is taken out of whatever counts."""
    gone = data.draw(st.lists(st.sampled_from(tweets), min_size=1, unique=True))
    counts = {one: {"replies": str(at)} for at, one in enumerate(tweets)}
    request = replace(answer("{}").request, tweet_ids=tuple(tweets))
    body = json.dumps({"by tweet": counts, "check by metric": {"replies": "9"}})
    found = without(replace(answer(body), request=request), Gone(gone))
    left = {one: counts[one] for one in tweets if one not in gone}
    if not left:
        assert found.answer is None
        return
    assert json.loads(body_of(found)) == {"by tweet": left}
    assert found.answer is not None
    assert found.answer.request.tweet_ids == tuple(left)
