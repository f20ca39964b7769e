"""What the pages say of columns, statuses, metrics and rivals is what the code says."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from PIL import Image

import engagement_kit as ek
from engagement_kit.cli import main
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, Settings
from engagement_kit.question.id_files import columns_of
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.schema import GRAINS, SCHEMA, STATUSES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CLOCK = "2026-06-01T12:30Z"
IN_WORDS = {
    "tweet_id": "dictionary of text", "int8": "int8", "int64": "int64", "bool": "bool",
    "timestamp[us, tz=UTC]": "timestamp, µs, UTC",
}  # fmt: skip


def _rows(text: str) -> list[list[str]]:
    """Read the rows of the first Markdown table of a text, without its head."""
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert lines is not None
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines[0].splitlines()
    ]
    return rows[2:]


def _section(page: Path, heading: str) -> str:
    """Take what stands below a heading, up to the next of its kind."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)",
        page.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert found is not None, heading
    return found[1]


@pytest.fixture(scope="module")
def result() -> Iterator[Result]:
    """Ask the emulator for a few tweets, of which one is gone."""
    with ek.connect("emulator", clock=CLOCK) as client:
        ids = ek.sample_ids(client, 3) + ek.sample_ids(client, 1, kind="unavailable")
        yield client.run(ek.Query("28hr", ids, ["impressions"], by="hour"), progress=False)


def test_the_page_has_the_columns_of_the_table(result: Result) -> None:
    """Names, order, and the types in Arrow and in pandas are those of the schema."""
    rows = _rows(_section(DOCS / "table.md", "Columns"))
    frame = result.to_pandas()
    expected = [
        (f"`{one.name}`", _in_words(one.type), _in_pandas(frame[one.name].dtype)) for one in SCHEMA
    ]
    assert [(name, arrow, pandas) for name, arrow, pandas, _ in rows] == expected


def _in_words(kind: pa.DataType) -> str:
    return "dictionary of text" if pa.types.is_dictionary(kind) else IN_WORDS[str(kind)]


def _in_pandas(kind: object) -> str:
    return str(kind)


def test_the_page_has_the_statuses(result: Result) -> None:
    """All of them, in the order in which a sum takes the first, each with its meaning."""
    rows = _rows(_section(DOCS / "table.md", "Statuses"))
    assert [name for name, _, _ in rows] == [f"`{one}`" for one in STATUSES]
    said = {name.strip("`"): meaning for name, meaning, _ in rows[1:]}
    assert {name: said[name].replace("**", "") for name in MEANINGS} == MEANINGS
    assert set(result.to_pandas()["status"]) <= set(STATUSES)


@pytest.mark.parametrize("page", ["quick_start.md", "table.md", "how_to/command_line.md"])
def test_words_of_receipts_are_explained_where_a_reader_meets_them(page: str) -> None:
    """What a number is, and what was asked and is out of range, stands beside the first receipt."""
    text = (DOCS / page).read_text(encoding="utf-8")
    assert "A *number* is one count" in text
    assert all(f"`{word}`" in text for word in ("asked", "out_of_range"))


def test_each_missing_number_has_advice() -> None:
    """Whoever misses a number reads what to do about it."""
    rows = _rows(_section(DOCS / "table.md", "Statuses"))
    assert [name for name, _, advice in rows if not advice] == ["`observed`"]


def test_the_page_has_the_grains() -> None:
    """All of them, in their order."""
    rows = _rows(_section(DOCS / "table.md", "Grains"))
    assert [name for name, _ in rows] == [f"`{one}`" for one in GRAINS]


def test_the_page_has_what_a_file_says_of_itself(result: Result, tmp_path: Path) -> None:
    """Each member of the metadata stands on the page, and no other."""
    rows = _rows(_section(DOCS / "table.md", "Parquet files"))
    named = {one for row in rows for one in re.findall(r"`(\w+)`", row[0])}
    plain = _about(result.to_parquet(tmp_path / "plain.parquet"))
    now = result.plan.now
    more = _about(result.to_parquet(tmp_path / "more.parquet", as_of=now, history=True))
    assert named == plain | more
    assert more - plain == {"as_of", "history"}


def _about(path: Path) -> set[str]:
    said: dict[str, object] = json.loads(pq.read_schema(path).metadata[b"engagement_kit"])
    return set(said)


def test_the_page_of_metrics_is_that_of_the_code() -> None:
    """`ek.metrics()` and the page agree; `python docs/facts.py` writes it anew."""
    page = DOCS / "metrics.md"
    text = page.read_text(encoding="utf-8")
    assert _script("facts").page(text) == text
    headings = re.findall(r"^### (\w+)$", text, re.MULTILINE)
    assert headings == ek.metrics()["metric"].tolist()


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the comparison with other clients --------------------------------------------------------
def _has(*names: str) -> Callable[[Client, Result], bool]:
    """Look for names: of the front door, or of a client or a result with `Name.name`."""
    homes = {"Client": Client, "Result": Result, "ek": ek}

    def look(_client: Client, _result: Result) -> bool:
        return all(hasattr(homes[one.partition(".")[0]], one.partition(".")[2]) for one in names)

    return look


