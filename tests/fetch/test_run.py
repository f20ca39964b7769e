"""A run: each request ends in one way, every answer is kept, and waiting is somebody else's."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engagement_kit import errors
from engagement_kit.answers.store import Store
from engagement_kit.fetch.run import Doors, Fetched, Step, fetch
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.request import Request

HTML = Reply(502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>")
ODD = Reply(400, {}, b'{"errors":["we do not like this one"]}')
LIMIT = Reply(429, {}, b'{"errors":["Rate Limit"]}')
CUT = Reply(200, {}, b'{"g": cut')
BROKEN = errors.ConnectionBroken("no answer")


def asking(*tweets: str) -> Request:
    """Ask for the favorites of some tweets."""
    groupings = (("g", ("tweet.id", "engagement.type")),)
    return Request("s", "totals", "app", None, tweets, ("favorites",), groupings)


def good(request: Request, *, count: str = "1") -> Reply:
    """Answer all that is asked."""
    return Reply(
        200, {}, json.dumps({"g": {t: {"favorites": count} for t in request.tweet_ids}}).encode()
    )


def forbidding(*tweets: str) -> Reply:
    """Refuse a batch because of some tweets."""
    return Reply(
        403,
        {},
        json.dumps({"errors": ["Forbidden to access tweets: " + ", ".join(tweets)]}).encode(),
    )


Word = Reply | BaseException


class Fake:
    """A transport that answers by rule; it notes what was sent."""

    def __init__(self, rule: Callable[[Request, int], Word]) -> None:
        self.rule = rule
        self.seen: list[Request] = []
        self.lock = threading.Lock()

    def send(self, request: Request) -> Reply:
        """Answer: the rule is given the request and how often it was sent."""
        with self.lock:
            self.seen.append(request)
            count = self.seen.count(request)
        word = self.rule(request, count)
        if isinstance(word, BaseException):
            raise word
        return word


def by_script(*words: Word | None) -> Fake:
    """Answer the n-th sending by the n-th word, the last word for ever; None: a good answer."""
    left: Iterator[Word | None] = iter(words)
    last: list[Word | None] = [None]

    def rule(request: Request, _count: int) -> Word:
        last[0] = next(left, last[0])
        return good(request) if last[0] is None else last[0]

    return Fake(rule)


class Outside:
    """A world outside whose clock goes on by a second at each look, and whose sleep is instant."""

    def __init__(self, transport: Fake, folder: Path) -> None:
        self.transport, self.store = transport, Store(folder)
        self.waits: list[float] = []
        self.steps: list[Step] = []
        self._moment = datetime(2026, 6, 1, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Tell a new moment."""
        with self._lock:
            self._moment += timedelta(seconds=1)
            return self._moment

    def fetch(self, *requests: Request, threads: int = 1, **options: Any) -> Fetched:
        """Run."""
        doors = Doors(
            transport=self.transport,
            store=self.store,
            now=self.now,
            sleep=lambda _stop, seconds: self.waits.append(seconds),
            unix_now=lambda: 0.0,
            chance=lambda: 0.5,
        )
        options.setdefault("on_step", self.steps.append)
        return fetch(iter(requests), doors, total=len(requests), threads=threads, **options)

    def kept(self) -> Counter[int]:
        """Count the stored answers by status."""
        refs = [one.name.removesuffix(".zst") for one in self.store.folder.rglob("*.zst")]
        return Counter(self.store.load(ref).status for ref in refs)

    def counts(self, fetched: Fetched) -> dict[str, str]:
        """Read the counts out of the answers that serve."""
        found: dict[str, str] = {}
        for ref in fetched.refs:
            body = json.loads(self.store.load(ref).body)
            found |= {tweet: one["favorites"] for tweet, one in body.get("g", {}).items()}
        return found


