"""Tweet ids are text, clean, each once; and they tell when the tweet was created."""

from __future__ import annotations

import decimal
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.micros import moment_at
from engagement_kit.question.tweet_ids import (
    FIRST_TIMED_ID,
    ID_EPOCH_MS,
    MAX_ID,
    births_of,
    clean,
    created_at,
    creation_hours,
    short_note,
    split,
)

BIG = "1436278513418522630"
ids = st.integers(1, MAX_ID)


@settings(max_examples=150)
@given(st.lists(ids, max_size=20), st.sampled_from(["\n", "\r\n", ",", ", ", ";", "\t", "  \n"]))
def test_every_way_gives_the_same_text(numbers: list[int], apart: str) -> None:
    """Ints, texts, lines of a file and one text give the same ids, no digit lost, each once."""
    wanted = tuple(dict.fromkeys(map(str, numbers)))
    repeats = len(numbers) - len(wanted)
    texts = [str(number) for number in numbers]
    links = [f"https://x.com/someone/status/{number}?s=20" for number in numbers]
    ways: list[Any] = [
        numbers,
        texts,
        [f" {text}\n" for text in texts],
        (text + "\r\n" for text in texts),
        links,
        np.array(numbers, dtype=np.int64),
        pd.Series(numbers, dtype="Int64"),
        pd.Series(texts, dtype=object),
        apart.join(texts),
        apart.join(texts) + apart,
    ]
    for way in ways:
        assert clean(way) == (wanted, repeats, ())


@pytest.mark.parametrize(
    "link",
    [
        f"https://twitter.com/a_b/status/{BIG}",
        f"http://mobile.twitter.com/a/statuses/{BIG}/photo/1",
        f"https://x.com/i/web/status/{BIG}#top",
    ],
)
def test_links_of_all_times(link: str) -> None:
    """Both names of the site, with and without what follows the id."""
    assert clean([link])[0] == (BIG,)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.436e18, "float loses digits"),
        (np.float64(20), "float loses digits"),
        (float("nan"), "float loses digits"),
        (True, "truth value"),
        (np.True_, "truth value"),
        (None, "text or int"),
        (pd.NA, "text or int"),
        (decimal.Decimal(20), "text or int"),
        (b"20", "text or int"),
        ("020", "leading zero"),
        ("0", "leading zero"),
        (0, "leading zero"),
        (-20, "leading zero"),
        ("2 0", "1 to 19 digits"),
        ("٢٠", "1 to 19 digits"),
        ("1.4e18", "a spreadsheet rounded this id; export it as text"),
        (" 2.06138E+18", "a spreadsheet rounded"),
        ("2,06138E+18", "a spreadsheet rounded"),
        ("1E+18", "a spreadsheet rounded"),
        ("2.06E-18", "1 to 19 digits"),
        ("2.0", "1 to 19 digits"),
        ("12345678901234567890", "1 to 19 digits"),
        (str(MAX_ID + 1), "at most 9223372036854775807"),
        (f"https://example.com/a/status/{BIG}", "1 to 19 digits"),
        (f"https://x.com/a/status/{BIG}0", "1 to 19 digits"),
    ],
)
def test_what_is_no_id_is_named(value: Any, said: str) -> None:
    """The wrong value and the reason are told; the good ids beside it are kept."""
    good, repeats, problems = clean(["20", value])
    assert (good, repeats) == (("20",), 0)
    (problem,) = problems
    assert said in problem.why
    assert repr(value) in problem.value
    assert str(problem).startswith(f"tweet_ids: {problem.value}: {problem.why}")


LINK = f"https://x.com/a/status/{BIG}"


@pytest.mark.parametrize(
    "text",
    [
        str([BIG, "20"]),
        str((int(BIG), 20)),
        str({"20": BIG}).replace(":", ","),
        f'[\n  "{BIG}",\n  "20"\n]',
        f'"{BIG}",\n"20",\n',
        f"\u201c{BIG}\u201d, \u201e20\u201c",
        f"\u2018{BIG}\u2019 \u00ab20\u00bb \u201a20\u2018",
        f"['{LINK}?s=20', \"{LINK}\"] ({LINK}) [ 20 ]",
        f"[{BIG};20]",
    ],
)
def test_lists_that_are_pasted(text: str) -> None:
    """Quotes and brackets around ids and links, as code and letters write them, are taken off."""
    good, _, problems = clean(text)
    assert (set(good), problems) == ({BIG, "20"}, ())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2,06138E+18", ["2,06138E+18"]),
        ("2,06138e18,2,07E+18\n20", ["2,06138e18", "2,07E+18", "20"]),
        (f"{BIG},20,{LINK},21", [BIG, "20", LINK, "21"]),
        (f"{BIG},2.06E+18,20", [BIG, "2.06E+18", "20"]),
        ("E ,; 20,,21; ", ["E", "20", "21"]),
        ("[ ] ''", []),
    ],
)
def test_a_comma_of_a_rounded_number_parts_nothing(text: str, parts: list[str]) -> None:
    """Else the digit before it would pass for an id; all other commas part."""
    assert split(text) == parts


