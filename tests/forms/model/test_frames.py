"""Ids from the data frames of a notebook: no digit is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from engagement_kit.forms.model.draft import Loaded
from engagement_kit.forms.model.frames import column_of, frames_in
from engagement_kit.forms.model.ids import load

IDS = ["2061384949969226276", "697506383516729344", "9223372036854775807"]


def texts_of(part: Loaded) -> tuple[str, ...]:
    """Give what is no id, whatever the reason."""
    return tuple(one for _, texts in part.junk for one in texts)


FRAME = pd.DataFrame({"text": ["x"] * 3, "tweet_id": IDS, "likes": range(3)})


def test_frames_of_the_notebook() -> None:
    """Frames with columns that may hold ids are listed, the likeliest column first."""
    names = {"tweets": FRAME, "_": FRAME, "n": 3, "none": pd.DataFrame({"x": [1.5]})}
    assert frames_in(names) == {"tweets": ("tweet_id", "text", "likes")}
    assert column_of(FRAME, "tweet_id") == IDS


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({0: IDS}),
        pd.DataFrame([[IDS[0], IDS[0]], [IDS[1], ""], [IDS[2], ""]], columns=["id", "id"]),
        pd.DataFrame({("a", "id"): IDS, ("a", "text"): "x"}),
        pd.DataFrame({"id": pd.array([int(one) for one in IDS], dtype="Int64")}),
        pd.DataFrame({"id": np.array([int(one) for one in IDS], dtype="uint64")}),
        pd.DataFrame({"id": pd.Categorical(IDS)}),
        pd.DataFrame({"id": pd.array(IDS, dtype="string")}),
        pd.DataFrame({"id": [int(one) for one in IDS]}, index=[7, 7, 7]),
    ],
    ids=["number", "twice", "levels", "Int64", "uint64", "category", "string", "odd index"],
)
def test_odd_frames(frame: pd.DataFrame) -> None:
    """Columns of any name and type that may hold ids can be taken, to the last digit."""
    ((first, *_),) = frames_in({"frame": frame}).values()
    assert load(column_of(frame, first), "").ids == tuple(IDS)


@pytest.mark.parametrize(
    "column",
    [
        [float(IDS[0]), None, float(IDS[1])],
        [*[None] * 60, float(IDS[0])],
        pd.array([int(one) for one in IDS], dtype="Float64"),
        np.array([int(one) for one in IDS], dtype="float32"),
        pd.Series([float(IDS[0]), None], dtype=object),
    ],
    ids=["with a missing one", "missing at first", "Float64", "float32", "object"],
)
def test_ids_that_became_floats_are_listed(column: Any) -> None:
    """Before a counter, so that adding them tells why they are no ids; other floats are not."""
    frame = pd.DataFrame({"n": 1, "tweet": column, "share": 0.5, "likes": 3.0})
    assert frames_in({"frame": frame}) == {"frame": ("tweet", "n")}
    part = load(column_of(frame, "tweet"), "")
    assert part.ids == ()
    assert len(texts_of(part)) == len(frame)
    assert part.junk[0][0].startswith("a float loses digits")


def test_a_column_that_is_gone() -> None:
    """The notebook goes on: a name may mean something else by now."""
    for value in (FRAME, None, 3):
        with pytest.raises(LookupError):
            column_of(value, "gone")
