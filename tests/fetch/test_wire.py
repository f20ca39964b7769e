"""What a reply says."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit import errors
from engagement_kit.fetch.pace import Patience
from engagement_kit.fetch.wire import Reply, decipher, forbidden_tweets
from engagement_kit.question.request import Request

SAMPLES = Path(__file__).parents[1] / "samples"
ASKED = Request(
    "s", "totals", "user", "me", ("640022366307745792", "20"), ("favorites",),
    (("g", ("tweet.id", "engagement.type")),),
)  # fmt: skip


def sample(name: str) -> bytes:
    """Read a body as it is printed in public."""
    return (SAMPLES / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "status", "error", "again", "fatal"),
    [
        ("error-authentication.401.json", 401, errors.AuthenticationFailed, "", True),
        ("error-406-gzip.406.json", 406, errors.GzipRequired, "", True),
        ("error-forbidden-metrics-2016.403.json", 403, errors.ForbiddenMetrics, "", False),
        ("error-internal-2016.500.json", 500, errors.ServerFault, "fault", False),
    ],
)
def test_documented_errors_keep_the_words_of_the_api(
    name: str, status: int, error: type[errors.ApiError], again: str, fatal: bool
) -> None:
    """Another client took all but 500 for success: each status is its own error here."""
    verdict = decipher(Reply(status, {}, sample(name)), ASKED)
    assert verdict.outcome == "failed"
    assert type(verdict.error) is error
    assert (verdict.again, verdict.fatal) == (again, fatal)
    words = json.loads(sample(name))["errors"][0]
    assert words in str(verdict.error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 410, 422, 429, 500, 502, 503])
def test_no_error_status_counts_as_success(status: int) -> None:
    """4xx, 429 and 5xx are never an answer, whatever the body holds."""
    for body in (b"", b"{}", b'{"errors":["rate limit"]}', b'{"g":{"20":{"favorites":"1"}}}'):
        verdict = decipher(Reply(status, {}, body), ASKED)
        assert verdict.outcome == "failed"
        assert isinstance(verdict.error, errors.ApiError)
        assert verdict.again == ("limit" if status == 429 else "fault" if status >= 500 else "")


def test_both_forms_of_forbidden_tweets_are_read() -> None:
    """The plain list, and the one of 2016 with one sentence for each author."""
    words = tuple(json.loads(sample("error-forbidden-tweets-2016.403.json"))["errors"])
    assert forbidden_tweets(words, ASKED) == ("640022366307745792",)
    assert forbidden_tweets(("Forbidden to access tweets: 20, 99",), ASKED) == ("20",)
    body = json.dumps({"errors": ["Forbidden to access tweets: 20"]}).encode()
    verdict = decipher(Reply(403, {}, body), ASKED)
    assert (verdict.outcome, verdict.named) == ("refused", ("20",))


def test_errors_beside_data_are_no_failure() -> None:
    """A 200 with data is an answer, whatever stands in its errors."""
    verdict = decipher(Reply(200, {}, sample("partial-with-errors.200.json")), ASKED)
    assert verdict.outcome == "answered"
    assert verdict.envelope.unavailable == ("323456789",)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"g":{"20":{}}}')[:-9]),
        Reply(200, {}, b"<html><body>Bad Gateway</body></html>"),
        Reply(200, {}, b'{"g":{"20":{"favorites":"1"'),
        Reply(200, {}, b""),
        Reply(200, {}, b"[]"),
    ],
)
def test_a_broken_answer_is_reported_and_worth_another_try(reply: Reply) -> None:
    """Cut gzip, HTML, cut JSON, nothing, a list: unreadable, and asked again."""
    verdict = decipher(reply, ASKED)
    assert (verdict.outcome, verdict.again) == ("failed", "fault")
    assert isinstance(verdict.error, errors.UnreadableAnswer)


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["content-encoding", "x-per-minute-reset"]), st.text()),
    st.binary(max_size=80) | st.recursive(st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip
def test_deciphering_never_raises(status: int, headers: dict[str, str], body: bytes) -> None:
    """Whatever comes back has a verdict."""
    verdict = decipher(Reply(status, headers, body), ASKED)
    assert verdict.outcome in {"answered", "refused", "failed"}
    assert verdict.outcome != "failed" or verdict.error is not None


@given(st.text(max_size=12), st.text(max_size=12), st.integers(1, 6))
def test_waits_are_bounded_whatever_the_headers_say(reset: str, left: str, attempt: int) -> None:
    """No header makes us wait longer than a minute and its jitter."""
    headers = {"x-per-minute-reset": reset, "x-per-second-remaining": left}
    wait = Patience().wait("limit", attempt, headers=headers, unix_now=1e9, chance=0.9)
    assert wait is None or 0 <= wait <= 61


def test_the_minute_reset_is_obeyed() -> None:
    """After a 429 we wait until the limit opens again."""
    headers = {"X-Per-Minute-Remaining": "0", "X-Per-Minute-Reset": "1017"}
    assert Patience().wait("limit", 1, headers=headers, unix_now=1000.0, chance=0.0) == 17
