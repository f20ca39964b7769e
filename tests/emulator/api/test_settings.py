from __future__ import annotations

import json
from typing import Any

import pytest

from engagement_kit.emulator import Settings
from engagement_kit.emulator.api.settings import CHOICES


@pytest.mark.parametrize(
    "wrong",
    [{"profile": "newest"}, {"per_minute": 0}, {"per_second": -1}, {"per_minute": True}],
)
def test_wrong_values(wrong: dict[str, Any]) -> None:
    """A wrong value is refused with its name and the allowed ones."""
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is .*allowed"):
        Settings(**wrong)


def test_defaults() -> None:
    """By default history reaches 2014-09-01 and no limit is enforced."""
    assert Settings() == Settings(profile="reference", per_minute=None, per_second=None)


@pytest.mark.parametrize("name", CHOICES)
def test_choices(name: str) -> None:
    """Each switch takes each of its values, is explained, and refuses any other."""
    for value in CHOICES[name]:
        assert getattr(Settings(**{name: value}), name) == value  # type: ignore[arg-type]
        assert f'"{value}"' in (Settings.__doc__ or "")
    others: list[Any] = ["", None, True, ["x"], {}]
    for wrong in others:
        with pytest.raises(ValueError, match=f"^{name} is .*; allowed: {CHOICES[name][0]}, "):
            Settings(**{name: wrong})


@pytest.mark.parametrize(
    "url",
    [
        *("https://data-api.twitter.com", "http://localhost:8080", "HTTPS://Example.com"),
        *("http://[::1]:8080", "https://10.0.0.1", "http://my_host"),
    ],
)
def test_public_url(url: str) -> None:
    """A scheme and a host, with or without a port, may stand before the emulator."""
    assert Settings(public_url=url).public_url == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.com", "ftp://example.com", "https://", "https://example.com/"),
        *("https://example.com?", "https://example.com#", "https://user@example.com"),
        *("https://example.com:", "https://example.com:x", "https://a\nb", "https://a b"),
        *("https://[::1", " https://example.com", "https://example.com\n", 7, ["x"]),
    ],
)
def test_wrong_public_url(url: Any) -> None:
    """Anything before, behind or between is refused."""
    with pytest.raises(ValueError, match=r"public_url is .*allowed: scheme and host"):
        Settings(public_url=url)


def test_changed() -> None:
    """A change gives new settings; unknown names are refused with the known ones."""
    first = Settings(zeros="sparse")
    second = first.changed({"per_minute": 3, "leaves": "mixed"})
    assert second == Settings(zeros="sparse", per_minute=3, leaves="mixed")
    assert second.changed({"per_minute": None}).per_minute is None
    assert first == Settings(zeros="sparse")
    with pytest.raises(ValueError, match=r"unknown settings: \['zero'\]; there are: profile, "):
        first.changed({"zero": "full"})
    with pytest.raises(ValueError, match="zeros is 'none'"):
        first.changed({"zeros": "none"})


def test_as_dict() -> None:
    """The switches can be written as JSON, and make the same settings again."""
    settings = Settings(per_second=2, public_url="https://example.com", aged="absent")
    assert Settings(**json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    ("make", "meant"),
    [
        (lambda: Settings(profile="overveiw"), "overview"),  # type: ignore[arg-type]
        (lambda: Settings(zeros="Sparse"), "sparse"),  # type: ignore[arg-type]
        (lambda: Settings().changed({"profil": "overview"}), "profile"),
    ],
)
def test_a_misspelt_word_is_told_with_what_was_meant(make: Any, meant: str) -> None:
    """Names of switches and their values."""
    with pytest.raises(ValueError, match=rf"Did you mean {meant}\?$"):
        make()


def test_what_is_like_no_value_is_only_refused() -> None:
    """A guess would mislead."""
    with pytest.raises(ValueError, match=r"allowed: reference, overview\.$"):
        Settings(profile="x")  # type: ignore[arg-type]
