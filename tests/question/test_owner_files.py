"""Who wrote which tweet, and its group, from files as people have them."""

from __future__ import annotations

from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.errors import QueryError, UnusableFile
from engagement_kit.question.owner_files import read_groups, read_owners

ONE, TWO = "697506383516729344", "697506383516729345"


def file(folder: Path, text: str, name: str = "tweets.csv") -> Path:
    """Write a file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f"tweet_id,owner\n{ONE},acme\n{TWO},@birch\n"),
        ("a.csv", f"screen_name;text;id\nacme;x;{ONE}\nbirch;y;{TWO}\n"),
        ("a.csv", f"who,id\nacme,'{ONE}\nbirch,'{TWO}\n"),
        ("a.csv", f"id,likes,Author\n{ONE},3,https://x.com/acme\n{TWO},4,birch\n{TWO},4,Birch\n"),
        ("a.jsonl", f'{{"id": "{ONE}", "author": "acme"}}\n{{"id": "{TWO}", "author": "birch"}}\n'),
    ],
)
def test_owners_are_read(tmp_path: Path, name: str, text: str) -> None:
    """By the usual name of their column, else from the only one beside the ids."""
    owners = read_owners(file(tmp_path, text, name))
    assert owners == {ONE: "acme", TWO: "birch"}
    assert ek.Query("totals", [ONE, TWO], ["favorites"], owners=owners).owner_of(TWO) == "birch"


def test_a_cell_without_an_owner_is_left_out(tmp_path: Path) -> None:
    """It is not known who wrote it; that is allowed."""
    assert read_owners(file(tmp_path, f"id,owner\n{ONE},\n{TWO},birch\n")) == {TWO: "birch"}


def test_groups_are_read_as_they_are_written(tmp_path: Path) -> None:
    """A group is any name, with blanks in it, too."""
    groups = read_groups(file(tmp_path, f"id,likes,campaign\n{ONE},3,in spring\n{TWO},4,later\n"))
    assert groups == {ONE: "in spring", TWO: "later"}


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (f"id,owner\n{ONE},acme\n{TWO}\n", UnusableFile, "give each row both"),
        (f"id,owner\n{ONE},acme\n,birch\n", UnusableFile, "give each row both"),
        (f"id,a,b\n{ONE},1,2\n", QueryError, "no column has the owners; there are: id, a, b"),
        (f"id\n{ONE}\n", QueryError, "no column has the owners"),
        (f"id,owner\n{ONE},acme\n{ONE},birch\n", QueryError, "it stands twice, as of acme and of"),
        (f"id,owner\n{ONE},Acme & Co\n", QueryError, "A display name names nobody"),
        (f"id,owner\n{ONE},acme\nx,birch\n", QueryError, "'x' in tweets.csv: this is no tweet id"),
        ("", UnusableFile, "is empty"),
    ],
)
def test_what_is_not_clear_is_refused(
    tmp_path: Path, text: str, kind: type[Exception], said: str
) -> None:
    """In words, with the file."""
    with pytest.raises(kind, match=r"tweets\.csv") as told:
        read_owners(file(tmp_path, text))
    assert said in str(told.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As that of ids."""
    with pytest.raises(UnusableFile, match="can't be read"):
        read_owners(tmp_path / "none.csv")
