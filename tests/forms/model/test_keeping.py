"""The last values of a form in files: they come back, and no file hurts."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from acting import dispose, text_of

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.forms.model.draft import Draft, Loaded
from engagement_kit.forms.model.keeping import Keeper

IDS = tuple(str(1_500_000_000_000_000_000 + n) for n in range(2_000))
JUNK = (("no digits", ("x", "")), ("a float", ("2e+18",)))
FULL = Draft(
    endpoint="historical",
    pasted="20, x\n" + "\n".join(IDS),
    loaded=(Loaded("a.csv", IDS, 3, JUNK), Loaded("é", ("20",))),
    metrics=("url_clicks", "impressions"),
    shape="custom",
    slots=(("a", ("tweet.id",)), ("", ()), ("c", ("engagement.type", "tweet.id"))),
    kind="between",
    length=7,
    unit="hours",
    start_day=date(2026, 1, 1),
    start_hour=5,
    end_day=None,
    end_hour=23,
    account=" acme",
    owners=(("20", "acme"),),
    max_age_hours=6,
    max_requests=9,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file in a folder that is not there yet."""
    return tmp_path / "new" / "state.json"


@pytest.mark.parametrize("draft", [Draft(), FULL])
def test_all_of_a_draft_comes_back(path: Path, draft: Draft) -> None:
    """Also what is no lawful question yet."""
    assert Keeper(path).keep(draft) == ""
    assert Keeper(path).last() == (draft, "")


def test_nothing_kept_is_no_fault(path: Path) -> None:
    """The first time there is no file; none is made by looking."""
    assert Keeper(path).last() == (None, "")
    assert not path.parent.exists()


def test_what_did_not_change_is_not_written(path: Path) -> None:
    """Neither the state of the same draft, nor a long text beside a changed one."""
    keeper = Keeper(path)
    keeper.keep(FULL)
    path.unlink()
    keeper.keep(FULL)
    assert not path.exists()
    beside = path.with_suffix(".pasted.txt")
    before = beside.stat().st_mtime_ns
    keeper.keep(Draft(pasted=FULL.pasted))
    assert path.exists()
    assert beside.stat().st_mtime_ns == before


