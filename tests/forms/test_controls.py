"""What is done to controls."""

from __future__ import annotations

import ipywidgets as w
import pytest

from engagement_kit.errors import EngagementError
from engagement_kit.forms.controls import carefully, offer, seen_if


@pytest.mark.parametrize("kind", [w.Dropdown, w.RadioButtons])
def test_what_is_offered_and_what_is_chosen(kind: type[w.Widget]) -> None:
    """Both at once, whatever stood there; the same again is no change."""
    control = kind(options=[("a", 1), ("b", 2)])
    heard: list[object] = []
    offer(control, [("c", 3), ("b", 2)], 2)
    assert control.value == 2
    control.observe(lambda event: heard.append(event["new"]), names="value")
    offer(control, [("c", 3), ("b", 2)], 2)
    assert heard == []
    offer(control, [], None)
    assert control.value is None


def test_what_is_not_shown_is_out_of_the_order_of_keys() -> None:
    """It is taken off the screen, and comes back as it was."""
    button = w.Button()
    seen_if(button, shown=False)
    assert button.layout.display == "none"
    seen_if(button, shown=True)
    assert button.layout.display is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EngagementError("the API said no"), ["the API said no"]),
        (KeyError("x"), ["KeyError: 'x'"]),
        (None, []),
    ],
)
def test_what_goes_wrong_is_said(error: Exception | None, words: list[str]) -> None:
    """Our own errors in their words, others with their kind; nothing where all is well."""

    def do() -> None:
        if error is not None:
            raise error

    said: list[str] = []
    carefully(do, said.append)
    assert said == words
