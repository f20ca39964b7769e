"""The small widgets, and HTML that is safe to show."""

from __future__ import annotations

import ipywidgets as w
from acting import text_of
from matplotlib.figure import Figure

from engagement_kit.forms import look

EVIL = "<script>alert(1)</script> & \"'"


def test_whatever_is_said_is_text() -> None:
    """No words of a file or an API become HTML."""
    for html in (
        look.said([EVIL], "problem"),
        look.table([EVIL], [[EVIL]]),
        look.heading(EVIL).value,
    ):
        assert "<script" not in html
        assert EVIL in text_of(html)


def test_problems_and_states_are_read_aloud() -> None:
    """By their role; empty lines say nothing."""
    assert look.said(["a", "", "b"], "problem").count('role="alert"') == 2
    assert 'role="status"' in look.said(["a"], "status")
    assert look.said(["", ""]) == ""


def test_numbers_stand_to_the_right() -> None:
    """Head and cells; all cells are written as they are."""
    html = look.table(("tweet_id", "value"), [("2061384949969226276", 5)], numbers=("value",))
    assert '<td class="ek-short">2061384949969226276</td>' in html
    assert '<td class="ek-number">5</td>' in html
    assert '<th scope="col" class="ek-number">value</th>' in html


def test_a_picture_has_words() -> None:
    """For those who can't see it; whatever they say is text."""
    html = look.picture(Figure(), EVIL)
    assert '<img alt="&lt;script' in html
    assert 'src="data:image/png;base64,' in html


def test_text_stands_beside_each_widget() -> None:
    """For front ends that show no widgets."""
    made = look.bundle(w.HTML("x"), "in words")
    assert made["text/plain"] == "in words"
    assert "application/vnd.jupyter.widget-view+json" in made
