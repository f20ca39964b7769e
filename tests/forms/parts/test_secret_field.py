"""A field for a secret: what a page sends into it is taken, and is nowhere any more."""

from __future__ import annotations

from typing import Any

import ipywidgets as w
import pytest
from ipywidgets.embed import embed_data
from owners import PLANTED_SECRET

from engagement_kit.forms.parts.secret_field import SecretField


def typed_into(field: SecretField) -> list[dict[str, Any]]:
    """Type as a page does, and list what the kernel sends to all pages."""
    sent: list[dict[str, Any]] = []
    field._send = lambda msg, buffers=None: sent.append(msg)  # noqa: ARG005 -- as it is called
    field.set_state({"value": PLANTED_SECRET})
    return sent


def test_what_is_typed_is_taken_once_and_leaves_the_field() -> None:
    """The taker sees a field that is empty already; so does every page."""
    taken: list[tuple[str, str]] = []
    field = SecretField("Key", lambda text: taken.append((text, field.value)))
    sent = typed_into(field)
    assert taken == [(PLANTED_SECRET, "")]
    assert [one["state"]["value"] for one in sent if "value" in one["state"]] == [""]
    assert PLANTED_SECRET not in f"{sent}{field!r}{field.get_state()}{embed_data([field])}"


def test_a_plain_field_would_tell_all_pages() -> None:
    """What the field is for: ipywidgets' own one sends the value on, and keeps it."""
    plain = w.Password()
    sent: list[dict[str, Any]] = []
    plain._send = lambda msg, buffers=None: sent.append(msg)  # noqa: ARG005 -- as it is called
    plain.set_state({"value": PLANTED_SECRET})
    assert PLANTED_SECRET in f"{sent}"
    assert PLANTED_SECRET in f"{embed_data([plain])}"


def test_a_page_sends_it_when_the_field_is_left_alone() -> None:
    """Not at each key, where a notebook that saves itself would catch a half."""
    state = SecretField("Key", lambda _: None).get_state()
    assert state["continuous_update"] is False
    assert state["_view_name"] == "PasswordView"


@pytest.mark.parametrize(
    ("taken", "words"),
    [(True, "taken; type again to replace it"), (False, "typed characters are not shown")],
)
def test_the_empty_field_says_whether_there_is_a_secret(taken: bool, words: str) -> None:
    """In its placeholder."""
    field = SecretField("Key", lambda _: None)
    field.show(taken)
    assert field.placeholder == words


def test_a_taker_that_fails_leaves_the_field_empty() -> None:
    """The secret is not there, whatever comes of it."""

    def fail(_: str) -> None:
        raise ValueError("no key")

    field = SecretField("Key", fail)
    with pytest.raises(ValueError, match="no key"):
        field.value = PLANTED_SECRET
    assert field.value == ""
