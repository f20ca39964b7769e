"""A following without purged tweets is as it was, but for these; and it can be gone on with."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import hunted
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lived import GONE, NOW, OLD, OTHER, OTHERS, OWN, WORLD, Lived, alive

import engagement_kit as ek
from engagement_kit.client.follow_receipt import FollowReceipt
from engagement_kit.client.followed import Followed
from engagement_kit.client.follower import Tick
from engagement_kit.emulator import Fault
from engagement_kit.errors import EngagementError, QueryError, StoreError
from engagement_kit.tables.schema import to_pandas

YOUNG = WORLD.sample_ids("acme", 3, before=NOW)
THIRD = WORLD.sample_ids(WORLD.accounts[2].name, 2, before=NOW - timedelta(days=14))
EVERY = [OWN[0], *YOUNG, OTHERS[0], GONE[0], OLD[0], THIRD[0], OWN[1], OTHERS[1], OWN[2]]
OWNERS = {OTHERS[0]: OTHER, OTHERS[1]: OTHER, THIRD[0]: "nobody"}
PURGED = [OWN[0], YOUNG[1], OTHERS[0], THIRD[0]]
METRICS = ["impressions", "engagements"]
EACH = timedelta(minutes=30)
HOUR = timedelta(hours=1)


class CutError(Exception):
    """The process ends."""


def follow(lived: Lived, ids: Sequence[str] = EVERY, **options: Any) -> Followed:
    """Follow for six hours, every half of one."""
    owners = {one: OWNERS[one] for one in ids if one in OWNERS} or None
    given: dict[str, Any] = {"until": 6 * HOUR, "every": EACH, "progress": False, "owners": owners}
    return lived.client.follow(ids, METRICS, **{**given, **options})


def follow_with_mishaps(lived: Lived, bad: str, ids: Sequence[str] = EVERY) -> None:
    """Follow in two sessions with time between them, and a tweet that sinks its requests."""

    def cut(one: Tick) -> None:
        if one.at >= NOW + 2 * HOUR:
            raise CutError

    assert lived.client.emulator is not None
    lived.client.emulator.faults.add(Fault("server_error", tweet_id=bad))
    with pytest.raises(CutError):
        follow(lived, ids, on_tick=cut)
    lived.clock.travel(timedelta(minutes=70))
    follow(lived, ids)


def opened(lived: Lived) -> Followed:
    """Give the only following of the store, read anew."""
    (found,) = ek.open(lived.store).follows
    return found


def told(followed: Followed) -> pd.DataFrame:
    """Give what became of each due snapshot, by tweet and moment."""
    found = followed.fates
    ids = [followed.query.tweet_ids[row] for row in found.row.tolist()]
    columns = {"tweet": ids, "at": found.at, "fate": found.words(), "taken": found.taken_at}
    return pd.DataFrame(columns).sort_values(["tweet", "at"], ignore_index=True)


def less(frame: pd.DataFrame, gone: Any, column: str = "tweet") -> pd.DataFrame:
    """Leave out the rows of purged tweets."""
    return frame[~frame[column].astype("str").isin(gone)].reset_index(drop=True)


def table(followed: Followed) -> pd.DataFrame:
    """Give the table as text and numbers, but for the keys of requests, which change."""
    frame = to_pandas(followed.to_arrow()).drop(columns="request_key")
    return frame.astype({name: "str" for name in frame if frame[name].dtype == "category"})


def check_receipt(receipt: FollowReceipt, fates: pd.DataFrame, before: FollowReceipt) -> None:
    """Count the fates anew, and hold the receipt against them."""
    counts = Counter(fates["fate"])
    taken = counts.pop("taken", 0)
    assert (receipt.due, receipt.taken, dict(receipt.missed)) == (len(fates), taken, dict(counts))
    had = fates[fates["fate"] == "taken"]
    least = EACH / timedelta(microseconds=1) / 10
    assert receipt.late == ((had["taken"] - had["at"]) > least).sum()
    assert [one.requests for one in receipt.days] == [one.requests for one in before.days]
    kept = ("since", "until", "as_of", "every", "requests", "by_account", "sessions")
    for name in kept:
        assert getattr(receipt, name) == getattr(before, name), name


def test_a_following_is_as_it_was_but_for_purged_tweets(tmp_path: Path) -> None:
    """Due, taken, late and missed by reason, the failures in words, and all tables."""
    with alive(tmp_path) as lived:
        follow_with_mishaps(lived, bad=OWN[1])
        before = opened(lived)
        fates, rows, newest = told(before), table(before), before.result.to_pandas()
        assert {*before.receipt.missed} >= {"failed", "not_running", "not_owned", "unavailable"}
        assert before.receipt.late
        assert hunted.hunt(PURGED, lived.store / "follows") != {}
        done = lived.client.purge(PURGED)
        assert done.complete, done
        assert (done.follows, done.follows_removed) == (1, 0)
        assert "followings: 1 written anew, 0 removed" in repr(done)
        assert hunted.hunt(PURGED, lived.folder) == {}
        after = opened(lived)
        assert after.query.tweet_ids == tuple(one for one in EVERY if one not in PURGED)
        pd.testing.assert_frame_equal(told(after), less(fates, PURGED))
        check_receipt(after.receipt, less(fates, PURGED), before.receipt)
        assert after.receipt.purged == len(PURGED)
        assert "purged: 4 tweets" in after.receipt.to_text()
        assert any("HTTP 500" in one for one in after.receipt.failures)
        pd.testing.assert_frame_equal(table(after), less(rows, PURGED, "tweet_id"))
        columns = ["tweet_id", "metric", "value", "status"]
        found, was = (
            one[columns].astype("str") for one in (after.result.to_pandas(), newest)
        )  # fmt: skip
        pd.testing.assert_frame_equal(found, less(was, PURGED, "tweet_id"))
        assert lived.client.purge(PURGED).follows == 0
        again = opened(lived)
        assert (again.spec, again.receipt) == (after.spec, after.receipt)


def test_a_following_goes_on_without_purged_tweets(tmp_path: Path) -> None:
    """The same call goes on with what is left; plan and receipt say why; nothing is asked."""
    with alive(tmp_path) as lived:
        follow(lived, control=(control := ek.Control()), on_tick=lambda _: control.stop())
        lived.client.purge(PURGED)
        lived.spy.asked.clear()
        owners = {"owners": OWNERS}
        plan = lived.client.plan_follow(EVERY, METRICS, until=6 * HOUR, every=EACH, **owners)
        assert plan.begun
        assert len(plan.query.tweet_ids) == len(EVERY) - len(PURGED)
        assert "can't be had (purged): 4 tweets" in repr(plan)
        found = follow(lived)
        assert found.spec == opened(lived).spec
        assert found.spec.since == NOW
        assert found.receipt.sessions == 2
        assert found.receipt.purged == len(PURGED)
        assert found.receipt.due == len(told(opened(lived)))
        assert set(found.receipt.missed) <= {"unavailable", "too_old"}
        assert lived.spy.asked
        assert lived.spy.of(PURGED) == 0
        assert hunted.hunt(PURGED, lived.folder) == {}


def test_purged_tweets_are_left_out_from_the_beginning(tmp_path: Path) -> None:
    """Also where they never were followed; of nothing but such it is refused in words."""
    with alive(tmp_path) as lived:
        lived.client.purge(OWN[:2])
        found = follow(lived, OWN[:4])
        assert found.query.tweet_ids == tuple(OWN[2:4])
        assert found.receipt.purged == opened(lived).receipt.purged == 2
        assert follow(lived, OWN[2:4]).spec == found.spec
        with pytest.raises(QueryError, match="2 tweets: each of them was purged"):
            follow(lived, OWN[:2])
        with pytest.raises(QueryError, match="each of them was purged"):
            lived.client.plan_follow(OWN[:2], METRICS, until=HOUR)
        assert lived.spy.of(OWN[:2]) == 0
        assert hunted.hunt(OWN[:2], lived.folder) == {}
        # A call that names more of them says so, too.
        lived.client.purge(OWN[5])
        assert follow(lived, [*OWN[:4], OWN[5]]).receipt.purged == 3


def test_what_followed_nothing_else_is_removed(tmp_path: Path) -> None:
    """Its folder, too; others are not touched."""
    with alive(tmp_path) as lived:
        follow(lived, OWN[:2])
        kept = follow(lived, OWN[3:5])
        folder = lived.store / "follows" / kept.spec.name
        before = {one.name: one.read_bytes() for one in folder.iterdir()}
        dry = lived.client.purge(OWN[:2], dry_run=True)
        assert (dry.follows, dry.follows_removed) == (0, 1)
        assert len(ek.open(lived.store).follows) == 2
        assert lived.client.purge(OWN[:2]).follows_removed == 1
        assert opened(lived).spec == kept.spec
        assert [one.name for one in (lived.store / "follows").iterdir()] == [kept.spec.name]
        assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


def test_exports_of_a_following_are_noted_and_written_anew(tmp_path: Path) -> None:
    """Parquet with its metadata, and CSV; one that was opened before writes nothing of them."""
    with alive(tmp_path) as lived:
        old = follow(lived)
        file, text = old.to_parquet(lived.out / "a.parquet"), old.to_csv(lived.out / "a.csv")
        rows = table(old)
        done = lived.client.purge(PURGED)
        assert done.complete
        assert done.files == 2
        assert hunted.hunt(PURGED, lived.folder) == {}
        new = opened(lived)
        about = json.loads(pq.read_schema(file).metadata[b"engagement_kit"])
        assert about["query_key"] == new.query.key
        assert about["query"] == new.query.to_dict()
        left = less(rows, PURGED, "tweet_id")
        assert pq.read_table(file).column("tweet_id").to_pylist() == left["tweet_id"].tolist()
        assert pd.read_csv(text, dtype="str")["tweet_id"].tolist() == left["tweet_id"].tolist()
        late = Followed(old.store, old.spec, old.as_of)
        late.to_csv(lived.out / "late.csv")
        assert hunted.hunt(PURGED, lived.folder) == {}
        with pytest.raises(StoreError, match=r"follows has what is left"):
            _ = late.receipt


def test_a_purge_ends_a_following_that_goes_on(tmp_path: Path) -> None:
    """Before anything is asked again; called once more it goes on with the others."""
    with alive(tmp_path) as lived:

        def purge(one: Tick) -> None:
            if one.at > NOW and not lived.store.joinpath("tombstones.json").exists():
                lived.spy.asked.clear()
                assert lived.client.purge(PURGED).complete

        with pytest.raises(EngagementError, match="were purged while it went on"):
            follow(lived, on_tick=purge)
        assert lived.spy.asked == []
        found = follow(lived)
        assert found.receipt.taken
        assert "not_running" not in found.receipt.missed
        assert lived.spy.of(PURGED) == 0
        assert hunted.hunt(PURGED, lived.folder) == {}


def test_a_damaged_log_or_spec_is_cut(tmp_path: Path) -> None:
    """Lines that nobody can read go where they hold an id; the others stay."""
    with alive(tmp_path) as lived:
        before = table(follow(lived))
        (log,) = (lived.store / "follows").glob("*/*.jsonl")
        whole = log.read_bytes()
        log.write_bytes(f"{{]{OWN[0]}\n".encode() + whole + f'{{"at": "{OWN[0][:-2]}'.encode())
        broken = lived.store / "follows" / "broken"
        broken.mkdir()
        (broken / "spec.json").write_text(json.dumps({"tweet_ids": [OWN[0], OWN[1]]}))
        (broken / "1.jsonl").write_text(json.dumps({"why": f"tweet {OWN[0]}"}) + "\n")
        assert lived.client.purge(PURGED).complete
        assert hunted.hunt(PURGED, lived.folder) == {}
        assert json.loads((broken / "spec.json").read_text()) == {"tweet_ids": [OWN[1]]}
        logs = (lived.store / "follows").glob("2026*/*.jsonl")
        lines = [line for one in logs for line in one.read_text().splitlines()]
        assert len(lines) == len(whole.splitlines())
        assert all(json.loads(line) for line in lines)
        with pytest.warns(ek.errors.DamagedRecord, match="broken"):
            after = table(opened(lived))
        pd.testing.assert_frame_equal(after, less(before, PURGED, "tweet_id"))


def test_what_was_cut_off_within_an_id_is_taken_out(tmp_path: Path) -> None:
    """Of a purged tweet's id no beginning stays, in a spec or in a log that nobody can read."""
    with alive(tmp_path) as lived:
        follow(lived)
        torn = lived.store / "follows" / "torn"
        torn.mkdir()
        (torn / "spec.json").write_text(f'{{"tweet_ids": ["{OWN[0][:-2]}')
        (torn / "1.jsonl").write_text(f'{{"at": 1}}\n{{"why": "tweet {OWN[0][:-2]}')
        assert lived.client.purge(PURGED).complete
        assert [one.name for one in torn.iterdir()] == ["1.jsonl"]
        assert (torn / "1.jsonl").read_text() == '{"at": 1}\n'


