from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.emulator import World

WORLD = World()
# Each kind of world, each switch, and all of them at once.
WORLDS = [
    WORLD,
    World(nature="heavy_tails"),
    World(nature="campaigns"),
    World(revised=True),
    World(undone=True),
    World(seed=7, nature="heavy_tails", revised=True, undone=True),
    World(seed=8, nature="campaigns", revised=True, undone=True),
]
worlds = st.sampled_from(WORLDS)
TEXT = str(pd.Series(["text"]).dtype)  # of the pandas that is here
HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)
OWN_COUNT = [name for name in World.metrics if name != "video_views"]
PINNED_IDS = ["1783087332388355772", "1783031131361315958"]
PINNED_COUNTS = [[2698, 44], [1101, 7]]
PINNED_HOURS = [0, 172, 859, 230, 91, 129, 77, 39, 44, 8, 9, 11]
BEGIN = datetime(2013, 1, 1, tzinfo=UTC)
moments = st.integers(0, 12 * 365 * 24 * 3600).map(lambda s: BEGIN + timedelta(seconds=s))
accounts = st.sampled_from([account.name for account in WORLD.accounts])


@given(world=worlds, account=accounts, posted=moments, age=st.integers(0, 20_000 * 3600))
@settings(max_examples=100)
def test_lifetime_is_sum_of_all_hours(
    world: World, account: str, posted: datetime, age: int
) -> None:
    """A lifetime count is the sum of all hours up to now; video views may only be larger."""
    (tweet_id,) = world.sample_ids(account, 1, posted)
    now = posted + timedelta(seconds=age)
    start = (posted - timedelta(days=2)).replace(minute=0, second=0)
    end = now.replace(minute=0, second=0) + 2 * HOUR
    hours = world.counts([tweet_id], OWN_COUNT, start, end, now).sum(axis=2)
    assert (world.lifetime([tweet_id], OWN_COUNT, now) == hours).all()
    assert (hours >= 0).all()
    views = world.window([tweet_id], ["video_views"], start, end, now)
    assert (world.lifetime([tweet_id], ["video_views"], now) >= views).all()


@given(
    world=worlds,
    account=accounts,
    now=moments,
    back=st.integers(0, 40 * 24),
    hours=st.integers(1, 28 * 24),
    cut=st.integers(0, 28 * 24),
)
@settings(max_examples=150)
def test_windows_agree(  # noqa: PLR0917 -- hypothesis names them
    world: World, account: str, now: datetime, back: int, hours: int, cut: int
) -> None:
    """Any window is the sum of its hours, of its days, and of the parts it is cut in."""
    ids = world.sample_ids(account, 5, now)
    start = now.replace(minute=0, second=0) - back * HOUR
    middle, end = start + min(cut, hours) * HOUR, start + hours * HOUR
    metrics = list(world.metrics)
    by_hour = world.counts(ids, metrics, start, end, now)
    assert by_hour.shape == (5, len(metrics), hours)
    assert world.undone or (by_hour >= 0).all()
    assert (world.window(ids, metrics, start, end, now) == by_hour.sum(axis=2)).all()
    left = world.counts(ids, metrics, start, middle, now)
    right = world.counts(ids, metrics, middle, end, now)
    assert (np.concatenate([left, right], axis=2) == by_hour).all()
    days = range(start.hour, start.hour + hours, 24)
    cuts = [start + max(0, day - start.hour) * HOUR for day in days] + [end]
    by_day = [world.window(ids, metrics, one, other, now) for one, other in pairwise(cuts)]
    assert (sum(by_day) == by_hour.sum(axis=2)).all()


@given(account=accounts, now=moments, later=st.integers(0, 3600))
@settings(max_examples=40)
def test_running_hour_grows(account: str, now: datetime, later: int) -> None:
    """Within an hour counts only grow, and at its end they are the hour's final counts."""
    ids = WORLD.sample_ids(account, 5, now)
    start = now.replace(minute=0, second=0)
    metrics = list(WORLD.metrics)

    def at(moment: datetime) -> np.ndarray:
        return WORLD.counts(ids, metrics, start, start + HOUR, moment)

    first, second = at(now), at(min(now + timedelta(seconds=later), start + HOUR))
    assert (first <= second).all()
    assert (second <= at(start + HOUR)).all()
    assert (at(start + HOUR) == at(start + 1000 * HOUR)).all()
    assert (at(start) == 0).all()


