"""Laws of plans over random questions, stores and owners; and faults that other clients had."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.hours import ceil_hour, floor_hour
from engagement_kit.question.known import Known
from engagement_kit.question.metrics import offered
from engagement_kit.question.plan import Plan, Where, plan
from engagement_kit.question.request import Request, unlawful
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
RAW = {"sums": ["engagement.type"], "tweets": ["tweet.id", "engagement.type"]}
laws = settings(max_examples=60)

Span = tuple[int, int]
Pair = tuple[str, str]


def tweet(born: datetime, salt: int = 0) -> str:
    """Make the id of a tweet created at a moment."""
    milliseconds = (born - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return str(((milliseconds - ID_EPOCH_MS) << 22) + salt)


def aged(days: float, salt: int = 0) -> str:
    """Make the id of a tweet so many days old."""
    return tweet(NOW - timedelta(days=days), salt)


@st.composite
def some_ids(draw: st.DrawFn, most: int = 60) -> list[str]:
    """Draw ids born over years, some of one hour, some too old to carry a time."""
    ages = draw(st.lists(st.floats(0, 5000), min_size=1, max_size=most))
    ages += draw(st.lists(st.sampled_from([5.25, 27.9, 90.0, 1800.0]), max_size=30))
    untimed = draw(st.lists(st.integers(1, 29_999_999_999).map(str), max_size=3))
    return [aged(age, salt) for salt, age in enumerate(ages)] + untimed


@st.composite
def periods(draw: st.DrawFn) -> Any:
    """Draw a period of whole days, of any of the three kinds."""
    days = draw(st.sampled_from([1, 7, 27, 28, 29, 56, 57, 300]))
    kind = draw(st.sampled_from(["last", "first", "between"]))
    if kind != "between":
        return ek.last(days=days) if kind == "last" else ek.first(days=days)
    start = datetime(2026, 6, 20, tzinfo=UTC) - timedelta(days=draw(st.integers(0, 4500)))
    return ek.between(start, start + timedelta(days=days))


@st.composite
def queries(draw: st.DrawFn, endpoints: tuple[str, ...] = ("totals", "28hr", "historical")) -> Any:
    """Draw a lawful query."""
    endpoint = draw(st.sampled_from(endpoints))
    ids = draw(some_ids())
    options: dict[str, Any] = {"owners": draw(st.sampled_from([None, "acme", "shared"]))}
    if options["owners"] == "shared":
        options["owners"] = {one: ("acme", "globex")[at % 2] for at, one in enumerate(ids)}
    if draw(st.booleans()) and draw(st.booleans()):
        options["groupings"] = RAW
    elif endpoint != "totals":
        options["by"] = draw(st.sampled_from(["hour", "day", "hour_of_day", "total"]))
    if endpoint == "historical":
        options["period"] = draw(periods())
    names = draw(st.lists(st.sampled_from(offered(endpoint)), min_size=1, max_size=5, unique=True))
    return ek.Query(endpoint, ids, names, **options)


wheres = st.builds(
    Where,
    credentials=st.sampled_from([("user", "app"), ("user",)]),
    profile=st.sampled_from(["reference", "overview"]),
    accounts=st.sampled_from([None, ("acme", "globex"), ("acme",)]),
)


def hours_of(request: Request) -> Span:
    """Give the hours of a request; one "hour" for endpoints without a window."""
    if request.start is None or request.end is None:
        return 0, 1
    return floor_hour(request.start), ceil_hour(request.end)


def asked_of(requests: Iterable[Request]) -> dict[Pair, list[Span]]:
    """List for each tweet and metric the spans that requests ask for, in order."""
    found: dict[Pair, list[Span]] = {}
    for one in requests:
        for pair in itertools.product(one.tweet_ids, one.metrics):
            found.setdefault(pair, []).append(hours_of(one))
    return {pair: sorted(spans) for pair, spans in found.items()}


def wanted_of(made: Plan) -> Iterator[tuple[Pair, Span]]:
    """List what can be had, on endpoints without a window as one "hour"."""
    for row, tweet_id in enumerate(made.query.tweet_ids):
        for col, name in enumerate(made.query.metrics):
            start, end = made.wanted.spans[row, col].tolist()
            if start < end:
                timed = made.query.endpoint == "historical"
                yield (tweet_id, name), ((start, end) if timed else (0, 1))


def covered(span: Span, by: Iterable[Span]) -> int:
    """Count the hours of a span that others cover, each time they do."""
    return sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in by)


def holes(span: Span, by: Iterable[Span]) -> list[int]:
    """List the hours of a span that nothing covers."""
    spans = list(by)
    return [hour for hour in range(*span) if not any(a <= hour < b for a, b in spans)]


def answered(made: Plan, one: Request, at: datetime, *, refused: bool = False) -> Known:
    """Tell what a request's answer covers, had it been answered at a moment."""
    start, end = hours_of(one) if one.start else (0, 0)
    return Known(
        ref=f"{one.key}-{at:%Y%m%d%H}",
        key=one.key,
        service=one.service,
        account=one.account,
        level="" if refused or made.as_written else made.wanted.level,
        tweet_ids=one.tweet_ids,
        metrics=frozenset(one.metrics),
        start=start,
        end=end,
        observed_at=at,
        refused=refused,
    )


