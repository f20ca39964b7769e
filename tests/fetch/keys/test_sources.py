"""Where keys may be: variables, the nearest `.env`, what is kept, a prompt."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys import sources
from engagement_kit.fetch.keys.kept import Kept
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.keys.sources import VARIABLES, Found


@pytest.mark.parametrize(
    ("part", "name"), [(part, name) for part, names in VARIABLES.items() for name in names]
)
def test_every_known_name_is_read(part: str, name: str) -> None:
    """Ours and those of other tools; the source says by which name it was found."""
    (found,) = sources.variables({name: "some-value"})
    assert (found.parts, found.names) == ({part: Secret("some-value")}, {part: name})


def test_a_variable_that_can_be_no_key_is_named() -> None:
    """It is left out, and not shown; nor are keys taken that stand beside a consumer key."""
    values = {"TWITTER_API_KEY": "two words", "TWITTER_BEARER_TOKEN": "of-that-app"}
    (found,) = sources.variables(values)
    assert found.parts == {}
    assert "TWITTER_API_KEY of the environment: a key has no blanks" in found.trouble
    assert "two words" not in found.trouble


def test_each_family_of_names_is_a_source_of_its_own() -> None:
    """Another tool's names may hold keys of another app; the words say which family it is."""
    ours = {"ENGAGEMENT_KIT_CONSUMER_KEY": "a-key", "ENGAGEMENT_KIT_CONSUMER_SECRET": "a-secret"}
    theirs = {"TWITTER_API_KEY": "b-key", "TWITTER_BEARER_TOKEN": "b-bearer"}
    first, second = sources.variables({**theirs, **ours, "X_ACCESS_TOKEN": " "})
    assert first.parts == {"consumer_key": Secret("a-key"), "consumer_secret": Secret("a-secret")}
    assert second.parts == {"consumer_key": Secret("b-key"), "bearer_token": Secret("b-bearer")}
    assert first.source == "the environment, names with ENGAGEMENT_KIT_"
    assert second.source == "the environment, names with TWITTER_"


def test_the_nearest_env_file_is_read(tmp_path: Path) -> None:
    """In the folder or above; as it stands there: quotes, `export`, and a "$" that is a "$"."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert sources.env_file({}, below) == ()
    (tmp_path / ".env").write_text(
        "# keys\nexport TWITTER_BEARER_TOKEN='AAA%2F$HOME%3D'\n"
        "ENGAGEMENT_KIT_BASE_URL=http://127.0.0.1:8765/insights/engagement\nOTHER\n"
    )
    (found,) = sources.env_file({}, below)
    assert found.parts == {"bearer_token": Secret("AAA%2F$HOME%3D")}
    assert found.base_url == "http://127.0.0.1:8765/insights/engagement"
    assert found.source == f"the file {tmp_path / '.env'}"
    (below / ".env").write_text("TWITTER_BEARER_TOKEN=nearer-one\n")
    (nearer,) = sources.env_file({}, below)
    assert nearer.parts == {"bearer_token": Secret("nearer-one")}


def test_another_users_folder_ends_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.env` above it could send keys to somebody else."""
    (tmp_path / ".env").write_text("TWITTER_BEARER_TOKEN=planted-one\n")
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    assert sources.env_file({}, tmp_path) == ()


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away"
)
def test_another_users_file_is_not_read(tmp_path: Path) -> None:
    """Also in a folder of one's own; it is said."""
    env = tmp_path / ".env"
    env.write_text("ENGAGEMENT_KIT_BASE_URL=https://elsewhere.example\n")
    os.chown(env, 12_345, -1)
    (found,) = sources.env_file({}, tmp_path)
    assert (found.base_url, found.parts) == ("", {})
    assert "is not read: it is another user's" in found.trouble


def test_a_variable_names_the_env_file_or_none(tmp_path: Path) -> None:
    """Empty: none is read; one that is not there, or no text, is said."""
    (tmp_path / ".env").write_text("TWITTER_BEARER_TOKEN=here\n")
    other = tmp_path / "other.env"
    other.write_text("TWITTER_BEARER_TOKEN=there\n")

    def found(value: str) -> tuple[Found, ...]:
        return sources.env_file({"ENGAGEMENT_KIT_ENV_FILE": value}, tmp_path)

    assert found("") == ()
    (named,) = found(str(other))
    assert named.parts == {"bearer_token": Secret("there")}
    (missing,) = found(str(tmp_path / "nowhere"))
    assert "is not there" in missing.trouble
    other.write_bytes(b"\xff\xfe")
    (unreadable,) = found(str(other))
    assert "no text in UTF-8" in unreadable.trouble


def test_a_keeper_that_can_t_be_read_says_why() -> None:
    """Others go on."""

    class Locked:
        words = "a safe"

        def read(self, service: str) -> Kept | None:
            raise CredentialsMissing(f"locked for {service}")

        def change(self, service: str, change: object) -> Kept | None:
            raise NotImplementedError(service, change)

    found = sources.kept(Locked(), "https://x")
    assert found is not None
    assert (found.source, found.trouble) == ("a safe", "locked for https://x")
    assert sources.kept(None, "https://x") is None


class Person:
    """Answers questions in their order, and remembers them."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[str] = []
        self._answers: Iterator[str] = iter(answers)

    def __call__(self, question: str) -> str:
        """Answer one."""
        self.asked.append(question)
        return next(self._answers)


def test_a_person_is_asked_for_what_is_missing() -> None:
    """All four; or the app alone, where no token is given; again, where it can be no key."""
    person = Person("key one", "the-key", "the-secret", "7-token", "second")
    found = sources.prompted(person, [])
    assert found is not None
    assert list(found.parts.values()) == [
        Secret(one) for one in ("the-key", "the-secret", "7-token", "second")
    ]
    assert "no blanks" in person.asked[1]
    app = sources.prompted(Person("the-key", "the-secret", ""), [])
    assert app is not None
    assert set(app.parts) == {"consumer_key", "consumer_secret"}
    there = Found("e", {"consumer_key": Secret("k"), "consumer_secret": Secret("s")})
    rest = sources.prompted(Person("7-token", "second"), [there])
    assert rest is not None
    assert set(rest.parts) == {"access_token", "access_token_secret"}


def test_nobody_is_asked_where_keys_are_there() -> None:
    """Nor where nobody shall be."""
    person = Person()
    assert sources.prompted(person, [Found("e", {"bearer_token": Secret("b")})]) is None
    assert sources.prompted(None, []) is None
    assert person.asked == []
