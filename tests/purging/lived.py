"""A store that has seen everything, and the exports that were made of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import engagement_kit as ek
from engagement_kit.answers.files import unpack
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.fetch.wire import Reply

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
WORLD = World(seed=5, revised=True)
METRICS = ["impressions", "favorites", "video_views"]
PERIOD = ek.between("2026-05-20", "2026-05-27")
LONG = ek.between("2026-03-20", "2026-05-27")
OWN = WORLD.sample_ids("acme", 400, before=NOW - timedelta(days=14))[::8][:30]
MANY = [*OWN, *WORLD.sample_ids("acme", 3000, before=NOW - timedelta(days=40))[::20]]
OTHER = WORLD.accounts[1].name
OTHERS = WORLD.sample_ids(OTHER, 40, before=NOW - timedelta(days=14))[::5]
GONE = WORLD.sample_ids("acme", 2, before=NOW - timedelta(days=14), kind="unavailable")
OLD = WORLD.sample_ids("acme", 2, before=NOW - timedelta(days=120))
ANCIENT = WORLD.sample_ids("acme", 3, before=NOW, kind="very_old")
EVERY = [*OWN, *OTHERS, *GONE, *OLD, *ANCIENT]
OWNERS = dict.fromkeys([*OWN, *GONE, *OLD, *ANCIENT], "acme") | dict.fromkeys(OTHERS[2:], OTHER)


class Spy:
    """A network that writes down which tweets are asked."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.asked: list[frozenset[str]] = []

    def send(self, request: Any) -> Reply:
        """Write it down, and send it."""
        self.asked.append(frozenset(request.tweet_ids))
        reply: Reply = self.inner.send(request)
        return reply

    def of(self, tweet_ids: Any) -> int:
        """Count the requests that named one of these tweets."""
        return sum(not one.isdisjoint(tweet_ids) for one in self.asked)


class Lived:
    """A store, its client, and where exports are."""

    def __init__(self, client: Client, spy: Spy, folder: Path) -> None:
        self.client, self.spy, self.folder = client, spy, folder
        self.store, self.out = folder / "raw", folder / "out"

    @property
    def clock(self) -> WorldClock:
        """The world's clock."""
        assert self.client.emulator is not None
        return self.client.emulator.clock

    def run(self, *given: Any, **options: Any) -> Result:
        """Run a query without a bar."""
        return self.client.run(*given, progress=False, **options)


@contextmanager
def alive(folder: Path) -> Iterator[Lived]:
    """Connect to the world, with a spy on the line."""
    with (
        Emulator(WORLD, WorldClock(frozen=NOW)) as emulator,
        ek.connect(emulator, store=folder / "raw", threads=1) as client,
    ):
        spy = Spy(client.connection.transport)
        client.connection = replace(client.connection, transport=spy)
        yield Lived(client, spy, folder)


def queries() -> dict[str, ek.Query]:
    """Give questions of each kind."""
    raw = {"sum": ["engagement.type"], "each": ["engagement.type", "tweet.id"]}
    mixed = {"sum": ["engagement.type"], "days": ["tweet.id", "engagement.type", "engagement.day"]}
    several = {"owners": OWNERS}
    return {
        "totals": ek.Query("totals", EVERY, METRICS, **several),
        "last hours": ek.Query("28hr", EVERY[:-3], METRICS, **several),
        "days": ek.Query("historical", EVERY, METRICS, by="day", period=LONG, **several),
        "hours": ek.Query("historical", OWN[:8], METRICS, by="hour", period=PERIOD),
        "hours of day": ek.Query("historical", OWN[:8], METRICS, by="hour_of_day", period=PERIOD),
        "sums alone": ek.Query(
            "historical", OWN[:5], METRICS, groupings={"sum": ["engagement.type"]}, period=PERIOD
        ),
        "raw": ek.Query("totals", OWN[:5], METRICS, groupings=raw),
        "raw, days": ek.Query("historical", OWN[3:9], METRICS, groupings=mixed, period=PERIOD),
        "raw, one": ek.Query("totals", OWN[1], METRICS, groupings=raw),
    }