@pytest.mark.parametrize(
    ("words", "status", "error", "sent"),
    [
        ([None], [], None, 1),
        ([HTML, HTML, None], [], None, 3),
        ([HTML], ["failed"], errors.ServerFault, 5),
        ([LIMIT, None], [], None, 2),
        ([LIMIT], ["failed"], errors.RateLimited, 5),
        ([CUT, None], [], None, 2),
        ([CUT], ["failed"], errors.UnreadableAnswer, 5),
        ([BROKEN, BROKEN, None], [], None, 3),
        ([BROKEN], ["failed"], errors.ConnectionBroken, 5),
        ([ODD], ["refused"], errors.RequestRefused, 1),
        ([forbidding("20", "21")], [], None, 1),
        ([Reply(403, {}, b'{"errors":["Forbidden to access metrics: x"]}')], ["refused"],
         errors.ForbiddenMetrics, 1),
    ],
)  # fmt: skip
def test_each_request_ends_in_one_way(
    tmp_path: Path, words: list[Any], status: list[str], error: Any, sent: int
) -> None:
    """Faults are tried again and refusals are not; one step, one end; every reply is stored."""
    outside = Outside(by_script(*words), tmp_path)
    request = asking("20", "21")
    fetched = outside.fetch(request)
    assert [one.status for one in fetched.failures] == status
    assert [type(one.error) for one in fetched.failures] == ([error] if error else [])
    assert all(one.request == request for one in fetched.failures)
    assert fetched.sent == sent
    assert fetched.retries == len(outside.waits) == sent - 1
    assert fetched.waited == sum(outside.waits)
    assert len(outside.steps) == 1
    replies = [word for word in (*words, *[words[-1]] * sent)[:sent] if word is not BROKEN]
    assert outside.kept().total() == len(replies)
    assert not list(tmp_path.rglob("*.part"))


def test_a_batch_with_foreign_tweets_is_asked_again_and_its_rows_are_kept(tmp_path: Path) -> None:
    """Another client threw the second answer away: here it serves, and so does the refusal."""
    outside = Outside(by_script(forbidding("21"), None), tmp_path)
    fetched = outside.fetch(asking("20", "21", "22"))
    assert [one.tweet_ids for one in outside.transport.seen] == [("20", "21", "22"), ("20", "22")]
    assert outside.counts(fetched) == {"20": "1", "22": "1"}
    first, second = (outside.store.load(ref) for ref in fetched.refs)
    assert (first.outcome, first.named, second.outcome) == ("refused", ("21",), "answered")
    assert not fetched.failures
    assert [one.kind for one in outside.steps] == ["refused"]
    assert "Forbidden to access tweets: 21" in outside.steps[0].text


def test_foreign_tweets_may_be_named_one_after_the_other(tmp_path: Path) -> None:
    """Each refusal shortens the batch; when nobody is left nothing more is asked."""
    outside = Outside(by_script(forbidding("20"), forbidding("22"), forbidding("21")), tmp_path)
    fetched = outside.fetch(asking("20", "21", "22"))
    assert [len(one.tweet_ids) for one in outside.transport.seen] == [3, 2, 1]
    assert len(fetched.refs) == 3
    assert not fetched.failures


def test_a_refusal_that_names_nobody_is_no_endless_loop(tmp_path: Path) -> None:
    """Forbidden, but no tweet of ours is named: refused as a whole, once."""
    outside = Outside(by_script(forbidding("99")), tmp_path)
    fetched = outside.fetch(asking("20", "21"))
    assert [one.status for one in fetched.failures] == ["refused"]
    assert fetched.sent == 1


def test_the_rest_of_a_refused_batch_can_fail_by_itself(tmp_path: Path) -> None:
    """The refused tweets keep their fate; the failure names the others only."""
    outside = Outside(by_script(forbidding("21"), ODD), tmp_path)
    fetched = outside.fetch(asking("20", "21"))
    assert len(fetched.refs) == 1
    assert [one.request.tweet_ids for one in fetched.failures] == [("20",)]


def test_the_rest_of_an_answer_that_only_lists_is_asked(tmp_path: Path) -> None:
    """A 400 that lists one unavailable tweet speaks of it alone."""
    body = b'{"errors":["1 Tweet ID(s) are unavailable"],"unavailable_tweet_ids":["21"]}'
    outside = Outside(by_script(Reply(400, {}, body), None), tmp_path)
    fetched = outside.fetch(asking("20", "21"))
    assert outside.counts(fetched) == {"20": "1"}
    assert [outside.store.load(ref).named for ref in fetched.refs] == [("21",), ()]
    assert [one.kind for one in outside.steps] == ["answered"]


