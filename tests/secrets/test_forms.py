"""The forms: keys typed, found and refused; what they show, and the state that a notebook saves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import ipywidgets as w
import pytest
from captured import Captured, ways_of
from faulty import faulty
from planted import Planted
from searched import Search

import engagement_kit as ek
from engagement_kit.forms.parts.secret_field import SecretField

TYPED = Planted.of("typed into a form", odd=True)
FOUND = Planted.of("found by a form", odd=True)
SEARCH = Search(
    {f"typed {name}": one for name, one in TYPED.parts().items()}
    | {f"found {name}": one for name, one in FOUND.parts().items()}
)


def all_of(widget: w.Widget) -> Iterator[w.Widget]:
    """Give all widgets of a form."""
    yield widget
    for one in getattr(widget, "children", ()):
        yield from all_of(one)


def fields_of(form: ek.ConnectForm) -> list[SecretField]:
    """Give the fields for secrets of a form."""
    return [one for one in all_of(form.widget) if isinstance(one, SecretField)]


def seen(form: ek.ConnectForm) -> list[str]:
    """Give what a form shows, in every way, and the state of its widgets as a notebook saves it."""
    saved = [one.get_state(drop_defaults=True) for one in all_of(form.widget)]
    state = json.dumps(saved, default=str, indent=0)
    return [*ways_of(form), *ways_of(form.login), *ways_of(form.login.state), state]


@pytest.mark.parametrize("manner", ["401 with errors", "401, a base string", "200, JSON", "reset"])
def test_no_form_shows_a_key(
    manner: str, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Typed into the form, or found in the environment; refused by a service that quotes them."""
    monkeypatch.setattr("engagement_kit.fetch.keys.login._TIMEOUT", (2.0, 0.2))
    with faulty(manner) as service, Captured() as captured:
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", service.url + "/insights/engagement")
        form = ek.ConnectForm()
        form._to.value = "live"
        said = seen(form)
        for field, key in zip(fields_of(form), [*TYPED.parts().values()], strict=False):
            field.value = key
        form.login.take_app(TYPED.consumer_key, TYPED.consumer_secret)
        said += seen(form)
        assert form.login.begin() is None
        said += seen(form)
        form.login.take_app(TYPED.consumer_key + " x", TYPED.consumer_secret)
        said += seen(form)
        for name, value in FOUND.environment().items():
            monkeypatch.setenv(name, value)
        client = form.connect()
        assert client is not None
        trial = form.try_keys()
        assert trial is not None
        trial.wait(20)
        said += seen(form)
        request = ek.RequestForm(client)
        said += ways_of(request)
        form.close()
        heard = "\n".join(service.heard)
    assert {"typed consumer_key", "found access_token"} <= SEARCH.packed(heard.encode())
    assert len(fields_of(form)) == 2
    assert SEARCH.texts([("form", "\n".join(said)), ("captured", captured.text)]) == {}
    assert SEARCH.files(*folders.values()) == {}