# --- laws -----------------------------------------------------------------------------------------
@laws
@given(queries(), wheres)
def test_lawful_and_the_same_twice(query: ek.Query, where: Where) -> None:
    """Every request is lawful, none stands twice, and planning again gives the same ones."""
    made = plan(query, now=NOW, where=where)
    for one in made.requests:
        assert unlawful(one, NOW) == ()
    keys = [one.key for one in made.requests]
    assert len(set(keys)) == len(keys)
    assert [one.key for one in plan(query, now=NOW, where=where).requests] == keys


@laws
@given(queries(), wheres)
def test_each_wanted_number_is_asked_once(query: ek.Query, where: Where) -> None:
    """With nothing stored each obtainable number stands in exactly one request."""
    made = plan(query, now=NOW, where=where)
    asked = asked_of(made.requests)
    for pair, span in wanted_of(made):
        assert covered(span, asked.get(pair, [])) == span[1] - span[0]
        assert not holes(span, asked[pair])
    for spans in asked.values():
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


@laws
@given(queries(), wheres)
def test_each_request_signs_for_one_owner(query: ek.Query, where: Where) -> None:
    """A user's request holds tweets of one owner; app-only asks public metrics of totals alone."""
    for one in plan(query, now=NOW, where=where).requests:
        owners = {query.owner_of(tweet_id) or where.account for tweet_id in one.tweet_ids}
        if one.credential == "user":
            assert owners == {one.account}
        else:
            assert (one.endpoint, one.account) == ("totals", None)
            assert set(one.metrics) <= {
                "favorites", "retweets", "replies", "quote_tweets", "video_views",
            }  # fmt: skip


