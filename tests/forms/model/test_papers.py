"""The question written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.forms.model import papers
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.seen import Looker, Seen

MANY = [str(1_500_000_000_000_000_000 + n) for n in range(300)]


@pytest.fixture
def seen(client: Client) -> Seen:
    """Look at a question that takes many ids."""
    draft = Draft("28hr", pasted="\n".join(MANY), metrics=("impressions", "url_clicks"))
    return Looker().look(draft, client)


def test_body(client: Client, seen: Seen) -> None:
    """That of the first request, as it is sent."""
    assert seen.plan is not None
    ids = ek.sample_ids(client, 60)
    young = Looker().look(Draft("28hr", pasted=" ".join(ids)), client)
    head, _, text = papers.body(young).partition("\n")
    assert head == "POST 28hr, request 1 of 3"
    assert young.plan is not None
    assert json.loads(text) == young.plan.requests[0].to_body()


def test_yaml_is_what_is_saved(client: Client, seen: Seen, tmp_path: Path) -> None:
    """To the letter, more than 100 ids beside it."""
    assert seen.query is not None
    text = papers.yaml(seen)
    assert seen.query.save(tmp_path / papers.YAML_NAME).read_text() == text
    assert ek.Query.load(tmp_path / papers.YAML_NAME) == seen.query
    assert yaml.safe_load(text)["tweet_ids"]["file"] == "question.ids.txt"
    assert client


def test_nothing_to_ask_is_said(client: Client) -> None:
    """Instead of a body."""
    old = Looker().look(Draft("28hr", pasted="20", metrics=("video_views",)), client)
    assert old.plan is not None
    assert len(old.plan) == 0
    assert papers.body(old).startswith("nothing to ask")


def test_while_something_is_to_be_mended(client: Client) -> None:
    """Each paper says so, and the code is a comment."""
    seen = Looker().look(Draft(), client)
    assert papers.body(seen).startswith("not ready yet")
    assert papers.plan_rows(seen) == []
    for text in (papers.yaml(seen), papers.code(seen, client, Path()).text):
        assert text.startswith("# not ready yet")
        assert yaml.safe_load(text) is None
