"""Taking secrets out of texts of others: any secret, in any writing, amid anything."""

from __future__ import annotations

import gzip
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engagement_kit.fetch.keys.echo import without_echo
from engagement_kit.fetch.keys.secret import Secret, basic, scrubbed
from engagement_kit.fetch.sessions import without_users
from engagement_kit.fetch.wire import Reply

# How long one example takes says nothing: patterns are compiled for each.
untimed = settings(max_examples=40)
# Without the sign that stands in place of a secret.
PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="*")
secrets = st.text(PRINTABLE, min_size=12, max_size=60)
amid = st.text(st.characters(codec="utf-8"), max_size=40)
WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": lambda text: quote(text, safe=""),
    "quoted, slashes left": quote,
    "quoted as a form": quote_plus,
    "quoted twice": lambda text: quote(quote(text, safe="~"), safe="~"),
    "quoted three times": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "quoted in small letters": lambda text: "".join(
        one if one.isalnum() else f"%{ord(one):02x}" for one in text
    ),
    "read": unquote,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON twice": lambda text: json.dumps(json.dumps(text))[3:-3],
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "JSON by numbers": lambda text: "".join(
        one if one.isalnum() else f"\\u{ord(one):04X}" for one in text
    ),
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(
        one if one.isalnum() else f"&#{ord(one)};" for one in text
    ),
    "HTML of JSON": lambda text: html.escape(json.dumps(text)[1:-1]),
    "repr": lambda text: repr(text)[1:-1],
}


@pytest.mark.parametrize("writing", WRITINGS)
@untimed
@given(secret=secrets, before=amid, after=amid)
@example(secret="AAAA%2Fbbbb%3Dcc", before="", after="")
@example(secret="""q"'<>&\\/+ %41~""".replace(" ", "-"), before="é", after="\x00")
def test_a_secret_is_taken_out_in_any_writing(
    writing: str, secret: str, before: str, after: str
) -> None:
    """Nothing of it is left where it stood."""
    written = WRITINGS[writing](secret)
    if len(written) < 6:
        return  # it was nothing but signs that a reader took for others
    clean = scrubbed(f"{before}{written}{after}", [Secret(secret)])
    assert written not in clean.removeprefix(before).removesuffix(after)
    assert "***" in clean


@untimed
@given(secret=secrets, other=secrets, body=st.binary(max_size=200), packed=st.booleans())
def test_a_refusal_is_kept_without_secrets(
    secret: str, other: str, body: bytes, packed: bool
) -> None:
    """Whatever bytes stand around, packed or not; what holds none is the very reply."""
    held = [Secret(secret), Secret(other)]
    words = body + secret.encode() + b" " + quote(other, safe="").encode() + body
    headers = {"Content-Encoding": "gzip"} if packed else {}
    kept = without_echo(Reply(401, headers, gzip.compress(words) if packed else words), held)
    assert secret.encode() not in kept.body.removeprefix(body).removesuffix(body)
    clean = Reply(401, headers, b"{}")
    assert without_echo(clean, held) is clean


@untimed
@given(secret=secrets, cut=st.integers(1, 60), before=amid)
def test_a_text_that_breaks_off_amid_a_secret(secret: str, cut: int, before: str) -> None:
    """More than its first half is taken off; less says little."""
    assume(secret not in before)
    begun = secret[: max(len(secret) // 2, len(secret) - cut)]
    text = f"{before} {begun}"
    assert scrubbed(text, [Secret(secret)]) == f"{before} ***"


@untimed
@given(secrets, secrets)
def test_a_secret_within_another_leaves_nothing_of_it(inner: str, around: str) -> None:
    """The longer one is taken out first."""
    outer = f"{around}{inner}{around}"
    clean = scrubbed(f"<{outer}>", [Secret(inner), Secret(outer)])
    assert clean == "<***>"


@untimed
@given(st.text(st.characters(exclude_characters="*"), max_size=80), secrets)
def test_what_holds_no_secret_stays(text: str, secret: str) -> None:
    """Evidence is changed nowhere else."""
    marked = Secret("€" + secret)
    assert scrubbed(text.replace("€", ""), [marked]) == text.replace("€", "")


def test_keys_of_basic_authentication_are_known_as_they_are_sent() -> None:
    """In base64 nobody finds them by their letters."""
    sent = basic("a-key", "a%2Fsecret")
    assert scrubbed("Basic YS1rZXk6YSUyRnNlY3JldA==", [sent]) == "Basic ***"


@untimed
@given(st.text(PRINTABLE, min_size=8, max_size=30))
def test_the_password_of_a_proxy_is_taken_out_of_its_address(password: str) -> None:
    """Whatever signs it has, but for those that end an address in a text."""
    safe = password.replace("'", "q").replace('"', "q").replace("@", "w")
    told = without_users(f"Failed to parse: 'http://somebody:{safe}@proxy:80' is none")
    assert told == "Failed to parse: 'http://***@proxy:80' is none"


def test_words_without_an_address_stay() -> None:
    """Times, names and mail addresses are no users of a proxy."""
    words = "at 12:34: HTTPSConnectionPool(host='api', port=443): ask support@example.com"
    assert without_users(words) == words