def test_half_an_hour_has_half_the_count(now: datetime) -> None:
    """In the middle of an hour half of its count has happened, also where counts are small."""
    start = now.replace(minute=0, second=0)
    ids = WORLD.sample_ids("cedar", 250, start - HOUR)
    metrics = [name for name in WORLD.metrics if name != "media_clicks"]

    def at(moment: datetime) -> np.ndarray:
        return WORLD.counts(ids, metrics, start, start + HOUR, moment)

    half, whole = at(start + HOUR / 2), at(start + HOUR)
    few = (whole > 0) & (whole <= 3)
    assert few.sum() > 50
    assert half[few].sum() / whole[few].sum() == pytest.approx(0.5, abs=0.12)
    assert half[~few].sum() / whole[~few].sum() == pytest.approx(0.5, abs=0.02)


def test_nothing_before_birth_or_after_now(now: datetime) -> None:
    """Hours before the hour of creation and after now hold zeros."""
    (tweet_id,) = WORLD.sample_ids("acme", 1, now)
    start = now.replace(minute=0, second=0) - 48 * HOUR
    hours = WORLD.counts([tweet_id], ["impressions"], start, start + 96 * HOUR, now)[0, 0]
    born = datetime.fromtimestamp(WORLD.look([tweet_id]).birth_ms[0] / 1000, UTC)
    birth = int((born - start) / HOUR)
    assert hours[birth : 48 + 1].sum() > 0
    assert hours[:birth].sum() == hours[49:].sum() == 0


def test_unknown_ids_count_nothing(now: datetime) -> None:
    """An id that does not exist has no counts."""
    assert WORLD.lifetime(["1", "999999999999"], list(WORLD.metrics), now).sum() == 0


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_same_seed_same_numbers(now: datetime, world: World) -> None:
    """Two worlds of one seed agree, in any order of asking; another seed differs."""
    metrics = list(world.metrics)
    start = now.replace(minute=0, second=0) - 100 * HOUR
    ids = world.sample_ids("birch", 30, now)
    table = world.counts(ids, metrics, start, start + 90 * HOUR, now)
    other = World(world.seed, nature=world.nature.name, revised=world.revised, undone=world.undone)
    other.lifetime(ids[5:9], ["replies"], now)
    backwards = other.counts(ids[::-1], metrics[::-1], start, start + 90 * HOUR, now)
    assert (backwards[::-1, ::-1] == table).all()
    one = other.counts(ids[7:8], metrics[3:4], start + 5 * HOUR, start + 6 * HOUR, now)
    assert one.ravel().tolist() == [table[7, 3, 5]]
    assert World(seed=world.seed + 1).sample_ids("birch", 30, now) != ids


def test_pinned_numbers(now: datetime) -> None:
    """The standard world stays the same from version to version and on every platform."""
    ids = WORLD.sample_ids("acme", 2, now - timedelta(days=7))
    assert ids == PINNED_IDS
    assert WORLD.lifetime(ids, ["impressions", "favorites"], now).tolist() == PINNED_COUNTS
    start = datetime(2024, 4, 24, 9, tzinfo=UTC)
    hours = WORLD.counts(ids[:1], ["impressions"], start, start + 12 * HOUR, now)
    assert hours.ravel().tolist() == PINNED_HOURS


