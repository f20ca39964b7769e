"""An Answer is one self-contained file: every byte comes back, and damage is found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.answers.answer import FORMAT, Answer, read_head, ref_of
from engagement_kit.errors import StoreError
from engagement_kit.question.request import Request

SEEN = datetime(2026, 6, 1, 12, 34, 56, 789_012, tzinfo=UTC)
START = datetime(2026, 5, 1, tzinfo=UTC)
ANSWER = Answer(
    request=Request(
        service="https://data-api.twitter.com/insights/engagement",
        endpoint="historical",
        credential="user",
        account="acme",
        tweet_ids=("20", "1436278513418522630"),
        metrics=("replies",),
        groupings=(("by day", ("tweet.id", "engagement.type", "engagement.day")),),
        start=START,
        end=START + timedelta(days=1),
    ),
    status=200,
    headers={"x-per-minute-limit": "60", "date": "Mon, 01 Jun 2026 12:34:56 GMT"},
    body=b'{"by day":{"20":{"replies":{"2026-05-01":"3"}}}}',
    observed_at=SEEN,
    source="live",
    outcome="answered",
    window=(START, START + timedelta(days=1)),
)


def changed(**members: Any) -> bytes:
    """Write an answer whose first line has other members; None takes a member out."""
    head = {**ANSWER.head(), **members}
    head = {name: value for name, value in head.items() if value != "gone"}
    return json.dumps(head).encode() + b"\n" + ANSWER.body


@settings(max_examples=150)
@given(
    body=st.binary(max_size=200),
    status=st.integers(100, 599),
    seen=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    headers=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
    outcome=st.sampled_from(["answered", "refused", "failed"]),
    named=st.lists(st.sampled_from(["20", "1436278513418522630"]), unique=True),
    windowed=st.booleans(),
)
def test_every_byte_comes_back(  # noqa: PLR0917
    body: bytes, status: int, seen: datetime, headers: dict[str, str], outcome: Any,
    named: list[str], windowed: bool,
) -> None:  # fmt: skip
    """Whatever the body holds, new lines and zeros too: what is read is what was written."""
    answer = replace(
        ANSWER,
        body=body,
        status=status,
        observed_at=seen.replace(tzinfo=UTC),
        headers=headers,
        outcome=outcome,
        named=tuple(named),
        window=ANSWER.window if windowed else None,
    )
    again = Answer.from_bytes(answer.to_bytes())
    assert again == answer
    assert again.ref == answer.ref


def test_the_first_line_is_plain_json() -> None:
    """One line says everything but the body, so that any tool can read it."""
    line, body = ANSWER.to_bytes().split(b"\n", 1)
    head = json.loads(line)
    assert body == ANSWER.body
    assert head["format"] == FORMAT == 1
    assert head["observed_at"] == "2026-06-01T12:34:56.789012Z"
    assert head["request"]["body"]["tweet_ids"] == ["20", "1436278513418522630"]


def test_the_name_is_key_and_moment() -> None:
    """Two observations of one request have two names; the zone of a clock makes no difference."""
    assert ANSWER.ref == f"{ANSWER.request.key}-20260601T123456789012Z"
    assert replace(ANSWER, observed_at=SEEN + timedelta(microseconds=1)).ref != ANSWER.ref
    elsewhere = SEEN.astimezone(timezone(timedelta(hours=-7)))
    assert ref_of(ANSWER.request.key, elsewhere) == ANSWER.ref


@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_changed_body_is_found(at: int) -> None:
    """One wrong bit in the body, and the checksum says so."""
    content = bytearray(ANSWER.to_bytes())
    where = len(content) - len(ANSWER.body) + at if at >= 0 else at
    content[where] ^= 1
    with pytest.raises(StoreError, match="checksum"):
        Answer.from_bytes(bytes(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[1]\n",
        b'"format"\n',
        b"null\n",
        b"\xff\n",
        b'{"format": "1"}\n',
        b'{"format": null}\n',
        b"[" * 100_000,
        ANSWER.to_bytes()[:100],
        changed(body_sha256="gone"),
        changed(request="gone"),
        changed(request=[]),
        changed(request={"body": {}}),
        changed(window="gone"),
        changed(window=["2026-06-01"]),
        changed(window=5),
        changed(observed_at="yesterday"),
        changed(observed_at=5),
        changed(named=5),
        changed(outcome="gone"),
    ],
)
def test_a_damaged_file_is_a_store_error(content: bytes) -> None:
    """Nothing, no JSON, or members that are missing or odd: always the same kind of error."""
    with pytest.raises(StoreError):
        Answer.from_bytes(content)


def test_a_newer_format_asks_for_a_newer_kit() -> None:
    """What a later kit wrote is not guessed at."""
    with pytest.raises(StoreError, match="update the kit"):
        read_head(changed(format=FORMAT + 1).split(b"\n")[0])
