"""Thousands of random clicks and edits: no fault, nothing stale, and nothing unlawful is asked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd
import pytest
from acting import dispose, hands, on_screen, screen, text_of, upload

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.request import unlawful

CLOCK = "2026-06-01T12:34:00Z"
KINDS: tuple[Any, ...] = ("own", "foreign", "unavailable", "protected", "very_old")
UNFORESEEN = ("are unavailable", "Forbidden to access tweets")
"""What may be said of a lawful request: that some tweets are gone, or are another account's."""
_ODD_NAMES = ("g", "", "start", "errors", "unsupported_for_x", "A name", "g'\"\\", "été\n")
_PATHS = ("out", "out.csv", "deep/er/out.parquet", "", "  ", "/", "..", "~nobody/x", "a\0b")


class Walker:
    """Does random things to a form, of which nobody knows what comes next.

    Parameters
    ----------
    form, client
        The form, and whom it asks.
    seed
        The same one walks the same way.
    """

    def __init__(self, form: ek.RequestForm, client: Client, seed: int) -> None:
        self.form, self.client, self.random = form, client, random.Random(seed)  # noqa: S311 -- no secret
        self.ids = {kind: ek.sample_ids(client, 400, kind=kind) for kind in KINDS}
        self.done: Counter[str] = Counter()
        self.last = ""

    def step(self) -> None:
        """Touch one thing, each kind of them as often as the others."""
        found = hands(self.form)
        if self.random.random() < 0.3:
            self._click(self.random.choice(found.buttons))
            return
        if self.random.random() < 0.1:  # most of what there is to do is on historical
            self._set(self.form._tweets.endpoint, "historical")
            return
        kind = self.random.choice(sorted({type(one).__name__ for one in found.controls}))
        self._set(self.random.choice([one for one in found.controls if type(one).__name__ == kind]))

    def _click(self, button: w.Button) -> None:
        name = button.description
        self.last = f"click {name}"
        self.done[name] += 1
        if name == "Run" and len(self.form.plan or ()) > 8:
            self.last = "Run would take long"
            return
        button.click()
        if name == "Run":
            assert self.form.running is not None
            assert not self.form.running.wait(120).alive

    def _set(self, control: w.Widget, value: Any = None) -> None:
        kind = type(control).__name__
        self.done[kind] += 1
        if isinstance(control, w.Tab):
            control.selected_index = self.random.randrange(len(control.children))
            self.last = f"tab {control.selected_index}"
        elif isinstance(control, w.FileUpload):
            name, content = self.random.choice(self._files())
            self.last = f"upload {name}, {content[:9]!r}"
            upload(control, name, content)
        else:
            value = self._value(control) if value is None else value
            self.last = f"{kind} {control.description} = {value!r}"[:300]
            control.value = value

    def _value(self, control: w.Widget) -> Any:
        """Choose a value for a control; of two classes that fit, the first one counts."""
        near = date(2026, 6, 1) + timedelta(days=self.random.randrange(-300, 40))
        ends = [date(1, 1, 1), date(9999, 12, 31), date(2014, 9, 1)]
        pools: dict[type[w.Widget], Callable[[], list[Any]]] = {
            w.Checkbox: lambda: [not control.value],
            w.Dropdown: lambda: [value for _, value in control._options_full] or [None],
            w.RadioButtons: lambda: [value for _, value in control._options_full],
            w.DatePicker: lambda: [None, near, near, near, *ends],
            w.BoundedIntText: lambda: [0, 0, 1, 5, 100, 10**9],
            w.IntText: lambda: [0, 1, 2, 7, 28, 29, 365, -3, 10**6, 10**12, 10**30],
            w.Combobox: lambda: ["", "", "acme", "globex", " acme ", "nobody", "<b>"],
            w.Textarea: lambda: [self._pasted()],
            w.Text: lambda: list(_PATHS if control.description == "File" else _ODD_NAMES),
        }
        pool = next(make for kind, make in pools.items() if isinstance(control, kind))
        return self.random.choice(pool())

    def _pasted(self) -> str:
        pick = self.random.choice
        found: list[str] = []
        for _ in range(pick([0, 1, 1, 2, 3])):
            many = pick([1, 2, 24, 25, 26, 60, 251])
            those = self.ids[pick([*KINDS, "own", "own"])]
            found += self.random.sample(those, min(many, len(those)))
        junk = ["x", "1.23e18", "0", "9223372036854775808", "<script>", "20", "123456789"]
        found += self.random.sample(junk, pick([0] * 8 + [1, 3]))
        found += [f"https://x.com/a/status/{one}?s=20" for one in found[:2]]
        return pick(["\n", ",", " ; ", "\r\n"]).join(found)

    def _files(self) -> list[tuple[str, bytes]]:
        ids = self.random.sample(self.ids["own"], 30)
        return [
            ("ids.csv", "\n".join(["tweet_id,text", *(f"{one},x" for one in ids)]).encode()),
            ("ids.txt", "\n".join(ids).encode()),
            ("ids.jsonl", "".join(f'{{"id": {one}}}\n' for one in ids).encode()),
            ("ids.csv", b"\xff\xfe\x00"),
            ("ids.parquet", b""),
            ("ids.doc", b"x"),
        ]