def test_counts_are_plausible(now: datetime) -> None:
    """Half of a month's impressions fall in the first hours, and all metrics stay below them."""
    month = timedelta(days=30)
    ids = WORLD.sample_ids("acme", 400, now - month)
    assert len(ids) == 400
    table = WORLD.lifetime(ids, OWN_COUNT, now)
    whole = WORLD.lifetime(ids, OWN_COUNT, now + timedelta(days=1000))
    promoted = WORLD.parameters(ids, ["favorites"])["promoted_share"].to_numpy() > 0
    assert (whole[~promoted] <= whole[~promoted, :1]).all()
    assert 300 < np.median(table[:, 0]) < 5000
    assert table[:, 0].max() > 20 * np.median(table[:, 0])
    early = [
        WORLD.lifetime([i], ["impressions"], _born(i) + timedelta(minutes=80))[0, 0] for i in ids
    ]
    assert 0.35 < np.median(np.array(early) / table[:, 0]) < 0.65


def _born(tweet_id: str) -> datetime:
    """Return the moment of creation."""
    return datetime.fromtimestamp(WORLD.look([tweet_id]).birth_ms[0] / 1000, UTC)


def test_video_and_media(now: datetime) -> None:
    """Video views need a video, and lifetime views exceed the tweet's own for some."""
    ids = WORLD.sample_ids("cedar", 300, now - timedelta(days=100))
    tweets = WORLD.look(ids)
    life = WORLD.lifetime(ids, ["video_views", "media_views"], now)
    assert life[~tweets.video, 0].sum() == life[~tweets.media, 1].sum() == 0
    assert (life[tweets.video, 0] > 0).mean() > 0.9
    begin = datetime(2024, 1, 1, tzinfo=UTC) - timedelta(days=100)
    own = WORLD.window(ids, ["video_views"], begin, now.replace(minute=0, second=0) + HOUR, now)
    assert 0.2 < (life[tweets.video, 0] > own[tweets.video, 0]).mean() < 0.8


def test_truth_table(now: datetime) -> None:
    """The oracle is the hourly counts as a table, zeros included."""
    ids = WORLD.sample_ids("acme", 3, now)
    start = now.replace(minute=0, second=0) - 30 * HOUR
    frame = WORLD.truth(ids, ["impressions", "replies"], start, start + 30 * HOUR, now)
    assert frame.dtypes.astype(str).to_dict() == {
        "tweet_id": TEXT,
        "metric": TEXT,
        "start": "datetime64[us, UTC]",
        "value": "int64",
    }
    table = WORLD.counts(ids, ["impressions", "replies"], start, start + 30 * HOUR, now)
    assert frame["value"].tolist() == table.ravel().tolist()
    assert frame["start"].iloc[31] == start + HOUR
    assert frame["tweet_id"].iloc[60] == ids[1]


def test_samples(now: datetime) -> None:
    """Samples are newest first, before the moment, of the account and of the kind."""
    for kind in ("own", "unavailable", "protected"):
        ids = WORLD.sample_ids("birch", 9, now, kind)
        tweets = WORLD.look(ids)
        assert len(ids) == 9
        assert (np.diff(tweets.birth_ms) < 0).all()
        assert tweets.birth_ms[0] / 1000 < now.timestamp()
        assert (tweets.owner == 1).all()
        assert (tweets.deleted == (kind == "unavailable")).all()
        assert (tweets.protected == (kind == "protected")).all()
    foreign = WORLD.look(WORLD.sample_ids("cedar", 9, now, "foreign"))
    assert (foreign.owner == 0).all()
    assert not (foreign.deleted | foreign.protected).any()
    assert len(WORLD.sample_ids("acme", 99, now, "very_old")) == 8
    assert WORLD.sample_ids("birch", 9, now, "very_old") == []
    assert WORLD.sample_ids("acme", 9, datetime(2011, 1, 1, tzinfo=UTC)) == []
    assert WORLD.sample_ids("acme", 0, now) == []


