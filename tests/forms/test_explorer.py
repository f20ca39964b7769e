"""The Explorer: setting its controls shows another figure, another frame, other code."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.result import Result
from engagement_kit.forms.explorer import Explorer
from engagement_kit.tables.given import as_arrow
from engagement_kit.tables.schema import SCHEMA

CLOCK = "2026-06-01T12:34:00Z"
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def result() -> Iterator[Result]:
    """Ask the emulator for hours of two metrics; one tweet has no counts."""
    with ek.connect("emulator", clock=CLOCK) as client:
        ids = [*ek.sample_ids(client, 60)[40:], *ek.sample_ids(client, 1, kind="unavailable")]
        query = ek.Query(
            "historical", ids, ["impressions", "favorites"], by="hour", period=ek.last(days=5)
        )
        yield client.run(query, progress=False)


@pytest.fixture
def table(result: Result) -> pd.DataFrame:
    """Give the result as a frame."""
    return result.to_pandas()


@pytest.fixture
def explorer(table: pd.DataFrame) -> Explorer:
    """Open the frame."""
    return ek.Explorer(table)


def control(explorer: Explorer, label: str) -> Any:
    """Find a control by what a person reads beside it."""
    (found,) = [one for one in walk(explorer.widget) if getattr(one, "description", "") == label]
    return found


def walk(widget: Any) -> Iterator[Any]:
    """Give a widget and all within it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def words(explorer: Explorer, place: str) -> str:
    """Give the HTML that stands in a place."""
    name = f"ek-explorer-{place}"
    (found,) = [one for one in walk(explorer.widget) if name in getattr(one, "_dom_classes", ())]
    return str(found.value)


def picture(explorer: Explorer) -> bytes:
    """Give the picture that is shown."""
    found = re.search(r'src="data:image/png;base64,([^"]+)"', words(explorer, "figure"))
    return base64.b64decode(found[1]) if found else b""


def run(explorer: Explorer, table: Any) -> pd.DataFrame:
    """Run the code that is shown, and give its frame."""
    names: dict[str, Any] = {"table": table}
    exec(explorer.code.rsplit("\n", 1)[0], names)  # noqa: S102
    return names["frame"]


def test_it_opens_with_something_to_see(explorer: Explorer, table: pd.DataFrame) -> None:
    """A figure with words for those who can't see it, the frame, and code that makes it."""
    assert explorer.view is not None
    assert explorer.view.form == "over_time"
    assert picture(explorer).startswith(b"\x89PNG")
    assert 'alt="Bars: impressions of 20 of 21 tweets over time' in words(explorer, "figure")
    assert "EMULATOR" in words(explorer, "about")
    assert explorer.figure is not None
    pd.testing.assert_frame_equal(explorer.frame, run(explorer, table))
    assert control(explorer, "code").value == explorer.code


@pytest.mark.parametrize(
    ("label", "value", "field"),
    [
        ("metric", "favorites", "metric"),
        ("form", "by_age", "form"),
        ("form", "hour_of_day", "form"),
        ("form", "top", "form"),
        ("from (UTC)", "2026-05-30", "start"),
        ("up to, not with (UTC)", "2026-05-30 13:00", "end"),
        ("left out", "all", "which"),
    ],
)
def test_a_control_changes_all_that_is_shown(
    explorer: Explorer, table: pd.DataFrame, label: str, value: Any, field: str
) -> None:
    """View, picture, frame, rows and code follow, and the code makes the frame."""
    before = explorer.view, explorer.code, picture(explorer), explorer.figure
    control(explorer, label).value = value
    assert getattr(explorer.view, field) not in {None, getattr(before[0], field)}
    assert explorer.code != before[1]
    assert picture(explorer) not in {b"", before[2]}
    assert explorer.figure is not before[3]
    assert explorer.frame is not None
    pd.testing.assert_frame_equal(explorer.frame, run(explorer, table))
    for name in explorer.frame.columns:
        assert f">{name}</th>" in words(explorer, "rows")


