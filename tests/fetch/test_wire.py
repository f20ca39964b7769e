"""What a reply says."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit import errors
from engagement_kit.answers import envelope
from engagement_kit.answers.envelope import Envelope
from engagement_kit.fetch.wire import (
    Reply,
    Verdict,
    decipher,
    forbidden_tweets,
    kept_headers,
    source_of,
)
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
    asked = replace(ASKED, groupings=(("totals", ("tweet.id", "engagement.type")),))
    verdict = decipher(Reply(200, {}, sample("partial-with-errors.200.json")), asked)
    assert verdict.outcome == "answered"
    assert verdict.envelope.unavailable == ("323456789",)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"g":{"20":{}}}', mtime=0)[:-9]),
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


TWO = ("2000", "2001")
PLAIN = replace(ASKED, tweet_ids=TWO)


def said(*words: str, **lists: object) -> bytes:
    """Write an error body."""
    return json.dumps({"errors": list(words), **lists}).encode()


@pytest.mark.parametrize(
    ("status", "text", "error", "fatal"),
    [
        (400, "One or more of the groupBys are not supported", errors.RequestRefused, False),
        (400, "2 Tweet ID(s) are unavailable", errors.RequestRefused, False),
        (401, "Reason: Unknown Authorization Type", errors.AuthenticationFailed, True),
        (401, "your application id is not authorized.", errors.AppNotEnabled, True),
        (403, "Your Application ID is not Authorized.", errors.AppNotEnabled, True),
        (403, "Forbidden to access tweets: *TWEET_IDS*", errors.ForbiddenTweets, False),
        (403, "Forbidden to access metrics: retweets", errors.ForbiddenMetrics, False),
        (403, "something new", errors.RequestRefused, False),
        (404, "no such page", errors.WrongAddress, True),
        (406, "requires gzip compression", errors.GzipRequired, True),
        (413, "too large", errors.RequestRefused, False),
        (429, "Rate Limit exceeded", errors.RateLimited, False),
        (500, "internal server error", errors.ServerFault, False),
        (502, "bad gateway", errors.ServerFault, False),
        (503, "unavailable", errors.ServerFault, False),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_each_status_and_text_has_its_error(
    status: int, text: str, error: type[errors.ApiError], fatal: bool, packed: bool
) -> None:
    """The type, the status, the API's own words and the request's key; packed bodies or plain."""
    body = said(text)
    headers = {"CONTENT-ENCODING": "GZip"} if packed else {}
    reply = Reply(status, headers, gzip.compress(body) if packed else body)
    verdict = decipher(reply, PLAIN)
    found = verdict.error
    assert type(found) is error
    assert isinstance(found, errors.ApiError)
    assert (found.status, found.words, found.request_key) == (status, (text,), PLAIN.key)
    assert text in str(found)
    assert (verdict.outcome, verdict.named, verdict.fatal) == ("failed", (), fatal)
    assert verdict.body == body


@pytest.mark.parametrize("body", [b"", b"plain text", b"<html></html>", b"[]", b'{"errors":["x'])
@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_an_error_status_speaks_for_itself(body: bytes, headers: dict[str, str]) -> None:
    """A 401 is a 401 though its body is empty, HTML, a list, cut, or not packed as it says."""
    verdict = decipher(Reply(401, headers, body), PLAIN)
    assert type(verdict.error) is errors.AuthenticationFailed
    assert verdict.fatal
    assert not verdict.again


def test_an_error_status_with_cut_gzip_keeps_its_bytes() -> None:
    """A 503 whose gzip breaks off is a server fault, and its body is kept as it came."""
    cut = gzip.compress(said("unavailable"))[:-4]
    verdict = decipher(Reply(503, {"Content-Encoding": "gzip"}, cut), PLAIN)
    assert type(verdict.error) is errors.ServerFault
    assert verdict.again == "fault"
    assert verdict.body == cut


def test_a_body_that_a_proxy_unpacked_is_read() -> None:
    """The header says gzip, the body is plain JSON: it is an answer all the same."""
    body = b'{"g":{"2000":{"favorites":"1"}}}'
    assert decipher(Reply(200, {"Content-Encoding": "gzip"}, body), PLAIN).outcome == "answered"


@pytest.mark.parametrize("body", [b"<html>", b"{}"])
@pytest.mark.parametrize("status", [300, 301, 302, 307, 308])
def test_a_redirect_is_a_wrong_address(status: int, body: bytes) -> None:
    """Redirects are not followed, and would meet every other request too."""
    verdict = decipher(Reply(status, {"Location": "https://x"}, body), PLAIN)
    assert type(verdict.error) is errors.WrongAddress
    assert verdict.fatal
    assert not verdict.again


@pytest.mark.parametrize("body", [b"{}", b'{"error":{"code":1}}', b'{"other":{"2000":{}}}'])
def test_a_200_without_our_groupings_is_no_answer(body: bytes) -> None:
    """An object that holds nothing of what was asked must not close the matter for good."""
    verdict = decipher(Reply(200, {}, body), PLAIN)
    assert verdict.outcome == "failed"
    assert isinstance(verdict.error, errors.UnreadableAnswer)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("key", ["unavailable_tweet_ids", "unsupported_for_video_views_tweet_ids"])
def test_an_answer_that_lists_every_tweet_is_whole(status: int, key: str) -> None:
    """No counts, and each tweet stands in a side list: answered, and nothing is left to ask."""
    verdict = decipher(Reply(status, {}, said("gone", **{key: [*TWO, "99"]})), PLAIN)
    assert (verdict.outcome, verdict.named) == ("answered", ())


def test_lists_of_two_kinds_leave_something_to_ask() -> None:
    """One tweet is gone, another too old for some metrics: of that one others may be asked."""
    lists = {"unavailable_tweet_ids": TWO[:1], "unsupported_for_video_views_tweet_ids": TWO[1:]}
    verdict = decipher(Reply(400, {}, said("both", **lists)), PLAIN)
    assert (verdict.outcome, verdict.named) == ("answered", tuple(TWO))


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_lists_some_tweets_leaves_the_others(status: int) -> None:
    """One of two tweets is listed and there are no counts: the other is to be asked again."""
    body = said("1 Tweet ID(s) are unavailable", unavailable_tweet_ids=["2001"])
    verdict = decipher(Reply(status, {}, body), PLAIN)
    assert (verdict.outcome, verdict.named) == ("answered", ("2001",))


@pytest.mark.parametrize("status", [200, 400])
def test_a_list_of_other_tweets_is_no_answer(status: int) -> None:
    """A side list without any tweet of ours says nothing of ours."""
    verdict = decipher(Reply(status, {}, said("gone", unavailable_tweet_ids=["TWEET_IDS"])), PLAIN)
    assert verdict.outcome == "failed"
    assert "gone" in str(verdict.error)


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_side_list_does_not_make_a_failure_good(status: int) -> None:
    """Only a 200 or a 400 may list tweets instead of counting them."""
    verdict = decipher(Reply(status, {}, said("no", unavailable_tweet_ids=[*TWO])), PLAIN)
    assert verdict.outcome == "failed"
    assert isinstance(verdict.error, errors.ApiError)


@pytest.mark.parametrize(
    "words",
    [
        ["Forbidden to access tweets: 2001,2000 , 7"],
        ["forbidden to access tweets for author id 5: 2000", "Forbidden to access tweets: 2001"],
        ["Forbidden to access tweets: [2000, 2001]."],
    ],
)
def test_forbidden_tweets_come_in_the_order_asked(words: list[str]) -> None:
    """Several sentences, blanks, brackets, any case: our ids, in our order; others are ignored."""
    verdict = decipher(Reply(403, {}, said(*words)), PLAIN)
    assert (verdict.outcome, verdict.named) == ("refused", TWO)
    assert isinstance(verdict.error, errors.ForbiddenTweets)
    assert verdict.error.words == tuple(words)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"start":"2026-01-01T00:00:00Z","g":{"2000":{"favorites":"1"}}}'),
        (200, said("gone", unavailable_tweet_ids=["2000"])),
        (200, said("nothing of ours", unavailable_tweet_ids=["7"])),
        (400, said("gone", unavailable_tweet_ids=[*TWO])),
        *((status, said("a word", unavailable_tweet_ids=["7"])) for status in (400, 401, 429, 503)),
        (403, said("Forbidden to access tweets: 2000", unavailable_tweet_ids=["7"])),
    ],
)
def test_a_verdict_has_the_body_unpacked_and_what_was_read_of_it(status: int, body: bytes) -> None:
    """Of good answers and of refusals: the words and lists of an error are kept as well."""
    packed = Reply(status, {"Content-Encoding": "gzip"}, gzip.compress(body))
    for reply in (packed, Reply(status, {}, body)):
        verdict = decipher(reply, PLAIN)
        assert verdict.body == body
        assert verdict.envelope == envelope.read(body) != Envelope()


@pytest.mark.parametrize("body", [b"<html>", gzip.compress(b"{}", mtime=0)[:-4]])
def test_a_broken_answer_keeps_its_bytes(body: bytes) -> None:
    """They are all there is to look at; for cut gzip the error says that it is cut."""
    verdict = decipher(Reply(200, {"Content-Encoding": "gzip"}, body), PLAIN)
    assert verdict.body == body
    assert ("gzip is cut off" in str(verdict.error)) == (body != b"<html>")


@pytest.mark.parametrize(("account", "whose"), [("anna", "account anna"), (None, "app-only")])
def test_a_401_says_whose_keys_were_refused(account: str | None, whose: str) -> None:
    """Of several accounts one may have withdrawn its leave."""
    kind = "user" if account else "app"
    asked = replace(PLAIN, credential=kind, account=account)
    verdict = decipher(Reply(401, {}, said("no")), asked)
    assert isinstance(verdict.error, errors.AuthenticationFailed)
    assert verdict.error.signer == whose
    assert whose in str(verdict.error)


@pytest.mark.parametrize("reached", [True, False])
def test_a_request_may_have_got_there_unless_no_connection_was_made(reached: bool) -> None:
    """A connection that broke later leaves it open; any reply settles it."""
    broken = Verdict("failed", b"", error=errors.ConnectionBroken("away", reached=reached))
    assert (broken.no_answer, broken.reached) == (True, reached)
    refused = decipher(Reply(503, {}, b""), PLAIN)
    assert (refused.no_answer, refused.reached) == (False, True)


def test_digits_before_the_last_colon_are_no_tweets() -> None:
    """Whatever stands before the list may have a colon, and numbers, of its own."""
    words = ("Error: Forbidden to access tweets for author id 2000: 2001",)
    assert forbidden_tweets(words, PLAIN) == ("2001",)


def test_an_author_id_is_no_tweet() -> None:
    """The digits before the colon are the author, though they may look like a tweet of ours."""
    words = ("Forbidden to access tweets for author id 2000: 2001",)
    assert forbidden_tweets(words, PLAIN) == ("2001",)


def test_headers_that_are_kept_hold_no_secret() -> None:
    """What tells of limits, dates and packing is kept, lower-case; cookies and the like are not."""
    headers = {
        "X-Per-Minute-Remaining": "3", "Date": "d", "Set-Cookie": "s", "Authorization": "a",
        "Content-Type": "t", "x-connection-hash": "h",
    }  # fmt: skip
    assert kept_headers(headers) == {
        "x-per-minute-remaining": "3",
        "date": "d",
        "content-type": "t",
    }


def test_the_emulator_is_told_from_the_live_api() -> None:
    """Its header, in any case, marks invented data."""
    assert source_of({"X-Engagement-Emulator": "emulator/standard-0"}) == "emulator"
    assert source_of({"Server": "tsa"}) == "live"


@given(
    st.sampled_from([200, 400, 403, 429, 500]),
    st.binary(max_size=40),
    st.integers(0, 60),
    st.sampled_from([b'{"g":{"2000":{}}}', b'{"g":{"2000":{"favorites":1e99999999999999999999}}}']),
)
def test_damaged_gzip_never_raises(status: int, noise: bytes, at: int, body: bytes) -> None:
    """Any bytes of a packed body may be wrong: there is a verdict."""
    packed = gzip.compress(body)
    broken = packed[:at] + noise + packed[at + len(noise) :]
    verdict = decipher(Reply(status, {"content-encoding": "gzip"}, broken), PLAIN)
    assert verdict.outcome != "failed" or verdict.error is not None