def test_mistakes_are_named(now: datetime) -> None:
    """Unknown accounts, kinds and metrics, naive times and broken hours raise ValueError."""
    hour = now.replace(minute=0, second=0)
    with pytest.raises(ValueError, match="acme, birch, cedar"):
        WORLD.sample_ids("zebra", 1, now)
    with pytest.raises(ValueError, match="own, foreign, unavailable"):
        WORLD.sample_ids("acme", 1, now, "new")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown metrics"):
        WORLD.counts(["1"], ["likes"], hour, hour, now)
    with pytest.raises(ValueError, match="whole UTC hour"):
        WORLD.counts(["1"], ["replies"], now, hour, now)
    with pytest.raises(ValueError, match="naive datetime"):
        WORLD.lifetime(["1"], ["replies"], now.replace(tzinfo=None))
    for wrong in ("a", 1.5, True):
        with pytest.raises(TypeError, match="it must be a whole number"):
            World(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="list of ids"):
        WORLD.lifetime("2061384949969226276", ["replies"], now)
    with pytest.raises(TypeError, match="list of names"):
        WORLD.lifetime(["1"], "replies", now)
    with pytest.raises(ValueError, match="no foreign tweets"):
        World(accounts=1).sample_ids("acme", 1, now, "foreign")
    with pytest.raises(ValueError, match="1 to 32"):
        World(accounts=0)


@given(seed=st.integers(0, 50), account=accounts, now=moments, back=st.integers(0, 60 * 24))
@settings(max_examples=60)
def test_revisions_settle(seed: int, account: str, now: datetime, back: int) -> None:
    """After seven days a revised hour is what the world without revisions showed at once."""
    world, plain = World(seed, revised=True), World(seed)
    ids = world.sample_ids(account, 10, now)
    metrics = list(world.metrics)
    end = now.replace(minute=0, second=0) - back * HOUR
    start = end - 48 * HOUR
    settled = max(now, end + timedelta(days=7))
    assert (
        world.counts(ids, metrics, start, end, settled)
        == plain.counts(ids, metrics, start, end, settled)
    ).all()


def test_revisions_move_both_ways(now: datetime) -> None:
    """A day after, counts of most tweets are too low, those of spammed tweets too high."""
    world, plain = World(revised=True), World()
    ids = world.sample_ids("cedar", 250, now)
    seen, final = (
        np.array(
            [one.lifetime([i], ["impressions"], _born(i) + timedelta(days=1))[0, 0] for i in ids]
        )
        for one in (world, plain)
    )
    busy = final > 200
    assert (seen[busy] < final[busy]).mean() > 0.6
    assert (seen[busy] > final[busy]).mean() > 0.02
    assert seen.sum() / final.sum() == pytest.approx(0.97, abs=0.04)


def test_undone_counts_down(now: datetime) -> None:
    """Likes are taken back days later, so that some hours are negative and totals smaller."""
    world, plain = World(undone=True), World()
    later = now + timedelta(days=60)
    ids = world.sample_ids("cedar", 250, now)
    start = now.replace(minute=0, second=0)
    likes = world.counts(ids, ["favorites"], start, start + 200 * HOUR, later)
    assert likes.min() < 0
    views = world.counts(ids, ["impressions"], start, start + 200 * HOUR, later)
    assert (
        views == plain.counts(ids, ["impressions"], start, start + 200 * HOUR, later)
    ).mean() < 1
    net, gross = (one.lifetime(ids, ["favorites"], later).sum() for one in (world, plain))
    assert net / gross == pytest.approx(0.96, abs=0.01)
    assert (world.lifetime(ids, list(OWN_COUNT), start + 30 * HOUR) >= 0).all()


def test_natures_differ_in_kind(now: datetime) -> None:
    """Tails of audiences, tails of lives and dependence between tweets differ between worlds."""
    medians, tops, late, luck = {}, {}, {}, {}
    for name in ("standard", "heavy_tails", "campaigns"):
        world = World(nature=name)
        ids = world.sample_ids("cedar", 1500, now - 2 * MONTH)
        whole = world.lifetime(ids, ["impressions"], now + timedelta(days=600))[:, 0]
        some = [i for i, total in zip(ids, whole.tolist(), strict=True) if total > 100][:200]
        month = [world.lifetime([i], ["impressions"], _born(i) + MONTH)[0, 0] for i in some]
        late[name] = np.median(1 - np.array(month) / whole[whole > 100][:200])
        medians[name], tops[name] = np.median(whole), whole.max()
        weeks = world.parameters(ids, ["impressions"])["campaign"].to_numpy()
        logs = np.log(whole + 1)
        by_week = [logs[weeks == week].mean() for week in np.unique(weeks)]
        luck[name] = np.std(by_week) if len(by_week) > 1 else 0.0
    assert (
        tops["heavy_tails"] / medians["heavy_tails"] > 3 * tops["campaigns"] / medians["campaigns"]
    )
    assert late["campaigns"] < late["standard"] / 3 < late["heavy_tails"] / 30
    assert luck["campaigns"] > 0.5


