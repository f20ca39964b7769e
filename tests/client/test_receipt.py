"""The receipt: every wanted number has exactly one fate, whatever goes wrong."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.connection import Connection
from engagement_kit.client.receipt import Receipt
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.request import Request

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


def test_a_receipt_that_does_not_add_up_is_no_receipt() -> None:
    """A number without a fate is our own error, and is never kept quiet."""
    with pytest.raises(AssertionError, match="does not add up"):
        Receipt(asked=3, answered=1, fates={"unavailable": 1})
    good = Receipt(asked=3, answered=1, fates={"unavailable": 2}, source="emulator")
    assert json.loads(json.dumps(good.to_dict()))["fates"] == {"unavailable": 2}
    assert "EMULATOR" in repr(good)
    assert "<table" in good._repr_html_()


class Holes:
    """A transport that refuses some requests and leaves counts out of others."""

    def __init__(self, inner: Any, seed: int) -> None:
        self.inner, self.chance = inner, random.Random(seed)  # noqa: S311
        self.removed = 0

    def send(self, request: Request) -> Reply:
        """Answer, refuse, or answer with holes."""
        if self.chance.random() < 0.2:
            return Reply(400, {}, b'{"errors":["not this one"]}')
        import gzip

        reply: Reply = self.inner.send(request)
        if reply.status != 200:
            return reply
        body = json.loads(gzip.decompress(reply.body))
        for name, _ in request.groupings:
            self._punch(body[name])
        headers = {k: v for k, v in reply.headers.items() if k.lower() != "content-encoding"}
        return Reply(200, headers, json.dumps(body).encode())

    def _punch(self, node: dict[str, Any]) -> None:
        for key in list(node):
            if self.chance.random() < 0.05:
                node.pop(key)
            elif isinstance(node[key], dict):
                self._punch(node[key])
            elif self.chance.random() < 0.05:
                node[key] = None


@settings(max_examples=30)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["totals", "28hr", "historical"]),
    st.sampled_from(["total", "hour", "day", "hour_of_day"]),
    st.integers(1, 90),
)
def test_every_wanted_number_has_one_fate(seed: int, endpoint: Any, by: Any, days: int) -> None:
    """Refused requests, left out and unreadable counts, lost tweets: asked = answered + fates."""
    with ek.connect("emulator", clock=NOW) as client:
        world = client.emulator.world  # type: ignore[union-attr]
        ids = ek.sample_ids(client, 320)[::8] + ek.sample_ids(client, 2, kind="unavailable")
        ids += world.sample_ids(world.accounts[1].name, 2, before=NOW)
        old = client.connection
        holes = Holes(old.transport, seed)
        made = Connection(holes, old.credentials, old.where, old.now, old.emulator)
        options: dict[str, Any] = {} if endpoint == "totals" else {"by": by}
        if endpoint == "historical":
            options["period"] = ek.last(days=days)
        query = ek.Query(endpoint, ids, ["impressions", "favorites"], **options)
        result = Client(made, threads=1).run(query, progress=False)
        receipt = result.receipt  # raises when the sum is wrong
        table = result.to_pandas()
        truth = world.lifetime(ids, ["impressions", "favorites"], NOW)
    assert receipt.asked >= receipt.answered
    assert table["value"].isna().eq(table["status"] != "observed").all()
    assert set(table["tweet_id"]) == set(ids)
    if endpoint == "totals":
        seen = table[table["value"].notna()]
        rows = {one: at for at, one in enumerate(ids)}
        cols = {"impressions": 0, "favorites": 1}
        for row in seen.itertuples():
            assert row.value == truth[rows[str(row.tweet_id)], cols[str(row.metric)]]
    else:
        ours = table[["tweet_id", "metric", "start", "hour_of_day"]]
        assert not ours.duplicated().any()