def test_positions_are_those_of_the_following_in_whatever_order_it_is_called(
    tmp_path: Path,
) -> None:
    """What nobody's keys can ask is noted by the places in the spec, not in the call."""
    with alive(tmp_path) as lived:
        follow_with_mishaps(lived, bad=OWN[1], ids=EVERY)
        missed = opened(lived).missed
        assert {*missed[missed["reason"] == "not_owned"]["tweet_id"]} == {THIRD[0]}
    with alive(tmp_path / "turned") as lived:
        follow(lived, control=(control := ek.Control()), on_tick=lambda _: control.stop())
        found = follow(lived, EVERY[::-1])
        assert found.query.tweet_ids == tuple(EVERY)
        missed = found.missed
        assert {*missed[missed["reason"] == "not_owned"]["tweet_id"]} == {THIRD[0]}


# --- any following --------------------------------------------------------------------------------
some = st.lists(st.sampled_from(EVERY), min_size=1, max_size=8, unique=True)
lives = st.lists(st.tuples(some, st.sampled_from(EVERY)), min_size=1, max_size=2)


def check(life: list[tuple[list[str], str]], purges: list[list[str]]) -> None:
    """Follow, purge, and hold each following against what it was."""
    with tempfile.TemporaryDirectory() as folder, alive(Path(folder)) as lived:
        lived.store.mkdir()
        for ids, bad in life:
            lived.clock.travel(timedelta(minutes=1))
            assert lived.client.emulator is not None
            lived.client.emulator.faults.add(Fault("server_error", tweet_id=bad, times=9))
            try:
                follow(lived, ids, until=2 * HOUR)
            except EngagementError:  # nothing of them can be asked
                continue
        gone: set[str] = set()
        for some_of_them in purges:
            before = {one.spec.since: one for one in ek.open(lived.store).follows}
            was = {since: (told(one), table(one)) for since, one in before.items()}
            gone |= {*some_of_them}
            assert lived.client.purge(some_of_them).complete
            assert hunted.hunt(gone, lived.folder) == {}
            after = {one.spec.since: one for one in ek.open(lived.store).follows}
            kept = [one for one in before if {*before[one].query.tweet_ids} - gone]
            assert [*after] == kept
            for since, one in after.items():
                fates, rows = was[since]
                pd.testing.assert_frame_equal(told(one), less(fates, gone))
                check_receipt(one.receipt, less(fates, gone), before[since].receipt)
                pd.testing.assert_frame_equal(table(one), less(rows, gone, "tweet_id"))


purges = st.lists(some, min_size=1, max_size=2)


@settings(max_examples=8)
@given(lives, purges)
def test_any_following_forgets_any_tweets(
    life: list[tuple[list[str], str]], purges: list[list[str]]
) -> None:
    """Once and again; the long version takes many."""
    check(life, purges)


@pytest.mark.long
@settings(max_examples=200)
@given(lives, purges)
def test_many_followings_forget_any_tweets(
    life: list[tuple[list[str], str]], purges: list[list[str]]
) -> None:
    """As before, for minutes."""
    check(life, purges)