def test_the_answer_to_a_retry_is_kept(tmp_path: Path) -> None:
    """Another client lost what came after a rate limit: the counts of the second try serve."""
    outside = Outside(by_script(LIMIT, None), tmp_path)
    fetched = outside.fetch(asking("20"))
    assert outside.counts(fetched) == {"20": "1"}
    assert outside.kept() == {429: 1, 200: 1}
    assert outside.waits == [30.5]


def test_one_bad_request_does_not_stop_the_others(tmp_path: Path) -> None:
    """A 500 for ever on one of ten: failed, reported with its request; nine are answered."""
    bad = asking("24")
    outside = Outside(Fake(lambda one, _: HTML if one == bad else good(one)), tmp_path)
    fetched = outside.fetch(*(asking(str(20 + n)) for n in range(10)), threads=3)
    (failure,) = fetched.failures
    assert failure.request == bad
    assert failure.ref is not None
    assert outside.store.load(failure.ref).body == HTML.body
    assert sorted(outside.counts(fetched)) == [str(20 + n) for n in range(10) if n != 4]
    assert Counter(one.kind for one in outside.steps) == {"answered": 9, "failed": 1}
    assert [one.done for one in outside.steps] == list(range(1, 11))


def test_a_broken_answer_is_in_the_raw_store_and_covers_nothing(tmp_path: Path) -> None:
    """What can't be read is kept byte for byte, and will be asked anew."""
    outside = Outside(by_script(CUT), tmp_path)
    fetched = outside.fetch(asking("20"))
    kept = fetched.failures[0].ref
    assert kept is not None
    assert outside.store.load(kept).body == CUT.body
    assert outside.kept() == {200: 5}
    assert outside.store.known() == ()


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, errors.AuthenticationFailed), (404, errors.WrongAddress), (406, errors.GzipRequired)],
)
def test_what_all_would_meet_stops_the_run_at_once(
    tmp_path: Path, status: int, error: type[errors.ApiError]
) -> None:
    """A 401 at the third of fifty: the run raises it, makes no other call, keeps what came."""
    words = [None, None, Reply(status, {}, b'{"errors":["no"]}')]
    outside = Outside(by_script(*words), tmp_path)
    with pytest.raises(error):
        outside.fetch(*(asking(str(20 + n)) for n in range(50)))
    assert len(outside.transport.seen) == 3
    assert outside.kept() == {200: 2, status: 1}
    assert not outside.waits


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("where", ["send", "store"])
def test_an_unforeseen_error_never_hangs(tmp_path: Path, where: str, threads: int) -> None:
    """A fault of our own, or a full disk, reaches the caller; few other calls are made."""
    outside = Outside(by_script(RuntimeError("a bug") if where == "send" else None), tmp_path)
    if where == "store":
        (tmp_path / "answers").write_text("a file where a folder should be")
    expected = RuntimeError if where == "send" else errors.StoreError
    with pytest.raises(expected):
        outside.fetch(*(asking(str(20 + n)) for n in range(100)), threads=threads)
    assert len(outside.transport.seen) <= 3 * threads


@pytest.mark.parametrize("threads", [1, 4])
def test_an_interrupt_stops_promptly(tmp_path: Path, threads: int) -> None:
    """Ctrl-C after the first step: what is under way ends and is kept, nothing else is sent."""
    outside = Outside(by_script(None), tmp_path)

    def interrupt(_step: Step) -> None:
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        outside.fetch(
            *(asking(str(20 + n)) for n in range(500)), threads=threads, on_step=interrupt
        )
    assert len(outside.transport.seen) <= 3 * threads
    assert outside.kept() == {200: len(outside.transport.seen)}
    assert set(threading.enumerate()) <= before


