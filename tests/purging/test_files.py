"""A user's own files, places far away, links, and what can't be reached: done, or told."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hunted
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lived import METRICS, OWN, Lived, alive

import engagement_kit as ek
from engagement_kit.answers import exported, tombstones
from engagement_kit.answers.claims import alone
from engagement_kit.answers.store import Store
from engagement_kit.forms.model.draft import Draft, Loaded
from engagement_kit.forms.model.keeping import Keeper

ONE, OTHER = OWN[0], OWN[1]


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    """Give a store with the totals of a few tweets."""
    with alive(tmp_path) as one:
        one.run(ek.Query("totals", OWN[:5], METRICS))
        yield one


# --- what a user has besides ----------------------------------------------------------------------
def test_files_of_the_users_are_written_anew(lived: Lived) -> None:
    """Parquet, CSV, lists of ids, JSON and YAML; other columns and lines stay."""
    own = lived.folder / "own"
    own.mkdir()
    made = pd.DataFrame({"id": OWN, "number": [int(one) for one in OWN], "x": range(len(OWN))})
    made["link"] = [f"https://x.com/a/status/{ONE}", *(["-"] * (len(OWN) - 1))]
    made.to_parquet(own / "a.parquet")
    made.to_csv(own / "a.csv", index=False)
    (own / "ids.txt").write_text("\n".join(OWN))
    (own / "one line.txt").write_text(", ".join(OWN))
    (own / "a.json").write_text(json.dumps({"ids": OWN}))
    (own / "a.jsonl").write_text("".join(f'{{"id": "{one}"}}\n' for one in OWN))
    ek.Query("totals", OWN, owners="acme").save(own / "few.yaml")
    many = [*OWN, *(str(10**15 + n) for n in range(200))]
    ek.Query("totals", many).save(own / "many.yaml")
    done = lived.client.purge(ONE, also=own)
    assert done.complete, done
    assert hunted.hunt([ONE], own) == {}
    left = pd.read_parquet(own / "a.parquet")
    pd.testing.assert_frame_equal(left, made[1:].reset_index(drop=True), check_index_type=False)
    assert (own / "a.csv").read_text().splitlines()[1:] == [
        ",".join(map(str, row)) for row in made[1:].itertuples(index=False)
    ]
    assert (own / "ids.txt").read_text() == "\n".join(OWN[1:])
    assert (own / "one line.txt").read_text() == ", ".join(OWN[1:])
    assert json.loads((own / "a.json").read_text()) == {"ids": OWN[1:]}
    assert len((own / "a.jsonl").read_text().splitlines()) == len(OWN) - 1
    assert ek.Query.load(own / "few.yaml") == ek.Query("totals", OWN[1:], owners="acme")
    assert ek.Query.load(own / "many.yaml") == ek.Query("totals", many[1:])


def test_a_forms_last_values_open_again(lived: Lived) -> None:
    """Also where its long texts are in files of their own, known by their hashes."""
    path = lived.folder / "form" / "last.json"
    ids = (*OWN, *(str(10**15 + n) for n in range(2000)))
    draft = Draft(pasted="\n".join(ids), loaded=(Loaded("a.csv", ids, 0, ()),))
    assert Keeper(path).keep(draft) == ""
    assert lived.client.purge(ONE, also=[path]).complete
    assert hunted.hunt([ONE], path.parent) == {}
    last, why = Keeper(path).last()
    assert why == ""
    assert last is not None
    assert last.loaded[0].ids == ids[1:]
    assert last.pasted.split() == [*ids[1:]]


def test_what_is_of_no_known_kind_is_told(lived: Lived) -> None:
    """And stays as it is: a notebook, say."""
    note = lived.folder / "a.ipynb"
    note.write_text(json.dumps({"cells": [ONE]}))
    done = lived.client.purge(ONE, also=[note])
    assert dict(done.left) == {str(note): "it holds an id"}
    assert not done.complete
    assert ONE in note.read_text()
    assert "purge again" in repr(done)


def test_broken_files_of_the_users_are_told(lived: Lived) -> None:
    """What can't be read stays, with the reason."""
    own = lived.folder / "own"
    own.mkdir()
    (own / "a.parquet").write_bytes(b"PAR1 nothing PAR1")
    (own / "a.yaml").write_text("a: [")
    done = lived.client.purge(ONE, also=[own])
    assert {Path(one).name for one in done.not_reached} == {"a.parquet", "a.yaml"}