@laws
@given(queries(("historical",)), wheres)
def test_no_window_before_a_tweet_existed(query: ek.Query, where: Where) -> None:
    """A window begins no earlier than its oldest tweet, and no tweet is born after it."""
    made = plan(query, now=NOW, where=where)
    if made.as_written:
        return  # goes out with the very window that the person named
    for one in made.requests:
        start, end = hours_of(one)
        births = {
            floor_hour(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
            for ms in ((int(i) >> 22) + ID_EPOCH_MS for i in one.tweet_ids)
        }
        step = 24 if made.wanted.level == "day" else 1
        assert start >= min(births) // step * step
        assert end > max(births)


@laws
@given(queries(("totals", "historical")), wheres, st.randoms(use_true_random=False))
def test_stored_numbers_are_not_asked_again(query: ek.Query, where: Where, chance: Any) -> None:
    """With some requests answered and closed, the next plan asks for the rest and nothing else."""
    first = plan(query, now=NOW, where=where)
    stored = [one for one in first.requests if chance.random() < 0.5]
    # Totals are never closed: there, an answer of this moment stands for a stored one.
    at = LATER if query.endpoint == "historical" else NOW
    known = [answered(first, one, at) for one in stored]
    again = plan(query, now=NOW, have=known, where=where)
    have = asked_of(stored)
    asked = asked_of(again.requests)
    for pair, span in wanted_of(first):
        rest = holes(span, have.get(pair, []))
        assert set(rest) <= {h for start, end in asked.get(pair, []) for h in range(start, end)}
    wanted = dict(wanted_of(first))
    for one in again.requests:
        window = hours_of(one)
        # No tweet is asked in vain, but where the query goes out just as it was written.
        for tweet_id in () if again.as_written else one.tweet_ids:
            pairs = [(tweet_id, name) for name in one.metrics if (tweet_id, name) in wanted]
            new = [set(holes(wanted[pair], have.get(pair, []))) for pair in pairs]
            assert set.union(*new) & set(range(*window))
    assert {one.ref for one in again.reused} == {one.ref for one in known}
    total = sum(len(range(*span)) for _, span in wanted_of(first)) // first.wanted.step
    left = sum(len(holes(span, have.get(pair, []))) for pair, span in wanted_of(first))
    assert again.price.numbers == total
    assert again.price.stored == total - left // first.wanted.step


@laws
@given(some_ids(), st.integers(1, 300), st.randoms(use_true_random=False))
def test_what_is_left_costs_no_more_than_before(ids: list[str], days: int, chance: Any) -> None:
    """Planned anew after some answers, history up to now takes no more than the requests left."""
    query = ek.Query("historical", ids, ["replies"], period=ek.last(days=days))
    first = plan(query, now=NOW)
    stored = [one for one in first.requests if chance.random() < 0.5]
    again = plan(query, now=NOW, have=[answered(first, one, LATER) for one in stored])
    assert len(again) <= len(first) - len(stored)


@laws
@given(queries(("totals", "historical")), wheres)
def test_all_stored_is_nothing_to_ask(query: ek.Query, where: Where) -> None:
    """When every request has its answer, no request is left."""
    first = plan(query, now=NOW, where=where)
    at = LATER if query.endpoint == "historical" else NOW
    again = plan(query, now=NOW, have=[answered(first, o, at) for o in first.requests], where=where)
    assert again.requests == ()
    assert again.price.stored == again.price.numbers


@laws
@given(some_ids(), some_ids(most=3), periods())
def test_more_ids_ask_only_for_what_is_new(old: list[str], new: list[str], period: Any) -> None:
    """Reuse goes by coverage: new ids do not shift the batches of the others."""
    first = plan(ek.Query("historical", old, ["replies"], period=period), now=NOW)
    have = [answered(first, one, LATER) for one in first.requests]
    again = plan(
        ek.Query("historical", [*new, *old], ["replies"], period=period), now=NOW, have=have
    )
    asked = {tweet_id for one in again.requests for tweet_id in one.tweet_ids}
    assert asked <= set(new) - set(old)


@laws
@given(some_ids(most=120), st.integers(1, 120), st.booleans())
def test_a_common_end_takes_the_fewest_requests(ids: list[str], days: int, hourly: bool) -> None:
    """Requests = sum over j of ceil(N_j / 25), N_j the tweets reaching back beyond j x 28 days."""
    made = plan(
        ek.Query("historical", ids, ["url_clicks"], period=ek.last(days=days),
                 by="hour" if hourly else "day"),
        now=NOW,
    )  # fmt: skip
    step = 3600 if hourly else 86_400
    end = int(NOW.timestamp()) // step * step
    begin = end - days * 86_400
    reach = []
    for one in dict.fromkeys(ids):
        born = ((int(one) >> 22) + ID_EPOCH_MS) // 1000 if int(one) >= 30_000_000_000 else 0
        reach.append(end - max(begin, born // step * step))
    window = 28 * 86_400
    bound = sum(-(-sum(r > j * window for r in reach) // 25) for j in range(6))
    assert len(made) == bound


@laws
@given(st.integers(1, 2600))
def test_totals_come_in_batches_of_250(count: int) -> None:
    """Some n ids take ceil(n / 250) requests, which hold exactly these ids, each once."""
    ids = [aged(1, salt) for salt in range(count)]
    made = plan(ek.Query("totals", ids, ["favorites", "replies"]), now=NOW)
    assert len(made) == -(-count // 250)
    assert sorted(one for request in made.requests for one in request.tweet_ids) == sorted(ids)


# --- faults of other clients ----------------------------------------------------------------------
def test_no_tweet_in_250_is_lost() -> None:
    """Another client sliced 249 out of 250, and lost one tweet of each batch."""
    ids = [aged(3, salt) for salt in range(1000)]
    made = plan(ek.Query("totals", ids, ["favorites"]), now=NOW)
    assert [len(one.tweet_ids) for one in made.requests] == [250] * 4
    assert {one for request in made.requests for one in request.tweet_ids} == set(ids)


def test_the_last_id_of_600_is_asked() -> None:
    """Another client lost the last id of its last batch."""
    ids = [aged(3, salt) for salt in range(600)]
    made = plan(ek.Query("totals", ids, ["favorites"]), now=NOW)
    assert [len(one.tweet_ids) for one in made.requests] == [250, 250, 100]
    assert made.requests[-1].tweet_ids[-1] == ids[-1]


# --- what is stored -------------------------------------------------------------------------------
def test_daily_plans_are_cut_at_midnight_also_beside_what_is_stored() -> None:
    """An answer that closes in the middle of a day never splits that day between two answers."""
    query = ek.Query("historical", aged(60), ["impressions"], period=ek.last(days=28))
    first = plan(query, now=NOW)
    known = [answered(first, one, NOW) for one in first.requests]
    (again,) = plan(query, now=NOW + timedelta(days=1), have=known).requests
    assert again.start == datetime(2026, 5, 25, tzinfo=UTC)
    assert again.end == datetime(2026, 6, 2, tzinfo=UTC)


def test_an_hour_that_still_ran_is_asked_again() -> None:
    """28hr counts the running hour; historical does not take that for the whole hour."""
    recent = plan(ek.Query("28hr", aged(9), ["replies"]), now=NOW)
    known = answered(recent, recent.requests[0], NOW)
    known = Known(**{**vars(known), "start": floor_hour(NOW) - 28, "end": ceil_hour(NOW)})
    query = ek.Query("historical", aged(9), ["replies"], by="hour", period=ek.last(hours=28))
    later = NOW + timedelta(hours=1)
    (request,) = plan(query, now=later, have=[known], max_age=timedelta(hours=2)).requests
    assert hours_of(request) == (floor_hour(NOW), floor_hour(NOW) + 1)


def test_an_answer_of_28_days_is_no_answer_of_28_hours() -> None:
    """Only an answer with the window of 28hr serves 28hr again, and only a young one."""
    recent = plan(ek.Query("28hr", aged(90), ["replies"]), now=NOW)
    own = Known(
        **{
            **vars(answered(recent, recent.requests[0], NOW)),
            "start": floor_hour(NOW) - 28,
            "end": ceil_hour(NOW),
        }
    )
    long = Known(**{**vars(own), "start": floor_hour(NOW) - 672})
    young = timedelta(hours=1)
    for known, requests in ((own, 0), (long, 1)):
        assert len(plan(recent.query, now=NOW, have=[known], max_age=young)) == requests
    later = NOW + timedelta(minutes=59)
    assert len(plan(recent.query, now=later, have=[own], max_age=young)) == 0
    assert len(plan(recent.query, now=later, have=[own])) == 1


def test_one_more_metric_asks_for_that_metric_alone() -> None:
    """What is stored of other metrics stays stored."""
    ids = [aged(200, salt) for salt in range(3)]
    period = ek.between("2026-01-01", "2026-02-01")
    first = plan(ek.Query("historical", ids, ["replies"], period=period), now=NOW)
    have = [answered(first, one, LATER) for one in first.requests]
    query = ek.Query("historical", ids, ["replies", "url_clicks"], period=period)
    again = plan(query, now=NOW, have=have)
    assert {one.metrics for one in again.requests} == {("url_clicks",)}
    assert again.price.stored * 2 == again.price.numbers


def test_a_metric_that_can_not_be_had_is_not_asked_alone() -> None:
    """Views of too old videos ride along with other metrics, and call for no request alone."""
    period = ek.between("2026-01-01", "2026-02-01")
    first = plan(ek.Query("historical", aged(2000), ["replies"], period=period), now=NOW)
    have = [answered(first, one, LATER) for one in first.requests]
    query = ek.Query("historical", aged(2000), ["replies", "video_views"], period=period)
    assert {one.metrics for one in plan(query, now=NOW).requests} == {("replies", "video_views")}
    assert plan(query, now=NOW, have=have).requests == ()


def test_hours_that_can_not_be_had_are_not_asked_for_one_metric_alone() -> None:
    """Likes before 2015-09-15 ride along with other metrics, and no window goes there for them."""
    old = tweet(datetime(2015, 1, 1, tzinfo=UTC))
    period = ek.between("2015-09-01", "2015-10-01")
    first = plan(ek.Query("historical", old, ["impressions"], period=period), now=NOW)
    have = [answered(first, one, LATER) for one in first.requests]
    query = ek.Query("historical", old, ["impressions", "favorites"], period=period)
    again = plan(query, now=NOW, have=have)
    assert [(one.start, one.end, one.metrics) for one in again.requests] == [
        (
            datetime(2015, 9, 15, tzinfo=UTC),
            datetime(2015, 10, 1, tzinfo=UTC),
            ("favorites",),
        )
    ]


def test_answers_to_other_metrics_are_not_among_the_reused() -> None:
    """An answer that holds none of the metrics asked for is left alone."""
    period = ek.between("2026-01-01", "2026-02-01")
    first = plan(ek.Query("historical", aged(200), ["replies"], period=period), now=NOW)
    have = [answered(first, one, LATER) for one in first.requests]
    where = Where(credentials=("user",))
    other = ek.Query("historical", aged(200), ["url_clicks"], period=period)
    assert plan(other, now=NOW, have=have, where=where).reused == ()


@pytest.mark.parametrize("groupings", [None, RAW])
def test_refused_tweets_are_not_asked_again(groupings: Any) -> None:
    """Tweets that the API called somebody else's are left out, in raw groupings too."""
    ids = [aged(200), aged(201)]
    query = ek.Query(
        "historical", ids, ["replies"], groupings=groupings,
        period=ek.between("2026-01-01", "2026-01-20"),
    )  # fmt: skip
    first = plan(query, now=NOW)
    foreign = first.requests[0].without(frozenset(ids[:1]))
    refusal = answered(first, foreign, NOW, refused=True)
    again = plan(query, now=LATER, have=[refusal])
    assert [one.tweet_ids for one in again.requests] == [(ids[0],)]
    assert again.reused == (refusal,)
    assert again.price.stored == 0
    done = answered(first, again.requests[0], LATER)
    settled = plan(query, now=LATER, have=[refusal, done])
    assert settled.requests == ()
    assert {one.ref for one in settled.reused} == {refusal.ref, done.ref}
    other = plan(query, now=LATER, have=[refusal], where=Where(account="other"))
    assert {one for request in other.requests for one in request.tweet_ids} == set(ids)


@pytest.mark.parametrize("change", [{"account": "other"}, {"service": "emulator:other"}])
def test_answers_of_others_are_never_used(change: dict[str, str]) -> None:
    """Another account's or service's answer is another answer."""
    query = ek.Query(
        "historical", aged(200), ["replies"], period=ek.between("2026-01-01", "2026-02-01")
    )
    first = plan(query, now=NOW)
    have = [Known(**{**vars(answered(first, one, LATER)), **change}) for one in first.requests]
    assert plan(query, now=NOW, have=have).requests == first.requests


# --- raw groupings --------------------------------------------------------------------------------
def test_raw_groupings_that_fit_go_as_written() -> None:
    """One request's worth of raw groupings goes over the wire just as it was written."""
    period = ek.between("2026-01-01", "2026-01-29")
    ids = [aged(200, salt) for salt in range(25)]
    made = plan(ek.Query("historical", ids, ["replies"], groupings=RAW, period=period), now=NOW)
    (request,) = made.requests
    assert made.as_written
    assert request.to_body() == {
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-29T00:00:00Z",
        "tweet_ids": ids,
        "engagement_types": ["replies"],
        "groupings": {name: {"group_by": levels} for name, levels in RAW.items()},
    }


@pytest.mark.parametrize(
    ("ids", "period", "owners"),
    [
        ([aged(200, salt) for salt in range(26)], ek.between("2026-01-01", "2026-01-29"), None),
        ([aged(200)], ek.between("2026-01-01", "2026-01-30"), None),
        ([aged(200), aged(201)], ek.first(days=7), None),
        ([aged(200), aged(201)], ek.last(days=7), {aged(200): "acme", aged(201): "globex"}),
        ([aged(200)], ek.between("2026-05-20", "2026-06-10"), None),
    ],
)
def test_raw_groupings_that_do_not_fit_are_carried(
    ids: list[str], period: Any, owners: Any
) -> None:
    """Too many tweets, too long, several spans or owners, or not over yet: carried by tweet."""
    made = plan(
        ek.Query("historical", ids, ["replies"], groupings=RAW, period=period, owners=owners),
        now=NOW,
    )
    assert not made.as_written
    check = ("check by tweet", ("tweet.id", "engagement.type"))
    assert {one.groupings for one in made.requests} <= {
        (("by day", ("tweet.id", "engagement.type", "engagement.day")), check),
        (
            (
                "by hour",
                ("tweet.id", "engagement.type", "engagement.day", "engagement.hour"),
            ),
            check,
        ),
    }


def test_nothing_is_asked_where_nothing_can_be_had() -> None:
    """A question that the rules answer with "no" costs no request, however it is grouped."""
    for groupings in (None, RAW):
        made = plan(ek.Query("totals", aged(1801), ["video_views"], groupings=groupings), now=NOW)
        assert made.requests == ()
        assert made.unobtainable[0].status == "too_old_for_video"


# --- price and words ------------------------------------------------------------------------------
def test_credentials_are_chosen_to_need_the_fewest_requests() -> None:
    """Past 90 days public metrics are asked app-only, or in a free slot of their owner's."""
    ids, names = [aged(10), aged(100)], ("impressions", "favorites")
    both = plan(ek.Query("totals", ids, names), now=NOW)  # nobody says whose the old one is
    assert {(one.credential, one.account, one.tweet_ids, one.metrics) for one in both.requests} == {
        ("user", "me", (ids[0],), names),
        ("app", None, (ids[1],), ("favorites",)),
    }
    query = ek.Query("totals", ids, names, owners="acme")
    (one,) = plan(query, now=NOW).requests
    assert (one.account, one.tweet_ids, one.metrics) == ("acme", tuple(ids), names)
    alone = plan(query, now=NOW, where=Where(credentials=("user",)))
    assert [one.account for one in alone.requests] == ["acme"]
    app = plan(query, now=NOW, where=Where(credentials=("app",)))
    assert [(one.credential, one.metrics) for one in app.requests] == [("app", ("favorites",))]
    assert {lost.status for lost in app.unobtainable} == {"not_offered", "too_old_for_impressions"}


def test_the_price_is_told_before_anything_is_sent() -> None:
    """Requests, numbers, minutes at the contract's rate, and accounts stand in the plan's words."""
    ids = [aged(1, salt) for salt in range(600)]
    query = ek.Query("totals", ids, ["impressions", "video_views"], owners="acme")
    made = plan(query, now=NOW, per_minute=2)
    assert (made.price.requests, made.price.numbers) == (3, 1200)
    assert made.price.minutes == 1.5
    said = ("requests: 3", "1,200 to be had", "about 1.5 minutes", "accounts: 3 requests by acme")
    for part in said:
        assert part in repr(made)
    owner = "<b>acme</b>"
    where = Where(account=owner)  # in keys an account may be called anything
    html = plan(ek.Query("28hr", ids[:1]), now=NOW, where=where)._repr_html_()
    assert "&lt;b&gt;acme" in html
    assert owner not in html


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"now": datetime(2026, 6, 1)}, "no time zone"),  # noqa: DTZ001
        ({"now": NOW, "where": Where(profile="newest")}, "allowed: reference, overview"),
        ({"now": NOW, "per_minute": 0}, "above 0"),
    ],
)
def test_what_can_not_be_planned_by_is_refused(options: dict[str, Any], said: str) -> None:
    """A naive moment, an unknown profile and a rate of nothing are refused by name."""
    with pytest.raises(ek.errors.QueryError, match=said):
        plan(ek.Query("totals", "2000"), **options)