def test_tweets_are_chosen_from_the_list_or_pasted(explorer: Explorer) -> None:
    """The list has the highest first; pasted ids and links count with those that are chosen."""
    listed = [one for _, one in control(explorer, "tweets").options]
    sums = ek.total(explorer._table[explorer._table["metric"] == "impressions"], "tweet_id")
    assert listed[0] == str(sums.loc[sums["value"].idxmax(), "tweet_id"])
    control(explorer, "tweets").value = listed[:2]
    assert explorer.view.tweets == tuple(listed[:2])  # type: ignore[union-attr]
    control(explorer, "other tweets").value = f"https://x.com/a/status/{listed[5]} {listed[0]}"
    assert explorer.view.tweets == (*listed[:2], listed[5])  # type: ignore[union-attr]
    assert "of 3 tweets" in words(explorer, "figure")
    control(explorer, "metric").value = "favorites"
    assert set(explorer.view.tweets) == {*listed[:2], listed[5]}  # type: ignore[union-attr]
    assert control(explorer, "tweets").value == tuple(listed[:2])


def test_unknown_ids_are_named_beside_their_field(explorer: Explorer) -> None:
    """Beside known ones they are left out; alone they do not stand for all tweets."""
    known = control(explorer, "tweets").options[0][1]
    control(explorer, "other tweets").value = f"{known} 123"
    assert "not in the table: 123" in words(explorer, "tweets")
    assert explorer.view.tweets == (known,)  # type: ignore[union-attr]
    control(explorer, "other tweets").value = "123 <b>"
    assert explorer.view is explorer.frame is explorer.figure is None
    assert not picture(explorer)
    assert explorer.code == control(explorer, "code").value == ""
    assert "&lt;b&gt;" in words(explorer, "tweets")
    assert "<b>" not in words(explorer, "tweets")
    control(explorer, "other tweets").value = ""
    assert explorer.view.tweets == ()  # type: ignore[union-attr]
    assert not words(explorer, "tweets")


def test_a_period_that_can_not_be_is_refused_beside_it(explorer: Explorer) -> None:
    """In words, and nothing old stays to be taken for an answer."""
    control(explorer, "from (UTC)").value = "some day"
    assert "is no moment" in words(explorer, "period")
    assert explorer.view is None
    assert not words(explorer, "rows")
    assert "is no moment" in repr(explorer)
    control(explorer, "from (UTC)").value = "2026-05-30"
    assert not words(explorer, "period")
    assert explorer.view is not None


def test_what_a_view_can_not_give_is_said(explorer: Explorer) -> None:
    """A tweet without counts alone, and only whole ones wanted: nothing is left."""
    gone = control(explorer, "tweets").options[-1]
    assert gone[0].endswith("null")
    control(explorer, "left out").value = "whole"
    control(explorer, "tweets").value = [gone[1]]
    assert "no tweet has all its counts" in words(explorer, "said")
    assert explorer.figure is None


def test_gaps_are_said(explorer: Explorer) -> None:
    """Who is left out is counted; where nobody is, sums are null, and that is said."""
    assert "1 of 21 tweets without any count left out." in words(explorer, "said")
    assert explorer.frame["value"].notna().all()  # type: ignore[index]
    control(explorer, "left out").value = "whole"
    assert "1 of 21 tweets with missing counts left out." in words(explorer, "said")
    assert explorer.frame["value"].notna().all()  # type: ignore[index]
    control(explorer, "left out").value = "all"
    assert "1 tweet with missing counts (120 numbers): a sum" in words(explorer, "said")
    assert explorer.frame["value"].isna().all()  # type: ignore[index]


def test_who_is_left_out_is_chosen_for_sums_alone(explorer: Explorer) -> None:
    """Ages and ranks leave out by themselves what they can't show; the choice is kept."""
    control(explorer, "left out").value = "all"
    for form, disabled in (("by_age", True), ("top", True), ("hour_of_day", False)):
        control(explorer, "form").value = form
        assert control(explorer, "left out").disabled is disabled
        assert explorer.view.which == (None if disabled else "all")  # type: ignore[union-attr]


