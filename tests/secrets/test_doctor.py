"""Doctor with keys planted everywhere: right and open, half, of two apps, odd, and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from captured import Captured, ways_of
from click.testing import CliRunner
from faulty import faulty
from planted import Planted, write_env_file, write_keys_file
from searched import Search

import engagement_kit as ek
from engagement_kit.cli import main

PATH = "/insights/engagement"
SETS = {name: Planted.of(f"doctor {name}", odd=True) for name in ("variables", "env", "file")}
SEARCH = Search(
    {f"{name} {part}": one for name, keys in SETS.items() for part, one in keys.parts().items()}
)
LIVE = "https://data-api.twitter.com"


def plant(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, service: str) -> list[Path]:
    """Put keys of three apps where keys may be, open to others."""
    monkeypatch.delenv("ENGAGEMENT_KIT_ENV_FILE")
    env = write_env_file(folders["work"] / ".env", SETS["env"])
    kept = write_keys_file(folders["settings"] / "keys.yaml", service, SETS["file"])
    for name, value in SETS["variables"].environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{SETS['file'].bearer_token}@127.0.0.1:9")
    return [env, kept]


@pytest.mark.parametrize(
    ("mode", "left_out"),
    [(0o600, ""), (0o644, "TWITTER_CONSUMER_SECRET"), (0o600, "TWITTER_CONSUMER_KEY")],
)
def test_keys_wherever_they_are(
    mode: int, left_out: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with them, no form of any value comes out, in any way of showing."""
    planted = plant(folders, monkeypatch, LIVE)
    planted[1].chmod(mode)
    if left_out:
        monkeypatch.delenv(left_out)
    with Captured() as captured:
        checkup = ek.doctor(reach=True)
        shown = [*ways_of(checkup), checkup.to_text(), checkup.to_html(), str(checkup.to_pandas())]
        shown.append(json.dumps(checkup.to_dict()))
        commands = [CliRunner().invoke(main, ["doctor", *more]) for more in ([], ["--json"])]
    assert [one.check for one in checkup.findings if one.check in {"keys", "keys file"}]
    assert all("doctor" not in one.output for one in commands)
    said = [("captured", captured.text), *(("shown", one) for one in shown)]
    said += [("command", one.output) for one in commands]
    assert SEARCH.texts(said) == {}
    for one in planted:
        one.unlink()
    assert SEARCH.files(*folders.values()) == {}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "manner", ["401 with errors", "502, a page", "reset", "401 in the headers"]
)
def test_keys_that_a_service_quotes(
    manner: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried at a service that quotes what it is sent: nothing comes out."""
    with faulty(manner) as service:
        planted = plant(folders, monkeypatch, service.url)
        with Captured() as captured:
            checkup = ek.doctor(base_url=service.url + PATH, try_keys=True)
        assert any("Authorization" in one for one in service.heard)
    assert any(one.check == "keys, tried" for one in checkup.findings)
    said = [("captured", captured.text), ("text", repr(checkup)), ("html", checkup.to_html())]
    assert SEARCH.texts(said) == {}
    for one in planted:
        one.unlink()
    assert SEARCH.files(*folders.values()) == {}