def _raw_grouping(client: Client, _result: Result) -> bool:
    query = ek.Query(
        "historical",
        ek.sample_ids(client, 60)[30:],
        ["favorites"],
        groupings={"g": ["engagement.type", "engagement.hour"]},
        period=ek.last(days=9),
    )
    return len(client.run(query, progress=False).to_pandas("g")) == 24


def _many_windows(client: Client, _result: Result) -> bool:
    ids = ek.sample_ids(client, 800)[-30:]
    plan = client.plan(ek.Query("historical", ids, ["favorites"], period=ek.last(days=90)))
    return len(plan) >= 2 * 4  # two batches, and four windows at least


def _unavailable_named(_client: Client, result: Result) -> bool:
    missing = result.to_pandas().query("value.isna()")
    return set(missing["status"]) == {"unavailable"} and missing["tweet_id"].nunique() == 1


def _dated(_client: Client, result: Result) -> bool:
    return bool(result.to_pandas()["observed_at"].notna().all())


def _raw(_client: Client, result: Result) -> bool:
    return all(one.body.startswith(b"{") for one in result.answers())


def _row_per_number(_client: Client, result: Result) -> bool:
    table = result.to_pandas()
    return not table.duplicated(["tweet_id", "metric", "start", "end"]).any()


def _app_only(client: Client, _result: Result) -> bool:
    foreign = ek.sample_ids(client, 2, kind="foreign")
    return bool(client.totals(foreign, ["favorites"])["value"].notna().all())


def _known_before(client: Client, _result: Result) -> bool:
    query = ek.Query("28hr", ek.sample_ids(client, 60), ["impressions"])
    plan = client.plan(query)
    return plan.price.left == client.run(plan, progress=False).effort.sent == 3


def _paced(_client: Client, _result: Result) -> bool:
    """Without being told a rate, it takes that of the answers' headers."""
    with Emulator(settings=Settings(per_minute=300)) as emulator, ek.connect(emulator) as client:
        query = ek.Query("totals", ek.sample_ids(client, 2), ["favorites"])
        before = dict(client.plan(query).lines())
        client.run(query, progress=False)
        known = dict(client.plan(query).lines())["time"].endswith("at the known rate")
        return before["time"].startswith("not known") and known


def _tries_again(_client: Client, _result: Result) -> bool:
    with ek.connect("emulator", faults=[Fault("server_error", nth=1)]) as client:
        query = ek.Query("totals", ek.sample_ids(client, 2), ["favorites"])
        found = client.run(query, progress=False)
        return found.effort.sent == 2 and found.receipt.missing == 0


def _goes_on(_client: Client, _result: Result) -> bool:
    with ek.connect("emulator", clock=CLOCK) as client:
        query = ek.Query("28hr", ek.sample_ids(client, 75), ["impressions"])
        part = client.run(query, stop_after=1, progress=False)
        whole = client.run(query, progress=False)
        return part.receipt.missing > 0 == whole.receipt.missing and whole.effort.sent == 3


def _two_accounts(client: Client, _result: Result) -> bool:
    ids = ek.sample_ids(client, 1) + ek.sample_ids(client, 1, kind="foreign")
    query = ek.Query("28hr", ids, ["impressions"], owners=["acme", "birch"])
    return client.run(query, progress=False).receipt.by_account == {"acme": 1, "birch": 1}


def _from_a_file(_client: Client, _result: Result) -> bool:
    read = columns_of("mine.csv", b"name,tweet\na,2061384949969226276\n")
    return list(read.values[read.guess]) == ["2061384949969226276"]


def _drawn(_client: Client, result: Result) -> bool:
    return bool(ek.plot.timeline(result, "impressions", Figure().subplots()).has_data())


def _commands(_client: Client, _result: Result) -> bool:
    return len(main.list_commands(click.Context(main))) > 1


