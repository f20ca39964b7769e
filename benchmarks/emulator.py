"""How fast the emulator answers, and how much memory it takes, each against a floor.

Run it with ``make bench``. Goals: a full hourly answer in under 0.5 s on one core, 250 totals in
under 15 ms, 200 small signed requests a second, memory flat for 100,000 tweets.
"""

from __future__ import annotations

import gzip
import http.client
import json
import multiprocessing
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from oauthlib.oauth1 import Client

from engagement_kit.emulator import Emulator, World, WorldClock

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROUNDS = 7
PATH = "/insights/engagement/"
SMALL_REQUESTS = 2000
CONNECTIONS = 8
HOURLY = ["tweet.id", "engagement.type", "engagement.day", "engagement.hour"]
WINDOWED = (
    *("impressions", "engagements", "favorites", "retweets", "replies", "video_views"),
    *("media_views", "media_engagements", "url_clicks", "hashtag_clicks", "detail_expands"),
    *("permalink_clicks", "app_opens", "user_follows", "user_profile_clicks"),
)
PUBLIC = ("favorites", "retweets", "replies", "quote_tweets", "video_views")


def asked(ids: list[str], metrics: tuple[str, ...], levels: list[str], **members: str) -> bytes:
    """Write a request."""
    groupings = {"g": {"group_by": levels}}
    body = {"tweet_ids": ids, "engagement_types": list(metrics), "groupings": groupings}
    return json.dumps({**body, **members}).encode()


def signed(emulator: Emulator, endpoint: str) -> dict[str, str]:
    """Sign a request as the first account."""
    app, owner = emulator.world.app, emulator.world.accounts[0]
    keys = Client(
        app.consumer_key, app.consumer_secret, owner.access_token, owner.access_token_secret
    )
    _, headers, _ = keys.sign(f"{emulator.url}{PATH}{endpoint}", "POST")
    return {
        "Host": urlsplit(emulator.url).netloc,
        "Accept-Encoding": "gzip",
        "Content-Type": "application/json",
        "Authorization": headers["Authorization"],
    }


def median_ms(way: Callable[[], object]) -> float:
    """Return the median time of some rounds in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        way()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def answers(emulator: Emulator) -> None:
    """Time the two large answers: as a pure call, over HTTP, and what writing their JSON takes."""
    ids = emulator.world.sample_ids("acme", 250, NOW)
    hourly = asked(
        ids[:25], WINDOWED, HOURLY, start="2026-05-04T12:00:00Z", end="2026-06-01T12:00:00Z"
    )
    totals = asked(ids, ("impressions", "engagements", *PUBLIC), HOURLY[:2])
    for name, endpoint, body in (
        ("full hourly answer, 252,000 counts", "historical", hourly),
        ("250 tweets of /totals, 1,750 counts", "totals", totals),
    ):
        line = http.client.HTTPConnection(urlsplit(emulator.url).netloc)

        def over_http(endpoint: str = endpoint, body: bytes = body, line: Any = line) -> bytes:
            line.request("POST", PATH + endpoint, body, signed(emulator, endpoint))
            return bytes(line.getresponse().read())

        def pure(endpoint: str = endpoint, body: bytes = body) -> bytes:
            return emulator.respond("POST", PATH + endpoint, signed(emulator, endpoint), body).body

        payload = json.loads(gzip.decompress(over_http()))
        floor = median_ms(lambda payload=payload: gzip.compress(json.dumps(payload).encode(), 1))
        alone, wire = median_ms(pure), median_ms(over_http)
        print(
            f"  {name}: {alone:.1f} ms in process, {wire:.1f} ms over HTTP; json.dumps and gzip of "
            f"the same alone {floor:.1f} ms: ratio {alone / floor:.1f}"
        )


def ask_many(netloc: str, path: str, jobs: list[tuple[bytes, dict[str, str]]], out: Any) -> None:
    """Send requests over a few connections at once, and tell how long it took."""
    shares = [jobs[start::CONNECTIONS] for start in range(CONNECTIONS)]

    def work(share: list[tuple[bytes, dict[str, str]]]) -> None:
        line = http.client.HTTPConnection(netloc)
        for body, headers in share:
            line.request("POST", path, body, headers)
            response = line.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(response.status)

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.put(time.perf_counter() - began)


class _Floor(BaseHTTPRequestHandler):
    """Read a request and answer a constant: what the same server does without an emulator."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def a_second(netloc: str, path: str, jobs: list[tuple[bytes, dict[str, str]]]) -> float:
    """Return how many requests a second are answered; the client is a process of its own."""
    spawned = multiprocessing.get_context("spawn")
    out = spawned.Queue()
    client = spawned.Process(target=ask_many, args=(netloc, path, jobs, out))
    client.start()
    seconds = out.get()
    client.join()
    return len(jobs) / float(seconds)


def small_requests(emulator: Emulator) -> None:
    """Count small requests a second, signatures checked, beside a server that answers "{}"."""
    ids = emulator.world.sample_ids("acme", SMALL_REQUESTS, NOW)
    bodies = [asked([one], PUBLIC, HOURLY[:2]) for one in ids]
    floor_server = ThreadingHTTPServer(("127.0.0.1", 0), _Floor)
    threading.Thread(target=floor_server.serve_forever, daemon=True).start()
    rates: list[tuple[float, float]] = []
    for _ in range(3):
        jobs = [(body, signed(emulator, "totals")) for body in bodies]
        ours = a_second(urlsplit(emulator.url).netloc, PATH + "totals", jobs)
        rates.append((ours, a_second(f"127.0.0.1:{floor_server.server_port}", "/", jobs)))
    floor_server.shutdown()
    ours, floor = (statistics.median(column) for column in zip(*rates, strict=True))
    print(
        f"  small signed requests over {CONNECTIONS} connections: {ours:,.0f} a second; the same "
        f'server answering "{{}}": {floor:,.0f}: ratio {ours / floor:.2f}'
    )


def peak_mb(tweets: int, out: Any) -> None:
    """Ask for the totals of so many tweets, and tell the largest memory of this process."""
    emulator = Emulator(World(), WorldClock(frozen=NOW), in_process=True)
    ids = emulator.world.sample_ids("acme", tweets, NOW)
    for start in range(0, tweets, 250):
        body = asked(ids[start : start + 250], PUBLIC, HOURLY[:2])
        response = emulator.respond("POST", PATH + "totals", signed(emulator, "totals"), body)
        if response.status not in {200, 400}:
            raise RuntimeError(response.status)
    unit = 1 if sys.platform == "darwin" else 1024
    out.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def memory() -> None:
    """Tell the peak memory after few tweets and after many, each in a process of its own."""
    spawned = multiprocessing.get_context("spawn")
    peaks = []
    for tweets in (250, 40_000, 100_000):
        out = spawned.Queue()
        child = spawned.Process(target=peak_mb, args=(tweets, out))
        child.start()
        peaks.append((tweets, out.get()))
        child.join()
    print("  peak memory: " + ", ".join(f"{mb:.0f} MB after {n:,} tweets" for n, mb in peaks))


def main() -> None:
    """Measure and print."""
    print(f"The emulator, medians of {ROUNDS} rounds")
    with Emulator(World(), WorldClock(frozen=NOW)) as emulator:
        answers(emulator)
        small_requests(emulator)
    memory()


if __name__ == "__main__":
    main()