@pytest.mark.parametrize("number", [1, MAX_ID])
def test_the_smallest_and_the_biggest_number_are_ids(number: int) -> None:
    """As int, as text, in a list of texts alone and beside what is no id."""
    text = str(number)
    for values in ([number], [text], text, [text, text]):
        assert clean(values)[0] == (text,)
    assert clean([text, "x"])[0] == (text,)


def test_quotes_within_a_list_of_texts_stay() -> None:
    """Only one text is parted; what stands in a list is looked at as it is."""
    assert clean(["'20'"])[0] == ()


@pytest.mark.parametrize("values", [None, 20, 20.0, b"20"])
def test_what_is_no_list_is_refused(values: Any) -> None:
    """A single number is not taken for a list of digits."""
    good, _, (problem,) = clean(values)
    assert good == ()
    assert "iterable" in problem.why
    assert problem.hint == "Pass a list, such as ['20']."


def test_many_wrong_ones_are_one_problem() -> None:
    """Wrong ids of one kind are told together, with some examples and their number."""
    _, _, (problem,) = clean([f"x{n}" for n in range(12)])
    assert "'x4' and 7 more" in problem.value
    _, _, (all_shown,) = clean([f"x{n}" for n in range(5)])
    assert all_shown.value == "'x0', 'x1', 'x2', 'x3', 'x4'"
    assert not all_shown.hint


def test_a_column_of_arrow_text() -> None:
    """A column as Parquet files hold it gives ids as well."""
    assert clean(pa.array([BIG, "20"]).to_pandas())[0] == (BIG, "20")


# --- creation -------------------------------------------------------------------------------------
@settings(max_examples=200)
@given(
    st.datetimes(datetime(2010, 11, 5), datetime(2060, 1, 1)),  # noqa: DTZ001
    st.integers(0, 2**22 - 1),
)
def test_an_id_tells_its_millisecond(naive: datetime, salt: int) -> None:
    """Whatever the lower 22 bits hold, the id gives back the moment to the millisecond."""
    born = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    number = ((milliseconds - ID_EPOCH_MS) << 22) + salt
    assert created_at(number) == created_at(str(number)) == born
    assert creation_hours([str(number)]).tolist() == [milliseconds // 3_600_000]


def test_untimed_ids_have_an_upper_bound() -> None:
    """Ids from before November 2010 have no moment; their hour is the last that they can have."""
    last = str(FIRST_TIMED_ID - 1)
    assert created_at(last) is None
    assert created_at(FIRST_TIMED_ID) is not None
    hours = creation_hours(["20", last, str(FIRST_TIMED_ID)])
    assert hours.tolist() == [ID_EPOCH_MS // 3_600_000] * 3


def test_the_first_id_that_carries_a_time_tells_it() -> None:
    """The one before it does not."""
    born = births_of(np.array([FIRST_TIMED_ID - 1, FIRST_TIMED_ID]), -1).tolist()
    assert born[0] == -1
    assert moment_at(born[1]) == created_at(FIRST_TIMED_ID)


def test_a_known_tweet() -> None:
    """A tweet of the published examples was created at 19:44:15 UTC on 2016-02-10."""
    born = created_at("697506383516729344")
    assert born is not None
    assert born.replace(microsecond=0) == datetime(2016, 2, 10, 19, 44, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given_as_ids", "said"),
    [
        (pd.DataFrame({"id": ["20"], "text": ["x"]}), r"columns id, text: .* As in df\["),
        (pa.table({"id": ["20"], "text": ["x"]}), r"columns id, text: .* As in df\["),
        ("tweets.csv", r"'tweets\.csv': .*ek\.read_ids"),
        (Path("a/tweets.parquet"), r"ek\.read_ids"),
        (20, r"iterable.*\['20'\]"),
    ],
    ids=["pandas", "arrow", "file name", "path", "number"],
)
def test_what_holds_ids_but_is_none_is_told_apart(given_as_ids: object, said: str) -> None:
    """A table and a file are refused with what to give instead."""
    ids, _, problems = clean(given_as_ids)
    assert ids == ()
    assert re.search(said, str(problems[0]))
    assert problems[0].field == "tweet_ids"


@pytest.mark.parametrize(
    ("ids", "many"),
    [
        (["5", "6", "7"], 3),
        (["5", "6", "697506383516729344"], 2),
        ([str(one) for one in range(1, 500)], 499),
        (["99999999", "99999998"], 2),
        (["100000000", "100000001"], 0),
        (["20"], 0),
        (["20", "697506383516729344"], 0),
    ],
)
def test_short_numbers_are_noted_where_most_are(ids: list[str], many: int) -> None:
    """Tweets before June 2007 have such ids, so nothing is refused; one alone is meant."""
    found = short_note(ids)
    assert (found != "", found.startswith(f"{many:,} of {len(ids):,} ids")) == (many > 0, many > 0)
    assert ek.Query("totals", ids, ["favorites"]).notes == ((found,) if found else ())


@pytest.mark.parametrize("typed", ["'697506383516729344", '="697506383516729344"'])
def test_what_makes_text_of_an_id_in_a_spreadsheet_is_no_part_of_it(typed: str) -> None:
    """It may stand in the cells of an exported file."""
    assert clean([typed, " 20 "]) == (("697506383516729344", "20"), 0, ())
