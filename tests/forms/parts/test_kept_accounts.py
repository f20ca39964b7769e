"""The list of accounts whose keys are kept: a first click asks, a second one forgets."""

from __future__ import annotations

import ipywidgets as w
from acting import on_screen, text_of

from engagement_kit.errors import CredentialsMissing
from engagement_kit.forms.model.kept_keys import Keeping, KeptAccount
from engagement_kit.forms.parts.kept_accounts import KeptAccountsPart

TWO = Keeping(
    (KeptAccount("acme", "the keys file"), KeptAccount("birch", "the keys file")), anything=True
)


def words_of(part: KeptAccountsPart) -> str:
    """Give the words on the screen."""
    shown = [one for _, one in on_screen(part.widget)]
    return " ".join(text_of(one.value) for one in shown if isinstance(one, w.HTML))


def test_nothing_is_shown_where_nothing_is_kept() -> None:
    """Neither a heading nor a button."""
    part = KeptAccountsPart(lambda _: None)
    assert part.widget.layout.display == "none"
    part.show(TWO)
    assert part.widget.layout.display is None
    assert [one.description for one in part.buttons.values()] == [
        "Forget acme",
        "Forget birch",
        "Forget all, and the app's keys",
    ]
    assert "acme: in the keys file" in words_of(part)


def test_the_second_click_forgets() -> None:
    """A click on another button asks anew; the third kind of button forgets all."""
    gone: list[str | None] = []
    part = KeptAccountsPart(gone.append)
    part.show(TWO)
    acme, birch, every = part.buttons.values()
    acme.click()
    assert "Click again to forget acme" in words_of(part)
    birch.click()
    acme.click()
    assert gone == []
    acme.click()
    assert gone == ["acme"]
    every.click()
    every.click()
    assert gone == ["acme", None]


def test_a_list_that_stays_is_not_made_anew() -> None:
    """Else a button would lose the focus, and the question its place."""
    part = KeptAccountsPart(lambda _: None)
    part.show(TWO)
    before = dict(part.buttons)
    part.buttons["acme"].click()
    part.show(Keeping(TWO.accounts, TWO.anything))
    assert part.buttons == before
    assert "Click again" in words_of(part)
    part.show(Keeping(TWO.accounts[1:], anything=True))
    assert "Click again" not in words_of(part)
    assert "acme" not in words_of(part)
    assert before["acme"].comm is None


def test_an_app_alone_and_trouble_are_said() -> None:
    """As text, whatever they say."""
    part = KeptAccountsPart(lambda _: None)
    part.show(Keeping(anything=True))
    assert "None; the app's keys alone." in words_of(part)
    part.show(Keeping(trouble=("<b>others may read it</b>",)))
    assert "<b>others may read it</b>" in words_of(part)
    assert not part.buttons


def test_what_goes_wrong_is_said() -> None:
    """A kernel would hide it."""

    def fail(_: str | None) -> None:
        raise CredentialsMissing("the file is closed")

    part = KeptAccountsPart(fail)
    part.show(TWO)
    for _ in range(2):
        part.buttons["acme"].click()
    assert "the file is closed" in words_of(part)
