"""The command ``plot`` draws what ek.plot draws, from a store or from Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.cli.plot import KINDS, plot

AT = "2026-06-01T12:00Z"
SIGNS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a store with an hourly run and one of totals before it; a file of each, and groups."""
    folder = tmp_path_factory.mktemp("plots")
    with ek.connect("emulator", clock=AT, store=folder / "raw") as client:
        ids = ek.sample_ids(client, 12)
        totals = ek.Query("totals", ids, ["impressions"])
        hourly = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.last(days=4))
        client.run(totals, progress=False)
        client.run(hourly, progress=False).to_parquet(folder / "hours.parquet")
    totals.save(folder / "totals.yaml")
    rows = (f"{one},{'even' if at % 2 else 'odd'}\n" for at, one in enumerate(ids))
    (folder / "groups.csv").write_text("tweet_id,group\n" + "".join(rows), encoding="utf-8")
    return folder


def run(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["plot", *map(str, arguments)])


def test_the_kinds_are_those_of_ek_plot() -> None:
    """All of them, each with a line in the help."""
    assert sorted(KINDS) == sorted(ek.plot.__all__)
    said = CliRunner().invoke(main, ["plot", "--help"]).stdout
    for kind in KINDS:
        assert f"\n  {kind.ljust(12)}" in said
    names = {one.name for one in plot.params if isinstance(one, click.Option)}
    assert {one for options in KINDS.values() for one in options} <= names


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn_of_a_store(kind: str, folder: Path, tmp_path: Path) -> None:
    """Of its newest run, without keys or network; into a folder that is made."""
    more = ["--groups", folder / "groups.csv"] if kind == "compare" else []
    out = tmp_path / "new" / f"{kind}.png"
    done = run(folder / "raw", kind, "--out", out, *more)
    assert (done.exit_code, done.stdout) == (0, f"{kind} in {out}\n"), done.output
    assert out.read_bytes().startswith(SIGNS[".png"])


@pytest.mark.parametrize("ending", SIGNS)
def test_parquet_is_drawn_as_each_ending_says(ending: str, folder: Path, tmp_path: Path) -> None:
    """A file as `run --out` or `export` writes it."""
    out = tmp_path / f"x{ending}"
    done = run(folder / "hours.parquet", "top", "-n", 3, "--first-hours", 5, "-o", out, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"file": str(out), "kind": "top"}
    assert out.read_bytes().startswith(SIGNS[ending])


def test_a_query_and_a_grain_choose_the_table(folder: Path, tmp_path: Path) -> None:
    """Of a store with several runs; the picture of days is another than that of hours."""
    hours, days, totals = (tmp_path / f"{one}.svg" for one in ("hours", "days", "totals"))
    assert run(folder / "raw", "timeline", "-o", hours).exit_code == 0
    assert run(folder / "raw", "timeline", "--which", "day", "-o", days).exit_code == 0
    done = run(folder / "raw", "top", "--query", folder / "totals.yaml", "-o", totals)
    assert done.exit_code == 0, done.output
    assert hours.read_bytes() != days.read_bytes()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["raw", "compare", "-o", "x.png"], "compare needs --groups FILE"),
        (["raw", "timeline", "-n", "3", "-o", "x.png"], "timeline has no -n; it takes metric"),
        (["raw", "missing", "--metric", "likes", "-o", "x.png"], "missing has no --metric"),
        (["raw", "top", "-o", "x.gif"], "does not end in .png, .svg, .pdf"),
        (["raw", "top", "-o", "groups.csv/x.png"], "can't be written"),
        (["raw", "pie", "-o", "x.png"], "'pie' is not one of"),
        (["none", "top", "-o", "x.png"], "does not exist"),
        (["groups.csv", "top", "-o", "x.png"], "groups.csv"),
        (["hours.parquet", "top", "--which", "day", "-o", "x.png"], "--query and --which are of a"),
        (["raw", "top", "--metric", "applause", "-o", "x.png"], "applause"),
        (["raw", "rhythm", "--query", "totals.yaml", "-o", "x.png"], "ask with --by hour for that"),
        (["raw", "heatmap", "--tz", "Mars", "-o", "x.png"], "Mars"),
    ],
)
def test_what_can_not_be_drawn_is_told(
    typed: list[str], said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 2, and without a file."""
    monkeypatch.chdir(folder)
    done = run(*typed)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert not Path("x.png").exists()


def test_a_folder_without_a_store_is_told(folder: Path, tmp_path: Path) -> None:
    """It is neither a store nor Parquet."""
    del folder
    done = run(tmp_path, "top", "-o", tmp_path / "x.png")
    assert (done.exit_code, "holds no run" in done.stderr) == (2, True)