PROOFS: dict[str, Callable[[Client, Result], bool]] = {
    "any lawful grouping": _raw_grouping,
    "splits long lists of ids": _many_windows,
    "more than 28 days": _many_windows,
    "one row per number": _row_per_number,
    "Parquet": _has("Result.to_parquet", "ek.scan", "ek.tidy_store"),
    "names what has no count": _unavailable_named,
    "dates each count": _dated,
    "keeps raw answers": _raw,
    "requests known before": _known_before,
    "paces itself (◐ fixed)": _paced,
    "tries again after a fault": _tries_again,
    "goes on after a stop": _goes_on,
    "several accounts at once": _two_accounts,
    "app-only keys, too": _app_only,
    "gets a user's tokens": _has("ek.login"),
    "reads ids from files": _from_a_file,
    "command line": _commands,
    "form, or page to click": _has("ek.RequestForm", "ek.ConnectForm", "ek.Explorer"),
    "plots": _drawn,
    "an API to try it on": _has("Client.emulator"),
    "tests of this part": lambda *_: (ROOT / "tests" / "conformance").is_dir(),
}
NOT_CLAIMED = {"X API v2", "its makers have the API"}
ENDPOINTS = "endpoints, of three"


@pytest.fixture
def client() -> Iterator[Client]:
    """Connect to an emulator."""
    with ek.connect("emulator", clock=CLOCK) as one:
        yield one


COMPARISON = DOCS / "comparison.md"


def _marks(page: Path, heading: str) -> dict[tuple[str, str], str]:
    """Read a comparison: the mark of each row and client."""
    text = _section(page, heading)
    head = re.search(r"^\|(.*)\|$", text, re.MULTILINE)
    assert head is not None
    clients = [one.strip() for one in head[1].split("|")][1:]
    return {
        (label, client): mark
        for label, *marks in _rows(text)
        for client, mark in zip(clients, marks, strict=True)
    }


def test_the_page_claims_what_is_proven_here() -> None:
    """Each row in which the kit has a dot is looked at below, and no dot in the others."""
    marks = _marks(COMPARISON, "Row by row")
    rows = {label: mark for (label, client), mark in marks.items() if client == "kit"}
    claimed = {label for label, kit in rows.items() if kit == "●"}
    assert rows.pop(ENDPOINTS) == "3"
    assert claimed == PROOFS.keys()
    assert rows.keys() - claimed == NOT_CLAIMED


def test_the_readme_shows_a_part_of_the_page() -> None:
    """A few rows, of the clients that split long lists, with the same marks for and against us."""
    whole, few = _marks(COMPARISON, "Row by row"), _marks(ROOT / "README.md", "How it compares")
    assert few.items() <= whole.items()
    clients = {client for _, client in few}
    splits = {one for (label, one), mark in whole.items() if "splits" in label and mark in "●◐"}
    assert clients == splits
    labels = {label for label, _ in few}
    assert 4 <= len(labels) <= 5
    assert any(few[label, "kit"] not in "●◐" for label in labels)


def test_each_client_of_the_comparison_is_named() -> None:
    """With a link to its source, and when that was read."""
    rows = _rows(_section(COMPARISON, "Who they are"))
    clients = {client for _, client in _marks(COMPARISON, "Row by row")}
    assert {name for name, _, _ in rows} == clients - {"kit"}
    assert all("](https://" in what and re.fullmatch(r"20\d\d-\d\d", at) for _, what, at in rows)


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
def test_each_of_the_three_endpoints_is_asked(endpoint: str, client: Client) -> None:
    """Each gives counts."""
    query = ek.Query(endpoint, ek.sample_ids(client, 60)[30:], ["favorites"])  # type: ignore[arg-type]
    assert client.run(query, progress=False).receipt.answered


@pytest.mark.parametrize("label", PROOFS)
def test_a_claim_of_the_page_holds(label: str, client: Client, result: Result) -> None:
    """The kit does what the comparison says of it."""
    assert PROOFS[label](client, result)


# --- pictures ---------------------------------------------------------------------------------
def test_pictures_are_small_and_shown() -> None:
    """Each is a sharp PNG of less than 100 kB, and stands on a page."""
    pages = "".join(
        page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *DOCS.glob("**/*.md")]
    )
    pictures = sorted((DOCS / "pictures").glob("*.png"))
    assert {"form.png", "plot.png"} <= {one.name for one in pictures}
    for one in pictures:
        assert one.stat().st_size < 100_000, one.name
        assert f"pictures/{one.name}" in pages
        with Image.open(one) as picture:
            assert picture.width >= 1200, one.name


def test_the_example_of_stopping_stops_something(tmp_path: Path) -> None:
    """Big jobs shows a part of the numbers, what is left to send, and all in two sessions."""
    page = (DOCS / "how_to" / "big_jobs.md").read_text(encoding="utf-8")
    (code,) = (
        one for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if ".stop()" in one
    )
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    some, every = map(int, re.findall(r"(\d+) of (\d+) numbers so far", said)[0])
    left = int(re.findall(r"(\d+) requests left", said)[0])
    planned, sent = map(int, re.findall(r"(\d+) planned, (\d+) sent", said)[0])
    assert 0 < some < every
    assert 0 < left < planned == sent
    assert "sessions: 2" in said
