"""Counting tweet ids: good, repeated and junk ones, and when they were created."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engagement_kit.forms.model.draft import Draft, Loaded
from engagement_kit.forms.model.ids import Counted, Counter, load, origins, typed, without_junk

NEW, OLDER, EARLY = "2061384949969226276", "697506383516729344", "20"

FLOAT = "a float loses digits of a tweet id (or is a missing cell); read the column as text"
UNTIMED = "1 from before November 2010, when ids did not tell their time"


def count(pasted: str = "", loaded: Sequence[Loaded] = ()) -> Counted:
    """Count the ids of a draft."""
    return Counter().count(Draft(pasted=pasted, loaded=tuple(loaded)))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ("0 tweets",)),
        (" \n,; ", ("0 tweets",)),
        (NEW, ("1 tweet; created 2026-06-01 (UTC)",)),
        (f"{NEW}\n{OLDER}", ("2 tweets; created 2016-02-10 to 2026-06-01 (UTC)",)),
        (f"{NEW},{NEW};{NEW}", ("1 tweet; created 2026-06-01 (UTC)", "2 repeats left out")),
        (f"{NEW} {NEW}", ("1 tweet; created 2026-06-01 (UTC)", "1 repeat left out")),
        ("x", ("0 tweets", "1 that is no id")),
        ("x y 0 1.5 1e18", ("0 tweets", "5 that are no id")),
        (
            EARLY,
            (f"1 tweet; {UNTIMED}",),
        ),
        (
            f"{EARLY} {NEW} x",
            (
                f"2 tweets; created 2026-06-01 (UTC); {UNTIMED}",
                "1 that is no id",
            ),
        ),
        (
            f"https://x.com/a/status/{NEW}?s=20\nhttps://twitter.com/i/web/status/{NEW}",
            ("1 tweet; created 2026-06-01 (UTC)", "1 repeat left out"),
        ),
    ],
)
def test_counts_in_words(text: str, lines: tuple[str, ...]) -> None:
    """One number for each kind, and the days of creation."""
    assert count(text).lines == lines


def test_ids_of_all_origins_count_once() -> None:
    """A tweet that was pasted and loaded is a repeat; the order is that of appearance."""
    parts = [load([NEW, OLDER, "x"], "a.csv"), load([OLDER, OLDER, 22], "b.csv")]
    found = count(f"21 {NEW} y", parts)
    assert found.ids == ("21", NEW, OLDER, "22")
    assert found.duplicates == 3
    assert found.junk == ("y", "x")
    assert [one.why for one in found.problems] == [
        "a tweet id is 1 to 19 digits, without a leading zero",
        "a tweet id is 1 to 19 digits, without a leading zero (in a.csv)",
    ]


def test_what_is_loaded_keeps_its_reasons() -> None:
    """Each kind of junk of each source is told, with its reason and the source."""
    parts = [load([float(NEW), None, "2,06138E+18"], "mine['id']"), load(["2.06E+18"], "a.csv")]
    assert [(one.value, one.why) for one in count(loaded=parts).problems] == [
        (
            "'2.0613849499692262e+18'",
            f"{FLOAT} (in mine['id'])",
        ),
        ("'None'", "a tweet id is text or int (in mine['id'])"),
        (
            "'2,06138E+18'",
            "a spreadsheet rounded this id; export it as text (in mine['id'])",
        ),
        ("'2.06E+18'", "a spreadsheet rounded this id; export it as text (in a.csv)"),
    ]


def test_much_junk_is_named_briefly() -> None:
    """Five examples, each of at most forty characters."""
    (problem,) = count(" ".join([f"{n}{'x' * 90}" for n in range(2_000)])).problems
    assert problem.value.endswith(" and 1,995 more")
    assert len(problem.value) < 260


def test_junk_can_be_left_out() -> None:
    """What is an id stays, in its order; text without junk is not touched."""
    draft = Draft(pasted=f"x {NEW}, {NEW} 0 21", loaded=(load(["22", "y"], "a"),))
    clean = without_junk(draft)
    assert clean.pasted == f"{NEW}\n21"
    assert clean.loaded == (Loaded("a", ("22",), 0, ()),)
    nothing = Draft(loaded=(load(["x", None], "a"), load([NEW], "b")))
    assert without_junk(nothing).loaded == (Loaded("b", (NEW,)),)
    tidy = Draft(pasted=f"{NEW} , {NEW}\n")
    assert without_junk(tidy) == tidy


def test_origins_in_words() -> None:
    """One line for each source; a long text that went out of the box is said to be too long."""
    draft = typed(Draft(loaded=(load([NEW], "a"), load([], "b"))), f"{NEW}\n" * 3_000)
    assert draft.pasted == ""
    assert origins(typed(draft, " ".join(map(str, range(1, 10_001))))) == (
        "1 tweet from a",
        "0 tweets from b",
        "1 tweet from pasted text, which is too long for the box: its ids are kept here",
        "10,000 tweets from pasted text 2, which is too long for the box: its ids are kept here",
    )


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (f"{NEW} {OLDER}", (NEW, OLDER)),
        ([NEW, OLDER], (NEW, OLDER)),
        ((one for one in (NEW, OLDER)), (NEW, OLDER)),
        ({NEW, EARLY, OLDER}, (EARLY, OLDER, NEW)),
        ({OLDER: "acme"}, (OLDER,)),
        (20, ()),
        (b"20", ()),
        (None, ()),
        ([float(NEW), True, None], ()),
    ],
)
def test_whatever_is_loaded(values: object, ids: tuple[str, ...]) -> None:
    """One text is not taken for a list of its characters; what is no column is junk."""
    found = load(values, "code")
    assert found.ids == ids
    assert bool(found.junk) == (not ids)


def test_typing_elsewhere_counts_nothing_anew() -> None:
    """The same text and the same parts give the same count."""
    counter = Counter()
    first = counter.count(Draft(pasted=NEW))
    assert counter.count(Draft(pasted=NEW, endpoint="28hr")) is first
    assert counter.count(Draft(pasted=OLDER)).ids == (OLDER,)
    assert counter.count(Draft(pasted=OLDER, loaded=(load([NEW], "a"),))).ids == (OLDER, NEW)
