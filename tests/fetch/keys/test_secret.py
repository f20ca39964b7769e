"""A text that is never shown, and texts out of which it is taken."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.fetch.keys.secret import Secret, hide, scrubbed

keys = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=60)


@pytest.mark.parametrize("wrong", ["two words", "a\nb", "naïve", "tab\there", "\x00null"])
def test_what_can_be_no_key_is_refused_and_not_shown(wrong: str) -> None:
    """A key that was copied with a blank or a line end fails here, not in a header."""
    with pytest.raises(ValueError, match="was it copied whole") as said:
        hide(wrong)
    assert wrong not in str(said.value)
    with pytest.raises(ValueError, match="this is a int"):
        hide(12345)


@given(keys, st.text(max_size=20))
def test_a_secret_is_taken_out_in_every_form(key: str, around: str) -> None:
    """As it is, and quoted once and twice as in an address or a base string."""
    once = quote(key, safe="~")
    for form in (key, once, quote(once, safe="~")):
        assert form not in scrubbed(f"{around}{form}", [Secret(key)])


@given(st.text(max_size=60))
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    """Nothing else is touched, also not by a secret too short to be one."""
    assert scrubbed(text, [Secret("€€€€€€€-not-there"), Secret("a")]) == text