def stop_after(many: int) -> Callable[[ek.Step], None]:
    """Interrupt a run after some requests."""
    ended = [0]

    def step(one: ek.Step) -> None:
        ended[0] += one.is_end
        if ended[0] == many:
            raise KeyboardInterrupt

    return step


def cut_off(lived: Lived, query: ek.Query, after: int) -> None:
    """Begin a run, and let it be cut off."""
    with suppress(KeyboardInterrupt):
        lived.run(query, on_step=stop_after(after))
    for one in threading.enumerate():
        if one.name.startswith("engagement-kit"):
            one.join()


def lead_a_life(lived: Lived) -> None:
    """Ask for everything, with what goes wrong; damage some of it, and ask again later."""
    for query in queries().values():
        lived.run(query)
    lived.clock.travel(timedelta(hours=9))
    lived.run(queries()["totals"])
    lived.run(queries()["last hours"])
    refused(lived)
    cut_off(lived, ek.Query("historical", MANY, ["replies"], by="day", period=LONG), after=3)
    assert "not finished" in repr(ek.open(lived.store))
    damage(lived.store)
    litter(lived.store)


def refused(lived: Lived) -> None:
    """Meet answers that say no, that are broken, and that name tweets in their words."""
    real = lived.spy.inner
    texts = {
        "no": Reply(400, {}, json.dumps({"errors": [f"tweet {OWN[0]} is odd"]}).encode()),
        "html": Reply(400, {}, f"<html>{OWN[1]}: bad</html>".encode()),
        "other": Reply(400, {}, b"<html>bad</html>"),
    }
    for at, (name, reply) in enumerate(texts.items()):
        lived.spy.inner = type(name, (), {"send": lambda _, _request, reply=reply: reply})()
        lived.run(ek.Query("totals", OWN[: 3 + at], ["retweets"]), resume=False)
    lived.spy.inner = real


def damage(store: Path) -> None:
    """Flip a byte of two answers; one of them is set aside already, as a run would."""
    files = sorted((store / "answers").rglob("*.zst"))
    aside = store / "damaged"
    aside.mkdir()
    (aside / files[0].name).write_bytes(unpack(files[0].read_bytes())[:-20])
    (aside / f"whole{files[1].name}").write_bytes(files[1].read_bytes())


def litter(store: Path) -> None:
    """Leave what killed processes and other parts of the kit leave."""
    answer = min((store / "answers").rglob("*.zst"))
    (answer.parent / f".{answer.name}.0123.part").write_bytes(answer.read_bytes()[:-100])
    run = min((store / "runs").iterdir())
    (run / ".plan.json.0123.part").write_bytes((run / "plan.json").read_bytes()[:200])
    follows = store / "follows"
    follows.mkdir(exist_ok=True)
    plan = {"tweet_ids": EVERY, "every": 3600, "due": dict.fromkeys(EVERY, 1)}
    (follows / "plan.json").write_text(json.dumps(plan, indent=1))
    lines = [json.dumps({"tweet_id": one, "at": "2026-06-01T12:34Z"}) for one in EVERY]
    lines.append(json.dumps({"missed": EVERY, "why": f"failed: tweet {OWN[0]}, {OWN[1]}"}))
    (follows / "log.jsonl").write_text("\n".join([*lines, lines[0][:25]]))


def export(lived: Lived) -> None:
    """Export each result in each way, and the whole store."""
    out = lived.out
    for name, query in queries().items():
        result = lived.run(query, max_age=timedelta(days=30))
        result.to_parquet(out / f"{name}.parquet")
        result.to_csv(out / f"{name}.csv")
        result.to_dataset(out / "sets" / name)
    result.to_parquet(out / "history.parquet", history=False)
    ek.tidy_store(lived.store, out / "tidy", progress=False)
    ek.tidy_store(lived.store, out / "history", history=True, progress=False)