def test_a_stopped_run_ends_its_waits(tmp_path: Path) -> None:
    """Who waits for the limit wakes up when the run is stopped, and does not ask again."""
    asleep = threading.Event()
    outside = Outside(by_script(LIMIT), tmp_path)

    def sleep(stop: threading.Event, _seconds: float) -> None:
        asleep.set()
        assert stop.wait(30), "the sleeper was not woken"

    doors = Doors(outside.transport, outside.store, outside.now, sleep, lambda: 0.0, lambda: 0.0)
    stopper = RuntimeError("no request could be made")

    def stopping() -> Iterator[Request]:
        yield asking("20")
        assert asleep.wait(30)
        raise stopper

    with pytest.raises(RuntimeError) as caught:
        fetch(stopping(), doors, total=2, threads=2)
    assert caught.value is stopper
    assert len(outside.transport.seen) == 1


def test_threads_change_nothing(tmp_path: Path) -> None:
    """One thread or eight: the same counts, the same failures, in the order of the requests."""

    def rule(request: Request, count: int) -> Word:
        kind = int(request.tweet_ids[0]) % 5
        if kind == 1:
            return ODD
        if kind == 2 and count == 1:
            return HTML
        if kind == 3 and len(request.tweet_ids) == 2:
            return forbidding(request.tweet_ids[1])
        return good(request, count=request.tweet_ids[0])

    found = []
    for threads in (1, 8):
        outside = Outside(Fake(rule), tmp_path / str(threads))
        fetched = outside.fetch(
            *(asking(str(100 + n), str(900 + n)) for n in range(40)), threads=threads
        )
        keys = [outside.store.load(ref).request.key for ref in fetched.refs]
        lost = [(one.request.key, one.status) for one in fetched.failures]
        numbers = (fetched.sent, fetched.retries, fetched.waited)
        found.append((keys, lost, numbers, outside.counts(fetched)))
    assert found[0] == found[1]
    assert len(found[0][0]) == 40 - 8 + 8


class Minutes:
    """A service that answers one call a minute, with a clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.served: set[int] = set()
        self.lock = threading.Lock()

    def rule(self, request: Request, _count: int) -> Word:
        """Answer the first call of each minute."""
        with self.lock:
            minute = int(self.time // 60)
            if minute in self.served:
                reset = {"x-per-minute-remaining": "0", "x-per-minute-reset": str(60 * minute + 60)}
                return Reply(429, reset, LIMIT.body)
            self.served.add(minute)
        return good(request)

    def sleep(self, _stop: threading.Event, seconds: float) -> None:
        """Move the clock on."""
        with self.lock:
            self.time += seconds


def test_a_small_contract_is_enough_for_many_threads(tmp_path: Path) -> None:
    """One call a minute for thirty requests in eight threads: nobody gives up, few calls are lost.

    If all came back at each reset, seven of eight would lose, and some five times in a row.
    """
    service = Minutes()
    outside = Outside(Fake(service.rule), tmp_path)
    doors = Doors(
        outside.transport, outside.store, outside.now, service.sleep,
        unix_now=lambda: service.time, chance=lambda: 0.0,
    )  # fmt: skip
    requests = [asking(str(20 + n)) for n in range(30)]
    fetched = fetch(requests, doors, total=30, threads=8)
    assert not fetched.failures
    assert len(fetched.refs) == 30
    assert fetched.sent <= 30 + 7 + 2 * 30


def test_no_request_is_no_work(tmp_path: Path) -> None:
    """An empty plan sends nothing and ends."""
    outside = Outside(by_script(None), tmp_path)
    assert outside.fetch() == Fetched()


def test_the_plan_is_read_as_it_goes(tmp_path: Path) -> None:
    """Requests are taken one by one while answers come, so that a long plan needs no memory."""
    taken: list[int] = []

    def many() -> Iterable[Request]:
        for n in range(100):
            taken.append(n)
            yield asking(str(20 + n))

    outside = Outside(by_script(None), tmp_path)
    ahead: list[int] = []

    def look(step: Step) -> None:
        ahead.append(len(taken) - step.done)

    doors = Doors(outside.transport, outside.store, outside.now)
    fetch(many(), doors, total=100, threads=2, on_step=look)
    assert max(ahead) <= 4