# --- exports --------------------------------------------------------------------------------------
def test_exports_that_moved_are_told(lived: Lived) -> None:
    """They are no error."""
    result = lived.run(ek.Query("totals", OWN[:5], METRICS))
    path = result.to_parquet(lived.out / "a.parquet")
    path.rename(lived.out / "b.parquet")
    done = lived.client.purge(ONE)
    assert done.not_found == (str(path),)
    assert done.complete
    assert lived.client.purge(ONE, also=[lived.out]).files == 1


def test_columns_that_a_user_added_stay(lived: Lived) -> None:
    """In a file of ours that was changed by pandas."""
    result = lived.run(ek.Query("totals", OWN[:5], METRICS))
    path = result.to_parquet(lived.out / "a.parquet")
    table = pq.read_table(path)
    more = table.append_column(
        "note", pa.array([f"of {one}" for one in table["tweet_id"].to_pylist()])
    )
    more = more.append_column("tags", pa.array([[OTHER, ONE]] * len(table)))
    pq.write_table(more, path)
    assert lived.client.purge(ONE).complete
    left = pq.read_table(path)
    assert left.column_names == more.column_names
    assert left["tweet_id"].type == table["tweet_id"].type
    assert [*dict.fromkeys(left["note"].to_pylist())] == [f"of {one}" for one in OWN[1:5]]
    assert left["tags"].to_pylist() == [[OTHER]] * len(left)
    assert hunted.hunt([ONE], lived.folder) == {}


def test_words_that_no_row_has_go(lived: Lived) -> None:
    """A dictionary may hold ids whose rows were filtered out by hand."""
    result = lived.run(ek.Query("totals", OWN[:5], METRICS))
    path = result.to_parquet(lived.out / "a.parquet")
    table = pq.read_table(path, read_dictionary=["tweet_id"])
    pq.write_table(table.slice(len(METRICS)).replace_schema_metadata(None), path)
    assert str(path) in hunted.hunt([ONE], path)
    assert lived.client.purge(ONE).complete
    assert hunted.hunt([ONE], path) == {}
    assert pq.read_table(path).num_rows == len(METRICS) * 4


def test_an_export_named_after_a_tweet_is_renamed(lived: Lived) -> None:
    """So that the store can note it further on, and a later purge finds it."""
    result = lived.run(ek.Query("totals", OWN[:5], METRICS))
    path = result.to_parquet(lived.out / f"{ONE}.parquet")
    done = lived.client.purge(ONE)
    assert done.complete
    assert ONE not in repr(done)
    assert hunted.hunt([ONE], lived.folder) == {}
    left = path.with_name("(purged).parquet")
    assert pq.read_table(left)["tweet_id"].unique().to_pylist() == OWN[1:5]
    assert lived.client.purge(OTHER).complete
    assert pq.read_table(left)["tweet_id"].unique().to_pylist() == OWN[2:5]


def test_a_dataset_in_s3_is_written_anew(lived: Lived, bucket: dict[str, Any]) -> None:
    """With the options that open it; without them it is told."""
    import fsspec

    options = {"storage_options": bucket}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ek.tidy_store(lived.store, "s3://counts/a", progress=False, **options)
        wrong = {**bucket, "endpoint_url": "http://127.0.0.1:9"}
        told = lived.client.purge(ONE, storage_options=wrong)
        assert [*told.not_reached] == ["s3://counts/a"]
        assert not told.complete
        done = lived.client.purge(ONE, **options)
        assert (done.complete, done.files) == (True, 1)
        assert lived.client.purge(ONE, **options).files == 0
    files = fsspec.filesystem("s3", **bucket)
    (name,) = files.glob("counts/a/lifetime/*")
    left = pq.read_table(name, filesystem=files)["tweet_id"].unique().to_pylist()
    assert {*left} == {*OWN[1:5]}


# --- links, locks, and odd stores -----------------------------------------------------------------
def test_links_are_not_followed(lived: Lived, tmp_path: Path) -> None:
    """What they lead to stays, and is told of."""
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps([ONE]))
    (lived.store / "link.json").symlink_to(outside)
    (lived.store / "away").symlink_to(tmp_path, target_is_directory=True)
    done = lived.client.purge(ONE)
    assert {Path(one).name for one in done.left} == {"link.json", "away"}
    assert json.loads(outside.read_text()) == [ONE]


def test_only_one_purges_at_a_time(lived: Lived) -> None:
    """The other waits for the lock."""
    import threading

    done: list[Any] = []
    with alone(lived.store / ".purging.lock"):
        second = threading.Thread(target=lambda: done.append(ek.purge(lived.store, ONE)))
        second.start()
        second.join(0.3)
        assert not done
    second.join(30)
    assert done[0].complete


