"""Ids in bytes, in texts and in JSON: found where they are, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.answers.gone import DROPPED, Gone

ID = "2061384949969226276"
OTHER = "2061352378334009885"
LONGER = f"1{ID[:-1]}"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (f"tweet {ID} is gone", "tweet (purged) is gone"),
        (f"[{ID}, {OTHER}]", f"[(purged), {OTHER}]"),
        (f"https://x.com/a/status/{ID}?s=20", "https://x.com/a/status/(purged)?s=20"),
        (f"{ID}1 1{ID} {ID[:-1]}", f"{ID}1 1{ID} {ID[:-1]}"),
        ("tweet 20 at 12:20, 20 tries", "tweet (purged) at 12:20, 20 tries"),
        ("https://x.com/a/status/20", "https://x.com/a/status/(purged)"),
        ("tweet 206 and tweet_ids: 20", "tweet 206 and tweet_ids: (purged)"),
    ],
)
def test_ids_are_cut_out_of_texts(text: str, cut: str) -> None:
    """Those that stand by themselves; a short one only where it is named as a tweet."""
    assert Gone([ID, "20"]).cut(text) == cut


def test_an_id_that_begins_another_does_not_harm_it() -> None:
    """Neither 20 the long one, nor the long one a longer."""
    gone = Gone(["20", ID])
    kept = [f"20{ID[2:]}"[:-1] + "7", LONGER, "200", "120"]
    assert gone.json(kept) == kept
    assert gone.json(dict.fromkeys(kept, 1)) == dict.fromkeys(kept, 1)
    assert not gone.may_be_in(",".join(kept).encode())


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ([ID, OTHER, int(ID)], [OTHER]),
        ({ID: 1, OTHER: 2}, {OTHER: 2}),
        ({"ids": [ID]}, {"ids": []}),
        ({"ids": f"{ID},{OTHER}"}, {"ids": OTHER}),
        ([{"tweet_id": ID, "n": 3}, {"tweet_id": OTHER, "n": 3}], [{"tweet_id": OTHER, "n": 3}]),
        ({"tweet_id": ID, "value": 3}, DROPPED),
        ({"value": "20", "n": 20, "x": 20.5}, {"value": "20", "n": 20, "x": 20.5}),
        ([{"id": "20"}, {"tweet": "20"}, "20"], []),
        ({"error": f"no {ID}", "at": None}, {"error": "no (purged)", "at": None}),
        ({"deep": {"tweet_id": ID}, "other": 1}, {"other": 1}),
    ],
)  # fmt: skip
def test_json_loses_what_names_them(value: Any, left: Any) -> None:
    """Items, members, and objects that are about one; counts and other numbers stay."""
    assert Gone([ID, "20"]).json(value) == left


def test_documents_and_lines_keep_their_look() -> None:
    """Indent, line ends, lines that are not concerned; what was cut off goes with its id."""
    gone = Gone([ID])
    pretty = json.dumps({"ids": [ID, OTHER], "x": 1}, indent=1).encode()
    assert gone.json_bytes(pretty) == json.dumps({"ids": [OTHER], "x": 1}, indent=1).encode()
    lines = f'{{"id":"{OTHER}"}}\n{{"id": "{ID}"}}\n\n{{"all":["{ID}"]}}\n{{"id":"{ID[:9]}'
    assert gone.json_bytes(lines.encode()) == f'{{"id":"{OTHER}"}}\n\n{{"all":[]}}\n'.encode()
    assert gone.json_bytes(f'{{"id": "{ID}"}}'.encode()) is None
    assert gone.json_bytes(b'{"id":  "20"}') == b'{"id":  "20"}'
    assert gone.json_bytes(b"{broken") == b"{broken"


def test_bytes_are_searched_for_many_as_for_few() -> None:
    """And for digits that JSON wrote as escapes."""
    few, many = Gone([ID]), Gone([ID, *(str(10**15 + n) for n in range(100))])
    for gone in (few, many):
        assert gone.is_in(f'x"{ID}"'.encode())
        assert gone.is_in(ID.replace("0", r"\u0030").encode())
        assert not gone.is_in(f"{LONGER} {ID}0 {OTHER}".encode())
    assert not Gone(["20"]).is_in(b"tweet 20")
    assert Gone(["20"]).may_be_in(b"tweet 20")


numbers = st.integers(1, 2**63 - 1).map(str)
# Whole numbers of nine to fourteen digits may be counts: they stay, and the last search tells.
ints = st.integers(-(10**8) + 1, 10**8 - 1) | st.integers(10**14, 2**63 - 1)
trees = st.recursive(
    st.one_of(numbers, ints, st.booleans(), st.none(), st.text(max_size=5)),
    lambda inner: st.lists(inner) | st.dictionaries(numbers | st.text(max_size=5), inner),
    max_leaves=20,
)


@given(trees, st.lists(numbers, min_size=1), st.data())
def test_nothing_is_left_in_any_json(tree: Any, ids: list[str], data: st.DataObject) -> None:
    """And to do it again changes nothing."""
    inside = [one for one in _texts(tree) if one.isdecimal() and one.isascii() and one[0] != "0"]
    gone = Gone([*ids, *data.draw(st.lists(st.sampled_from(inside)) if inside else st.just([]))])
    left = gone.json(tree)
    if left is not DROPPED:
        assert gone.json(left) == left
        assert not gone.is_in(json.dumps(left).encode())


def _texts(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [*tree, *(one for value in tree.values() for one in _texts(value))]
    if isinstance(tree, list):
        return [one for value in tree for one in _texts(value)]
    return [str(tree)] if isinstance(tree, str | int) and not isinstance(tree, bool) else []