def look_alike(form: ek.RequestForm, fresh: ek.RequestForm) -> None:
    """Hold what a form shows against a fresh one; the rest of a run and of a choice is its own."""
    fresh._written.tabs.selected_index = form._written.tabs.selected_index
    here, there = (screen(one, *_own(one)) for one in (form, fresh))
    assert here == there
    assert form.seen.draft == fresh.seen.draft
    told = [repr(one).partition("\n  run: ") for one in (form, fresh)]
    assert told[0][0] == told[1][0]
    assert told[0][2].partition("\n\n")[2] == told[1][2].partition("\n\n")[2]


def _own(one: ek.RequestForm) -> tuple[w.Widget, ...]:
    """List what a fresh form can't show: how a run stands, and what is only chosen."""
    run, tweets = one._run, one._tweets
    chosen = (tweets.upload, tweets.file_column, tweets.add_file, tweets.frame, tweets.frame_column)
    return (run.bar, run.status, run.earlier, run.lost, run.outcome, tweets.reading, *chosen)


def reasons_stand_beside(form: ek.RequestForm) -> None:
    """See that what can't be had is greyed with its reason, and that problems are said."""
    seen = form.seen
    for name in METRICS:
        box, words = form._metrics.boxes[name], text_of(form._metrics.meanings[name].value)
        assert box.value == (name in seen.draft.asked_metrics)
        assert box.disabled == (name in seen.closed and not box.value)
        assert ("Not to be had" in words) == (name in seen.closed)
    said = {text_of(one.value) for _, one in on_screen(form.widget) if isinstance(one, w.HTML)}
    for lines in form.problems.values():
        for line in lines:
            assert any(" ".join(line.split()) in one for one in said), line
    assert form._run.run.disabled == (not seen.ready)
    assert "Error:" not in form._run.status.value


def ask_for_real(walker: Walker) -> int:
    """Send a few of the plan's requests; nothing is refused that could be known beforehand."""
    form, emulator = walker.form, walker.client.emulator
    assert emulator is not None
    made = form.plan
    if made is None or not form.seen.ready:
        return 0
    picked = walker.random.sample(range(len(made)), min(3, len(made)))
    for at in picked:
        walker.client.connection.transport.send(made.requests[at])
        record = emulator.log[-1]
        assert record.status == 200 or any(one in record.reason for one in UNFORESEEN), record
    return len(picked)


def walk(steps: int, seed: int, client: Client, keep: Path, report: Callable[[str], None]) -> None:
    """Walk, and look after each step."""
    form = ek.RequestForm(client, keep=keep)
    walker = Walker(form, client, seed)
    sent = ready = requests = 0
    for at in range(steps):
        walker.step()
        where = f"seed {seed}, step {at}: {walker.last}"
        assert not form._fault.value, where
        fresh = ek.RequestForm(client, keep=keep)
        assert not fresh._fault.value, where
        try:
            look_alike(form, fresh)
            reasons_stand_beside(form)
            for one in (form.plan.requests if form.plan else ())[:60]:
                assert unlawful(one, client.now()) == ()
                requests += 1
            ready += form.seen.ready
            sent += ask_for_real(walker) if at % 4 == 0 else 0
        except AssertionError as error:
            error.add_note(where)
            raise
        dispose(fresh)
    report(
        f"{steps} actions, {ready} times ready, {requests} requests looked at, {sent} sent; "
        f"{dict(walker.done.most_common())}"
    )
    dispose(form)


@pytest.fixture
def _frames(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """Have data frames in the notebook, odd ones among them."""
    ids = ek.sample_ids(client, 12)
    frames = {
        "tweets": pd.DataFrame({"text": ["x"] * 12, "tweet_id": ids}),
        "numbers": pd.DataFrame({0: [int(one) for one in ids], "likes": range(12)}),
        "twice": pd.DataFrame([[*ids[:2]]] * 2, columns=["a", "a"]),
        "empty": pd.DataFrame(),
        "floats": pd.DataFrame({"id": [float(one) for one in ids]}),
        "no_frame": 3,
    }
    monkeypatch.setattr("engagement_kit.forms.request_form._notebook", lambda: frames)


@pytest.mark.usefixtures("_frames")
@pytest.mark.parametrize("seed", range(2))
def test_a_walk(client: Client, tmp_path: Path, seed: int) -> None:
    """Sixty random actions, twice."""
    walk(60, seed, client, tmp_path / "state.json", print)


@pytest.mark.long
@pytest.mark.usefixtures("_frames")
def test_a_long_walk(client: Client, tmp_path: Path) -> None:
    """Two thousand random actions: some four minutes."""
    walk(2000, 100, client, tmp_path / "state.json", print)
