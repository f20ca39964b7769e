"""Keys that are open to others, half a pair, or of two apps; no value comes out."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from engagement_kit.client.health import keys_seen
from engagement_kit.client.health.finding import Finding
from engagement_kit.client.health.keys import KeysSeen, Place, judged
from engagement_kit.question.rules import LIVE_BASE_URL

VALUES = {
    "consumer_key": "VALUEofKEY12345", "consumer_secret": "VALUEofSECRET12345",
    "access_token": "123-VALUEofTOKEN", "access_token_secret": "VALUEofTOKENSECRET",
}  # fmt: skip
LIVE = "https://data-api.twitter.com"


def looked() -> list[Finding]:
    """Look, and hold that no value is told."""
    address, seen = keys_seen.look()
    assert address == LIVE_BASE_URL
    found = [*judged(seen)]
    told = json.dumps([asdict(one) for one in found]) + repr(seen)
    assert "VALUE" not in told
    return found


def keep(monkeypatch: pytest.MonkeyPatch, folder: Path, mode: int = 0o600) -> Path:
    """Write a keys file."""
    path = folder / "keys" / "keys.yaml"
    path.parent.mkdir(mode=0o700)
    user = {name: VALUES[name] for name in ("access_token", "access_token_secret")}
    app = {name: VALUES[name] for name in ("consumer_key", "consumer_secret")}
    path.write_text(yaml.safe_dump({LIVE: {**app, "accounts": {"acme": user}}}))
    path.chmod(mode)
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(path))
    return path


def test_no_keys_are_a_note() -> None:
    """The emulator needs none."""
    (found,) = looked()
    assert (found.level, found.check) == ("note", "keys")
    assert "engagement-kit login" in found.remedy


def test_keys_that_are_fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Which accounts there are, where they stand, and for which service."""
    path = keep(monkeypatch, tmp_path)
    (found,) = looked()
    assert found.level == "ok"
    assert f"for {LIVE}: " in found.seen
    assert f"account acme: the keys file {path}" in found.seen


def test_a_keys_file_that_others_may_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is told once, with the command that closes it; then all is well."""
    path = keep(monkeypatch, tmp_path, 0o644)
    (found,) = looked()
    assert (found.level, found.remedy) == ("problem", f"chmod 600 '{path}'")
    path.chmod(0o600)
    assert [one.level for one in looked()] == ["ok"]


def test_a_folder_into_which_others_may_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file is not used, and the finding says how to close the folder."""
    path = keep(monkeypatch, tmp_path)
    path.parent.chmod(0o777)
    (found,) = looked()
    assert found.level == "problem"
    assert f"chmod o-w '{path.parent}'" in found.seen


def test_half_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named."""
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", VALUES["consumer_key"])
    (found,) = looked()
    assert found.level == "problem"
    assert "consumer_secret missing" in found.seen


def test_tokens_without_their_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token alone signs nothing."""
    for name in ("access_token", "access_token_secret"):
        monkeypatch.setenv(f"TWITTER_{name.upper()}", VALUES[name])
    (found,) = looked()
    assert "consumer_key, consumer_secret missing" in found.seen


def test_keys_of_two_apps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first counts; of the other it is said that it was not taken."""
    path = keep(monkeypatch, tmp_path)
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", "VALUEofANOTHERapp")
    monkeypatch.setenv("TWITTER_CONSUMER_SECRET", "VALUEofANOTHERsecret")
    first, second = looked()
    assert (first.level, second.level) == ("ok", "warning")
    assert f"the keys file {path}: keys of another app" in second.seen


def test_what_is_not_taken_is_judged_by_what_it_is() -> None:
    """The same words lead to two remedies: what matters is whose keys they are."""
    said = "the environment: keys of another app, or others may read it"
    lines = (("app", "the keys file"),)
    plain = KeysSeen(LIVE, lines, (said,))
    _, other = judged(plain)
    _, of_two = judged(replace(plain, of_other_apps=frozenset({said})))
    assert other.remedy.startswith("Mend that source")
    assert of_two.remedy.startswith("Take out the keys")
    is_open = Place("keys.yaml", 0o644, is_keys_file=True, trouble=said)
    assert [one.check for one in judged(replace(plain, files=(is_open,)))] == ["keys", "keys file"]


def test_a_key_that_can_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else signs it is a problem."""
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", "VALUE with blanks")
    (found,) = looked()
    assert (found.level, "TWITTER_BEARER_TOKEN" in found.seen) == ("problem", True)


@pytest.mark.parametrize(
    ("folder", "mode", "warned"),
    [(0o755, 0o644, True), (0o755, 0o600, False), (0o700, 0o644, False)],
)
def test_a_file_env_that_others_can_get_at(
    monkeypatch: pytest.MonkeyPatch, folder: int, mode: int, warned: bool
) -> None:
    """Only where they can enter all its folders."""
    with tempfile.TemporaryDirectory() as made:  # pytest's own folder is closed to others
        Path(made).chmod(folder)
        path = Path(made) / "keys.env"
        path.write_text(f"TWITTER_BEARER_TOKEN={VALUES['consumer_key']}\n")
        path.chmod(mode)
        monkeypatch.setenv("ENGAGEMENT_KIT_ENV_FILE", str(path))
        found = [one for one in looked() if one.level == "warning"]
        assert [one.remedy for one in found] == ([f"chmod 600 '{path}'"] if warned else [])