def test_two_forms_on_one_file(path: Path) -> None:
    """The one that was touched last is kept, with its own long text."""
    one, other = Keeper(path), Keeper(path)
    one.keep(FULL)
    other.keep(Draft(pasted="21\n" * 6_000))
    one.keep(Draft(pasted=FULL.pasted, endpoint="28hr"))
    assert Keeper(path).last() == (Draft(pasted=FULL.pasted, endpoint="28hr"), "")


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    """In words, with its name; the form goes on."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "state.json", tmp_path):
        assert str(place) in Keeper(place).keep(FULL)
    assert "can't be kept" in Keeper(tmp_path / "state.json").keep(Draft(pasted="\ud800" * 20_000))


ODD: dict[str, list[Any]] = {
    "endpoint": [None, 5, "streams", [], {}],
    "pasted": [None, 5, [], {}, {"file": "x"}, {"file": "../../etc/passwd", "sha256": "0"}],
    "loaded": [
        None, 5, "x", [5], [{}], {"a": 1},
        [{"source": 5, "ids": "20", "again": 0, "junk": []}],
        [{"source": "a", "ids": "x", "again": 0, "junk": []}],
        [{"source": "a", "ids": "20 20", "again": 0, "junk": []}],
        [{"source": "a", "ids": "20", "again": "two", "junk": []}],
        [{"source": "a", "ids": "20", "again": 1e400, "junk": []}],
        [{"source": "a", "ids": "20", "again": 0, "junk": [5, None, []]}],
        *([{"source": "a", "ids": "20", "again": 0, "junk": odd}] for odd in [
            None, 5, {}, "", "{", "null", "5", "[]", "[5]", "[[]]", '[["a"]]', '[["a", 5]]',
            '[["a", "xyz"], ["b", ""]]', "[[[], []]]", '{"a": "b"}',
            {"file": "gone.txt", "sha256": ""},
        ]),
        [{"source": "a", "ids": {"file": "gone.txt", "sha256": ""}, "again": 0, "junk": []}],
    ],
    "metrics": [None, 5, "x", ["smiles"], [[]], ["replies", "replies"], {}],
    "shape": [None, 5, "unknown", []],
    "slots": [None, 5, [], [[]], [["a"]], [["a", "xyz"]], [["a", [[]]]], [["a", [5]]] * 9],
    "kind": [None, "next", []],
    "length": [None, "7", 7.5, True, -1, 0, 10**30],
    "unit": [None, "weeks"],
    "start_day": ["", 0, 5, [], "2026-13-01", "2026-01-01T00:00", "20260101"],
    "end_day": [False, {}, "soon"],
    "start_hour": [-1, 24, "5", 5.0, None],
    "end_hour": [99],
    "account": [None, 5, []],
    "owners": [None, "x", "xy", [[]], [["a", "b", "c"]], {"20": "a"}, [["x", ""]]],
    "max_age_hours": [-1, 10**30, None, "6"],
    "max_requests": [-1, 10**30, 20_000_000, 1.5],
}  # fmt: skip


@pytest.mark.parametrize("field", ODD)
def test_a_value_of_anybody_hurts_no_form(client: Client, path: Path, field: str) -> None:
    """The form opens, with or without the other values; at worst it says that it begins anew."""
    Keeper(path).keep(FULL)
    kept = path.read_text()
    for value in ODD[field]:
        data = json.loads(kept)
        data["draft"][field] = value
        path.write_text(json.dumps(data))
        draft, why = Keeper(path).last()
        if draft is None:
            assert "begun anew" in why
            continue
        form = ek.RequestForm(client, keep=path)
        assert form._fault.value == "", (field, value)
        assert form.seen.draft == draft
        form.query = ek.Query("totals", "20", ["favorites"])
        assert form.query.tweet_ids == ("20",)
        assert form._fault.value == ""
        dispose(form)


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "5", "[]", "{}", '{"draft": 5}', '{"draft": []}', '{"draft": {}}', "{",
        '{"version": 1, "draft": {"pasted": ""}}', "[" * 100_000, "NaN", '"x"', "\0",
    ],
)  # fmt: skip
def test_a_damaged_file_hurts_no_form(client: Client, path: Path, text: str) -> None:
    """The form begins anew, and says why until something is changed."""
    path.parent.mkdir()
    path.write_text(text)
    form = ek.RequestForm(client, keep=path)
    assert "begun anew" in form._fault.value
    assert form.seen.draft == Draft()
    form._tweets.pasted.value = "20"
    assert form._fault.value == ""
    last, why = Keeper(path).last()
    assert (last and last.pasted, why) == ("20", "")


def test_bytes_that_are_no_text_hurt_no_form(client: Client, path: Path) -> None:
    """Nor does a folder of that name, which is told about as long as it is there."""
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe")
    assert "begun anew" in ek.RequestForm(client, keep=path)._fault.value
    path.unlink()
    path.mkdir()
    form = ek.RequestForm(client, keep=path)
    assert "begun anew" in form._fault.value
    form._tweets.pasted.value = "20"
    assert "can't be kept" in text_of(form._fault.value)


def test_random_damage_hurts_no_form(client: Client, path: Path) -> None:
    """Bytes changed, cut off or put in, in the state and in the texts beside it."""
    chance = random.Random(1)  # noqa: S311 -- no secret
    Keeper(path).keep(FULL)
    files = {one: one.read_bytes() for one in path.parent.iterdir()}
    for _ in range(40):
        for one, content in files.items():
            one.write_bytes(content)
        one = chance.choice(sorted(files))
        content = bytearray(files[one])
        at = chance.randrange(len(content))
        content[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        one.write_bytes(bytes(content))
        draft, _ = Keeper(path).last()
        if draft not in {None, FULL}:
            assert "fault" not in ek.RequestForm(client, keep=path)._fault.value


def test_a_newer_file_is_read_as_far_as_it_is_known(path: Path) -> None:
    """Fields that nobody knows yet are left out; those that are missing are as at first."""
    Keeper(path).keep(FULL)
    data = json.loads(path.read_text())
    data["version"] = 2
    data["draft"]["colour"] = "red"
    del data["draft"]["unit"]
    path.write_text(json.dumps(data))
    draft, why = Keeper(path).last()
    assert why == ""
    assert draft is not None
    assert (draft.unit, draft.account) == ("days", " acme")


def test_junk_of_an_older_file_comes_back(path: Path) -> None:
    """It was kept as a list of texts, without what is wrong with each."""
    Keeper(path).keep(FULL)
    data = json.loads(path.read_text())
    for one, junk in zip(data["draft"]["loaded"], (["x", ""], []), strict=True):
        one["junk"] = junk
    path.write_text(json.dumps(data))
    draft, why = Keeper(path).last()
    assert (why, draft and [one.junk for one in draft.loaded]) == (
        "",
        [(("this is no tweet id", ("x", "")),), ()],
    )


def test_much_junk_is_kept_beside(path: Path) -> None:
    """A column of floats is written once, not with each key."""
    junk = (("a float", tuple(f"{n}e+18" for n in range(3_000))),)
    draft = Draft(loaded=(Loaded("a", (), 0, junk),))
    Keeper(path).keep(draft)
    assert len(path.read_text()) < 5_000
    assert Keeper(path).last() == (draft, "")


def test_a_text_beside_that_was_changed_is_not_taken(path: Path) -> None:
    """Ids are never damaged in silence."""
    Keeper(path).keep(FULL)
    beside = path.with_suffix(".loaded-0.txt")
    beside.write_text(beside.read_text().replace("15000", "15001", 1))
    draft, why = Keeper(path).last()
    assert draft is None
    assert "was changed" in why