def test_it_draws_only_when_something_changed(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same moment in other words, or an id that is chosen already, is no other view."""
    drawn = []
    plain = explorer._look_at

    def counting(view: Any) -> None:
        before = explorer.figure
        plain(view)
        drawn.append(explorer.figure is not before)

    monkeypatch.setattr(explorer, "_look_at", counting)
    control(explorer, "from (UTC)").value = "2026-05-30"
    control(explorer, "from (UTC)").value = "2026-05-30T00:00Z"
    first = control(explorer, "tweets").options[0][1]
    control(explorer, "tweets").value = [first]
    control(explorer, "other tweets").value = first
    control(explorer, "metric").value = "favorites"
    assert drawn == [True, False, True, False, True]


def test_figures_do_not_pile_up(table: pd.DataFrame) -> None:
    """Nothing is kept by pyplot, and it is not even loaded."""
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    explorer = ek.Explorer(table)
    for form in ("by_age", "hour_of_day", "top"):
        control(explorer, "form").value = form
    assert plt.get_fignums() == before


def test_it_needs_no_pyplot() -> None:
    """A fresh process opens a table without it."""
    code = (
        "import sys, engagement_kit as ek\n"
        "ek.Explorer(ek.tidy({'g': {'2000': {'likes': '1'}}}))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_forms_that_the_table_can_not_give_are_named_with_the_reason() -> None:
    """They are not offered; a lifetime has no period to choose."""
    explorer = ek.Explorer(ek.tidy({"g": {"2000": {"likes": "1"}, "2001": {"likes": "2"}}}))
    assert [form for _, form in control(explorer, "form").options] == ["top"]
    assert "by age since posting: that needs counts by hour or day" in words(explorer, "form")
    assert control(explorer, "from (UTC)").disabled
    assert explorer.frame["tweet_id"].tolist() == ["2001", "2000"]  # type: ignore[index]


def test_arrow_tables_and_results_are_taken(result: Result, table: pd.DataFrame) -> None:
    """The frame is the same, and the code runs on what was given."""
    for given in (as_arrow(table), result):
        explorer = ek.Explorer(given)
        expected = ek.Explorer(table).frame
        pd.testing.assert_frame_equal(explorer.frame, expected)
        pd.testing.assert_frame_equal(run(explorer, given), expected)


def test_an_empty_table_has_nothing_to_show() -> None:
    """It is said in words, and no control breaks."""
    explorer = ek.Explorer(SCHEMA.empty_table())
    assert "The table is empty: there is nothing to show." in words(explorer, "about")
    assert "there is nothing to show" in repr(explorer)
    control(explorer, "left out").value = "all"
    assert explorer.view is None


def test_what_is_no_tidy_table_is_refused() -> None:
    """At once, and in words."""
    with pytest.raises(ek.errors.TableError, match="no tidy table"):
        ek.Explorer(pd.DataFrame({"likes": [1]}))
    life = ek.tidy({"g": {"2000": {"likes": "1"}}})
    hour = ek.tidy({"g": {"2000": {"likes": {"2026-05-02": {"08": "1"}}}}})
    with pytest.raises(ek.errors.TableError, match="several grains"):
        ek.Explorer(pd.concat([life, hour]))


def test_what_is_typed_into_the_code_is_taken_back(explorer: Explorer) -> None:
    """It is there to be copied."""
    control(explorer, "code").value = "import os"
    assert control(explorer, "code").value == explorer.code


def test_text_says_what_the_form_shows(explorer: Explorer) -> None:
    """Where no widget can be shown: contents, view, gaps, first rows and code."""
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data[VIEW]["model_id"] == explorer.widget.model_id
    text = data["text/plain"]
    assert text == repr(explorer)
    for part in (
        "21 tweets, impressions, favorites", "2026-05-27 12:00 to 2026-06-01 12:00 UTC",
        "over time", "without any count left out", "n_expected", "ek.plot.timeline", "EMULATOR",
    ):  # fmt: skip
        assert part in text


def test_ids_are_text_in_the_rows(explorer: Explorer) -> None:
    """Whole, without commas, and cells are escaped."""
    control(explorer, "form").value = "top"
    first = explorer.frame["tweet_id"].iloc[0]  # type: ignore[index]
    assert f'<td class="ek-short">{first}</td>' in words(explorer, "rows")
    odd = ek.tidy({"g": {"2000": {"likes": "1"}}})
    odd["metric"] = pd.Categorical(["<script>"])
    shown = ek.Explorer(odd)
    assert "<script>" not in "".join(words(shown, one) for one in ("rows", "figure", "about"))


def test_ten_thousand_tweets_stay_usable() -> None:
    """Two hundred are listed; any other can be pasted."""
    body = {"g": {str(n): {"likes": str(n)} for n in range(100_000, 110_000)}}
    explorer = ek.Explorer(ek.tidy(body))
    listed = control(explorer, "tweets").options
    assert [one for _, one in listed[:2]] == ["109999", "109998"]
    assert len(listed) == 200
    said = "Listed are 200 of 10,000 tweets with the highest sums, each with its sum of likes over"
    assert said in words(explorer, "listed")
    control(explorer, "other tweets").value = "100000"
    assert explorer.frame["value"].tolist() == [100_000]  # type: ignore[index]


@pytest.mark.parametrize("given", [None, 3, "text", [], {}, Result, pd.Series([1])], ids=repr)
def test_what_is_no_table_at_all_is_refused(given: Any) -> None:
    """It is named, in words."""
    with pytest.raises(ek.errors.TableError, match="this is no table but"):
        ek.Explorer(given)


def test_a_table_that_is_none_inside_is_refused() -> None:
    """Something that promises a table and gives None."""

    class Odd:
        def to_arrow(self) -> None:
            """Give nothing."""

    with pytest.raises(ek.errors.TableError, match="this is no table but of type None"):
        ek.Explorer(Odd())  # type: ignore[arg-type]


def test_how_many_tweets_are_listed_is_said(explorer: Explorer) -> None:
    """All of a few, with the metric of their sums; another metric, other words."""
    said = "Listed are 21 of 21 tweets, each with its sum of impressions over the whole table."
    assert said in words(explorer, "listed")
    control(explorer, "metric").value = "favorites"
    assert "its sum of favorites" in words(explorer, "listed")


def test_a_moment_outside_the_calendar_is_refused_beside_it(explorer: Explorer) -> None:
    """As any other bad moment, and in place of what was said before."""
    control(explorer, "from (UTC)").value = "2026-06-02"
    assert "the end must be after" in words(explorer, "period")
    control(explorer, "from (UTC)").value = "0001-01-01T00:00+05:00"
    assert "is no moment" in words(explorer, "period")
    assert "the end must be after" not in words(explorer, "period")
    assert explorer.view is None


@pytest.mark.parametrize("name", ["show", "leaders", "chosen_ids", "period_of"])
def test_a_fault_is_said_and_nothing_old_stays(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nothing escapes to the kernel, which would hide it; the next change shows all again."""

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("by zero")

    control(explorer, "other tweets").value = "123 " + control(explorer, "tweets").options[0][1]
    assert words(explorer, "tweets")
    with monkeypatch.context() as patch:
        patch.setattr(f"engagement_kit.forms.explorer.{name}", broken)
        control(explorer, "metric").value = "favorites"
    assert "ZeroDivisionError: by zero" in words(explorer, "said")
    assert "ZeroDivisionError: by zero" in repr(explorer)
    assert explorer.view is explorer.frame is explorer.figure is None
    assert [words(explorer, one) for one in ("tweets", "rows", "figure")] == ["", "", ""]
    assert explorer.code == ""
    control(explorer, "metric").value = "impressions"
    assert explorer.view is not None
    assert "ZeroDivisionError" not in words(explorer, "said")


def test_a_fault_while_code_is_taken_back_is_said(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing escapes from the code box either."""

    def broken() -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(explorer, "_take_back", broken)
    control(explorer, "code").value = "typed"
    assert "ZeroDivisionError: by zero" in words(explorer, "said")
    assert control(explorer, "code").value == explorer.code == ""


def test_frames_of_odd_columns_are_refused_in_words() -> None:
    """Names that stand twice, names of several levels, and numbers that no table can hold."""
    tidy = ek.tidy({"g": {"2000": {"likes": "1"}}})
    levels = pd.MultiIndex.from_tuples([(name, "a") for name in tidy.columns])
    for odd in (
        pd.concat([tidy, tidy[["metric"]]], axis=1),
        tidy.set_axis(levels, axis=1),
        tidy.assign(value=[2**70]),
    ):
        with pytest.raises(ek.errors.TableError, match="this is no tidy table: "):
            ek.Explorer(odd)