def test_another_process_that_writes_the_id_again_is_found_out(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came in meanwhile is told of; purge again, and it is gone."""
    from engagement_kit.client import purging

    store = Store(lived.store)
    old = store.load(store.known()[0].ref)
    real = purging.remove

    def remove(paths: list[Path]) -> None:
        real(paths)
        store.put(old)

    monkeypatch.setattr(purging, "remove", remove)
    done = lived.client.purge(ONE)
    assert [*done.left.values()] == ["it holds an id"]
    monkeypatch.undo()
    assert lived.client.purge(ONE).complete
    assert hunted.hunt([ONE], lived.folder) == {}


def test_short_ids_go_and_harm_no_other(tmp_path: Path) -> None:
    """A tweet of 2006, whose id begins and is in others, and is a count as well."""
    with alive(tmp_path) as lived:
        ids = ["20", "206", "120", *OWN[:3]]
        query = ek.Query("totals", ids, ["favorites"])
        before = lived.run(query)
        frame = before.to_pandas()
        path = before.to_parquet(lived.out / "a.parquet")
        csv = before.to_csv(lived.out / "a.csv")
        done = lived.client.purge([20])
        assert done.rewritten >= 1
        after = ek.open(lived.store).latest
        pd.testing.assert_frame_equal(
            after.to_pandas().drop(columns=["request_key", "tweet_id"]).reset_index(drop=True),
            frame[frame["tweet_id"] != "20"]
            .drop(columns=["request_key", "tweet_id"])
            .reset_index(drop=True),
        )
        assert [*after.to_pandas()["tweet_id"]] == ids[1:]
        assert [*pq.read_table(path)["tweet_id"].to_pylist()] == ids[1:]
        assert [*pd.read_csv(csv, dtype="str")["tweet_id"]] == ids[1:]
        assert "20" not in {one for known in Store(lived.store).known() for one in known.tweet_ids}
        lived.spy.asked.clear()
        again = lived.run(query, max_age=query_age(), resume=False)
        assert lived.spy.of({"20"}) == 0
        assert again.receipt.fates["purged"] == 1


def query_age() -> Any:
    """Ask again for everything."""
    from datetime import timedelta

    return timedelta(0)


def test_tweets_that_are_nowhere_get_a_tombstone(tmp_path: Path) -> None:
    """In a store that is not there yet, too; but to name a wrong folder is an error."""
    with alive(tmp_path) as lived:
        done = lived.client.purge([ONE, "20"])
        assert (done.tweets, done.rewritten, done.complete) == (2, 0, True)
        assert tombstones.read(lived.store).of([ONE, OTHER, "20"]) == {ONE, "20"}
    with pytest.raises(ek.errors.StoreError, match="no store"):
        ek.purge(tmp_path / "wrong", ONE)
    assert not (tmp_path / "wrong").exists()


@pytest.mark.parametrize("ids", [[], "", ["x"], [2.5e18], None, [ONE, "1" * 20]])
def test_what_is_no_id_is_refused_before_anything_changes(lived: Lived, ids: Any) -> None:
    """As in a query."""
    before = {one: one.stat().st_mtime_ns for one in lived.store.rglob("*")}
    with pytest.raises(ek.errors.QueryError, match="purge"):
        lived.client.purge(ids)
    with pytest.raises(ek.errors.QueryError, match="also"):
        lived.client.purge(ONE, also=3)  # type: ignore[arg-type]
    assert {one: one.stat().st_mtime_ns for one in lived.store.rglob("*")} == before


def test_a_client_without_a_store_forgets_in_its_temporary_one() -> None:
    """As long as it lives."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ids = ek.sample_ids(client, 2)
        query = ek.Query("totals", ids, ["replies"])
        folder = client.run(query, progress=False).store.folder
        client.purge(ids[0])
        assert client.run(query, progress=False).receipt.fates == {"purged": 1}
        assert hunted.hunt([ids[0]], folder) == {}


def test_a_purge_keeps_what_was_noted_of_other_exports(lived: Lived) -> None:
    """By the new keys of their questions, so that a second purge knows them."""
    raw = ek.Query("totals", OWN[:5], METRICS, groupings={"sum": ["engagement.type"]})
    path = lived.run(raw).to_csv(lived.out / "sum.csv")
    lived.client.purge(OWN[10])
    assert len(pd.read_csv(path)) == len(METRICS)
    before = {one.query for one in exported.noted(lived.store)}
    lived.client.purge(ONE)
    assert len(pd.read_csv(path)) == 0
    assert {one.query for one in exported.noted(lived.store)}.isdisjoint(before)
    assert os.fspath(path) in {one.place for one in exported.noted(lived.store)}
