"""The part that tries all keys: its table, and one trial at a time."""

from __future__ import annotations

import threading

import pytest
from acting import text_of
from owners import PATIENCE

from engagement_kit.client.client import Client
from engagement_kit.forms.model import trying
from engagement_kit.forms.model.trying import Trials
from engagement_kit.forms.parts.trials import TrialsPart


def test_what_came_of_it_is_a_table_of_texts(client: Client) -> None:
    """Words of a service are shown as the text that they are."""
    part = TrialsPart(lambda: None)
    part.start(client, "").wait(PATIENCE)
    assert "account acme accepted everything of the account's own tweets" in text_of(
        part.words.value
    )
    part._show(Trials((("account <b>", "refused", "", "<script>"),)))
    assert "<script>" in text_of(part.words.value)
    assert "<script>" not in part.words.value
    part._show(Trials(wrong="A test call takes one tweet id."))
    assert 'role="alert"' in part.words.value
    part.forget()
    assert part.words.value == ""


def test_two_clicks_are_one_trial(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile it says so; both times that it changes are told."""
    let = threading.Event()

    def wait(*_: object) -> Trials:
        assert let.wait(PATIENCE)
        return Trials(wrong="over")

    monkeypatch.setattr(trying, "trials", wait)
    told: list[bool] = []
    part = TrialsPart(lambda: told.append(part.alive))
    first = part.start(client, "")
    assert part.start(client, "") is first
    assert part.alive
    assert "asking" in part.words.value
    part.wait(0.0)
    let.set()
    part.wait(PATIENCE)
    assert told == [True, False]
    assert part.start(client, "") is not first
    part.wait(PATIENCE)
