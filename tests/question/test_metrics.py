"""The metrics: who offers which, and how people spell them."""

from __future__ import annotations

import pytest

from engagement_kit.question.metrics import METRICS, nearest, offered, understand

PRIVATE = ["impressions", "engagements"]
COMMON = ["favorites", "retweets", "replies"]
TOTALS = [*PRIVATE, *COMMON, "quote_tweets", "video_views"]
WINDOWED = [
    *PRIVATE, *COMMON, "video_views", "media_views", "media_engagements", "url_clicks",
    "hashtag_clicks", "detail_expands", "permalink_clicks", "app_install_attempts", "app_opens",
    "email_tweet", "user_follows", "user_profile_clicks",
]  # fmt: skip


def test_which_endpoint_offers_what() -> None:
    """Seven on totals, five of them to anybody, seventeen by time, eighteen names in all."""
    assert list(offered("totals")) == TOTALS
    assert list(offered("totals", "user")) == TOTALS
    assert list(offered("totals", "app")) == TOTALS[2:]
    for endpoint in ("28hr", "historical"):
        assert list(offered(endpoint)) == WINDOWED
        assert offered(endpoint, "app") == ()
    assert len(METRICS) == 18


def test_every_metric_says_what_it_counts() -> None:
    """The wire name is the key, and a meaning in words stands beside it."""
    for name, one in METRICS.items():
        assert one.name == name
        assert one.meaning


@pytest.mark.parametrize("name", METRICS)
def test_spellings_of_a_wire_name(name: str) -> None:
    """Blanks, hyphens, capitals and camel case are understood; the wire name needs no note."""
    assert understand(name) == (name, "")
    words = name.split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    for spelling in (f" {name}\n", name.upper(), name.replace("_", " ").title(), camel):
        if spelling == name:
            continue
        found = understand(spelling)
        assert found is not None
        assert found[0] == name
        assert repr(spelling) in found[1]


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Media Clicks", "media_engagements"),
        ("media_clicks", "media_engagements"),
        ("Detail Click", "detail_expands"),
        ("Tweet Emails", "email_tweet"),
        (" engagements", "engagements"),
        ("impression", "impressions"),
        ("Likes", "favorites"),
        ("Link Clicks", "url_clicks"),
        ("quotes", "quote_tweets"),
        ("profile-visits", "user_profile_clicks"),
    ],
)
def test_older_and_neighbouring_names(spelling: str, name: str) -> None:
    """What older pages and other tools call a metric means its wire name of today."""
    found = understand(spelling)
    assert found is not None
    assert found[0] == name


@pytest.mark.parametrize("spelling", ["", " ", "s", "smiles", "clicks", "impressions2", "_"])
def test_what_fits_nothing_is_not_guessed(spelling: str) -> None:
    """No metric is chosen by likeness alone."""
    assert understand(spelling) is None


def test_the_nearest_name_is_one_that_is_offered() -> None:
    """A hint never names a metric that the endpoint refuses."""
    assert nearest("impresions") == "impressions"
    assert nearest("quote_tweet", "totals") == "quote_tweets"
    assert nearest("quote_tweet", "historical") != "quote_tweets"
    assert nearest("zzz") == ""
