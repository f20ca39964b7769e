"""Words of a notebook's calls, as they are typed in a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import engagement_kit
from engagement_kit.cli.typed import as_typed

SAID = {
    "correct owners=, or log in as their author":
        "correct --owners of engagement-kit query, or log in as their author",
    "give the folder that was given as store=...": "give the folder that was given as --store",
    "is it the folder given as store=...?": "is it the folder given as --store?",
    "or pass them to ek.connect, or let it ask (ask=True)": None,
    'ek.connect("emulator") needs no keys.': "--emulator needs no keys.",
    "Give ek.connect(..., store='a folder'), or store= here.": "Give --store FOLDER.",
    "choose one by service=...": "choose one by --service",
    "Example: ek.last(days=7).": "Example: --last 7d.",
    "Did you mean ek.first(hours=36)?": "Did you mean --first 36h?",
    "Use by='hour' (hourly)": "Use --by hour (hourly)",
    "Example: clock='2026-06-01T12:00Z'.": "Example: --clock 2026-06-01T12:00Z.",
    "An address is given as base_url=, an account's name as account=.":
        "An address is given as --base-url, an account's name as --account.",
    "given as store= to ek.connect, and other files by also=":
        "given as --store, and other files by --also",
    "As in ek.read_ids('tweets.csv').": "As in --ids tweets.csv.",
    "Ask the same again: client.run(query)": "Ask the same again: engagement-kit run QUERY",
    "max_requests allows 0": "--max-requests allows 0",
    "look at base_url=, or start it": "look at --base-url, or start it",
}  # fmt: skip
KEPT = (
    "counts/store=raw/q.yaml can't be read",
    "Query('historical', 3 tweets, by='day')".replace("by=", "shape="),
    "--max-requests allows 0",
    "a store is there; by day",
)


@pytest.mark.parametrize("text", [one for one in SAID if SAID[one]])
def test_arguments_are_options(text: str) -> None:
    """By the name that they have in a terminal, and no call of Python is left."""
    assert as_typed(text) == SAID[text]


@pytest.mark.parametrize("text", KEPT)
def test_other_words_stay(text: str) -> None:
    """Paths, and what is an option already."""
    assert as_typed(text) == text


def test_a_command_with_the_option_names_it_alone() -> None:
    """Who wrote the tweets is said there, and nowhere else."""
    command = click.Command("query", params=[click.Option(["--owners"])])
    with click.Context(command):
        assert as_typed("say in owners= who wrote them") == "say in --owners who wrote them"


def test_where_keys_may_be_is_said_for_a_terminal() -> None:
    """The long advice, from the sources of this kit: nothing of it can only be done in Python."""
    from engagement_kit.fetch.keys.chain import _HOW_TO

    said = as_typed(_HOW_TO)
    assert not re.search(r"ek\.|\w=\w", said), said
    assert "a file .env. --emulator needs no keys." in said


def test_no_words_of_the_kit_keep_an_argument() -> None:
    """Each name with an equals sign that a sentence of an error may end with is an option."""
    folder = Path(engagement_kit.__file__).parent
    words = re.compile(r"\"[^\"\n]*\b([a-z_]+)=(?:\.\.\.)?[,.;? ][^\"\n]*\"")
    rooms = ("answers", "fetch", "question")
    found = {
        one[0]
        for room in rooms
        for file in sorted((folder / room).rglob("*.py"))
        for one in words.finditer(file.read_text("utf-8"))
    }
    assert len(found) > 5
    told = {text: as_typed(text) for text in found}
    left = [one for one in told.values() if re.search(r"(?<![\w/-])(owners|store|base_url)=", one)]
    assert left == []
