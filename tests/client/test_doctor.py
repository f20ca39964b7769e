"""The whole look: a fit machine, looks that break, and how findings are shown."""

from __future__ import annotations

import json
import tempfile
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.client.health import keys_seen, network_seen, packages_seen, store_seen
from engagement_kit.client.health.checkup import Checkup
from engagement_kit.client.health.finding import LEVELS, note, ok, problem, warning
from engagement_kit.emulator import Emulator
from engagement_kit.errors import StoreError

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ALL = [
    ok("python", "3.12"),
    note("keys", "none", "The emulator needs none."),
    problem("disk", "<b>full</b>", "A run stops.", "rm a\nrm b"),
    warning("locks", "none", "Twice the price.", "one at a time"),
]


@pytest.fixture(autouse=True)
def _no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def test_a_fit_machine_has_nothing_above_a_note(tmp_path: Path) -> None:
    """With an emulator, a store and right keys: all is well, and all was looked at."""
    with ek.connect("emulator", store=tmp_path / "raw") as client:
        client.run(ek.Query("totals", ek.sample_ids(client, 3)))
    checkup = ek.doctor(tmp_path / "raw")
    assert checkup.above("note") == ()
    assert checkup.is_fit
    checks = {one.check for one in checkup.findings}
    assert checks >= {
        "python", "packages", "widgets", "surroundings", "keys", "way", "emulator",
        "temporary files", "store", "room",
    }  # fmt: skip


def test_nothing_leaves_this_machine_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No service is asked where there are no keys; where it is asked for, it is."""
    asked: list[str] = []

    def reach(origin: str) -> tuple[object, None]:
        asked.append(origin)
        return network_seen.ReachSeen(origin, "", 404, 0.1), None

    monkeypatch.setattr(network_seen, "reach", reach)
    ek.doctor()
    assert asked == []
    ek.doctor(reach=True)
    assert asked == ["https://data-api.twitter.com"]
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", "a-made-up-token")
    ek.doctor(reach=False)
    assert len(asked) == 1
    ek.doctor()
    assert len(asked) == 2


def test_an_emulator_is_asked_and_its_keys_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment that it prints; without `try_keys` no request is sent to an endpoint."""
    with Emulator() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        checkup = ek.doctor()
        assert checkup.above("note") == ()
        assert any(emulator.name in one.seen for one in checkup.findings if one.check == "service")
        assert [one for one in checkup.findings if one.check == "clock"]
        assert not [one for one in checkup.findings if one.check == "keys, tried"]
        tried = ek.doctor(try_keys=True)
        outcomes = [one.seen for one in tried.findings if one.check == "keys, tried"]
        assert len(outcomes) == 3
        assert all("accepted" in one for one in outcomes)
        emulator.revoke("acme")
        (refused,) = ek.doctor(try_keys=True).above("note")
        assert (refused.level, ": refused. " in refused.seen) == ("problem", True)


def test_what_breaks_is_a_finding_and_the_others_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever the error says is left out: it could hold anything."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("something SECRET")

    for room, name in (
        (packages_seen, "packages"), (packages_seen, "surroundings"), (keys_seen, "look"),
        (network_seen, "emulator"), (store_seen, "look"),
    ):  # fmt: skip
        monkeypatch.setattr(room, name, broken)
    checkup = ek.doctor(tmp_path)
    broke = [one for one in checkup.findings if "this look broke: RuntimeError in" in one.seen]
    assert {one.check for one in broke} == {
        "python", "packages", "widgets", "surroundings", "keys", "emulator", "store",
    }  # fmt: skip
    assert {one.level for one in broke} == {"warning"}
    assert "SECRET" not in str(checkup)
    assert {"temporary files", "room"} <= {one.check for one in checkup.findings}


def test_what_is_known_to_go_wrong_is_said_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An address that is none, and a store that gives up."""
    bad = ek.doctor(base_url="no address").above("note")
    assert [one.check for one in bad] == ["keys"]
    assert "base_url" in bad[0].seen

    def gives_up(*_: object, **__: object) -> None:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(store_seen, "look", gives_up)
    (found,) = ek.doctor(tmp_path).above("note")
    assert found.seen == "the disk is gone"


def test_what_the_system_refuses_is_said_in_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A store that may not be read, and a machine without any folder for temporary files."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "raw/answers")

    def nowhere() -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(store_seen, "look", refused)
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    first, second = ek.doctor(tmp_path, reach=False).above("note")
    assert first.seen == "No usable temporary directory found"
    assert second.seen == "Permission denied: raw/answers"
    assert {first.level, second.level} == {"problem"}


def test_findings_are_in_order_and_counted() -> None:
    """The worst first; the object can't be changed."""
    checkup = Checkup.of(ALL, AT)
    assert [one.level for one in checkup.findings] == list(LEVELS)
    assert checkup.summary() == "1 problem, 1 warning, 1 note, 1 fine"
    assert (checkup.worst, checkup.is_fit) == ("problem", False)
    assert Checkup.of(ALL[:2], AT).is_fit
    assert len(checkup.above("note")) == 2
    assert Checkup((), AT).worst == "ok"
    with pytest.raises(FrozenInstanceError):
        checkup.at = AT  # type: ignore[misc]


def test_findings_as_text() -> None:
    """Each has a line, why it matters below, and commands in lines of their own, never wrapped."""
    long = problem("disk", "a " * 80, "b " * 80, "c" * 150)
    lines = repr(Checkup.of([*ALL, long], AT)).splitlines()
    assert lines[0].endswith("2 problems, 1 warning, 1 note, 1 fine")
    assert "           do: rm a" in lines
    assert "               rm b" in lines
    assert f"           do: {'c' * 150}" in lines
    assert max(len(one) for one in lines if "ccc" not in one) <= 96


def test_findings_as_html_are_escaped() -> None:
    """What was found may hold anything."""
    html = Checkup.of(ALL, AT)._repr_html_()
    assert "&lt;b&gt;full&lt;/<wbr>b&gt;" in html
    assert "<b>problem</b>" in html
    assert "rm a<br>rm b" in html


def test_findings_as_a_table_and_as_plain_data() -> None:
    """The same findings, in the same order."""
    checkup = Checkup.of(ALL, AT)
    frame = checkup.to_pandas()
    assert list(frame.columns) == ["check", "level", "seen", "why", "remedy"]
    assert frame["level"].tolist() == list(LEVELS)
    plain = json.loads(json.dumps(checkup.to_dict()))
    assert plain["fit"] is False
    assert plain["at"] == "2026-06-01T12:00:00Z"
    assert [one["check"] for one in plain["findings"]] == frame["check"].tolist()
    assert len(Checkup((), AT).to_pandas()) == 0