def test_regime_changes() -> None:
    """In the world of campaigns lives are longer from September 2025 on."""
    world = World(nature="campaigns")
    begin = datetime(2025, 9, 1, tzinfo=UTC)
    before, after = (
        world.parameters(world.sample_ids("acme", 700, moment), ["impressions"])["half_life_h"]
        for moment in (begin, begin + timedelta(days=80))
    )
    assert after.median() / before.median() == pytest.approx(1.8, rel=0.15)


@pytest.mark.parametrize("nature", ["standard", "heavy_tails", "campaigns"])
def test_parameters_made_the_counts(nature: str) -> None:
    """Final totals are exact, and half of them are there at the half age, on the whole."""
    world = World(nature=nature)
    ids = world.sample_ids("cedar", 400, datetime(2023, 5, 1, tzinfo=UTC))
    frame = world.parameters(ids, ["impressions", "favorites"])
    assert frame["tweet_id"].tolist() == [one for one in ids for _ in range(2)]
    assert set(frame["account"]) == {"cedar"}
    assert frame["created"].iloc[0] == _born(ids[0])
    end_of_life = datetime(2025, 6, 1, tzinfo=UTC)
    final = world.lifetime(ids, ["impressions", "favorites"], end_of_life).ravel()
    assert frame["life_total"].tolist() == final.tolist()
    views = frame[(frame["metric"] == "impressions") & (frame["life_total"] > 500)]
    assert len(views) > 100
    reached = [
        world.lifetime(
            [row.tweet_id], ["impressions"], row.created + timedelta(hours=row.half_age_h)
        )[0, 0]
        / row.life_total
        for row in views.itertuples()
    ]
    assert np.median(reached) == pytest.approx(0.5, abs=0.03)
    assert np.std(reached) < 0.12


def test_parameters_of_unknown_ids() -> None:
    """An id that does not exist has no account and no counts, and does not hurt."""
    frame = WORLD.parameters(["1", "999999999999"], ["impressions"])
    assert frame["account"].isna().all()
    assert frame["life_total"].tolist() == [0, 0]


def test_promotion_adds_to_engagements_alone(now: datetime) -> None:
    """Promoted tweets have more engagements than their organic views explain; views are organic."""
    ids = WORLD.sample_ids("cedar", 2000, now - timedelta(days=100))
    frame = WORLD.parameters(ids, ["impressions", "engagements"])
    views = frame[frame["metric"] == "impressions"].set_index("tweet_id")
    other = frame[frame["metric"] == "engagements"].set_index("tweet_id")
    assert (views["promoted_share"] == 0).all()
    promoted = other["promoted_share"] > 0
    assert promoted.mean() == pytest.approx(0.06, abs=0.02)
    rate = other["life_total"] / views["life_total"].clip(lower=1)
    large = views["life_total"] > 1000
    assert rate[promoted & large].median() > 1.8 * rate[~promoted & large].median()


def test_names() -> None:
    """A world's name says all that makes its numbers."""
    assert [world.name for world in WORLDS] == [
        "standard-0",
        "heavy_tails-0",
        "campaigns-0",
        "standard-0-revised",
        "standard-0-undone",
        "heavy_tails-7-revised-undone",
        "campaigns-8-revised-undone",
    ]
    assert World(accounts=5, undone=True).name == "standard-0-of-5-undone"
    with pytest.raises(ValueError, match="allowed: standard, heavy_tails, campaigns"):
        World(nature="calm")
