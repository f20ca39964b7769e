"""A run: each request ends in one way, every answer is kept, and waiting is somebody else's."""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engagement_kit import errors
from engagement_kit.answers.store import Store
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.doors import Doors, Orders
from engagement_kit.fetch.gate import Gate
from engagement_kit.fetch.run import fetch
from engagement_kit.fetch.steps import Fetched, Step
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.request import Request

HTML = Reply(502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>")
ODD = Reply(400, {}, b'{"errors":["we do not like this one"]}')
LIMIT = Reply(429, {}, b'{"errors":["Rate Limit"]}')
CUT = Reply(200, {}, b'{"g": cut')
BROKEN = errors.ConnectionBroken("no answer")
NO_NETWORK = errors.ConnectionBroken("no network", reached=False)


def asking(*tweets: str) -> Request:
    """Ask for the favorites of some tweets."""
    groupings = (CARRIERS["lifetime"], CHECKS["lifetime"])
    return Request("s", "totals", "app", None, tweets, ("favorites",), groupings)


def good(request: Request, *, count: str = "1") -> Reply:
    """Answer all that is asked."""
    return Reply(
        200,
        {},
        json.dumps({"by tweet": {t: {"favorites": count} for t in request.tweet_ids}}).encode(),
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
    """A world outside: each look at the clock takes a second, and sleep is instant."""

    def __init__(self, transport: Fake, folder: Path) -> None:
        self.transport, self.store = transport, Store(folder)
        self.waits: list[float] = []
        self.steps: list[Step] = []
        self.time = 0.0
        self.gate = Gate()
        self._moment = datetime(2026, 6, 1, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Tell a new moment."""
        with self._lock:
            self._moment += timedelta(seconds=1)
            return self._moment

    def sleep(self, _stop: threading.Event, seconds: float) -> None:
        """Note a wait, and let time pass."""
        with self._lock:
            self.waits.append(seconds)
            self.time += seconds

    def doors(self, **others: Any) -> Doors:
        """Give the doors to this world."""
        usual: dict[str, Any] = {
            "transport": self.transport,
            "store": self.store,
            "now": self.now,
            "sleep": self.sleep,
            "unix_now": lambda: 1_800_000_000.0 + self.time,
            "monotonic": lambda: self.time,
            "chance": lambda: 0.5,
            "gate": self.gate,
        }
        return Doors(**{**usual, **others})

    def fetch(self, *requests: Request, threads: int = 1, **options: Any) -> Fetched:
        """Run."""
        orders = Orders(len(requests), threads, options.pop("since", None), options.pop("extra", 0))
        options.setdefault("on_step", self.steps.append)
        return fetch(iter(requests), self.doors(), orders, **options)

    def ends(self) -> list[Step]:
        """Give the steps with which requests ended."""
        return [one for one in self.steps if one.is_end]

    def kept(self) -> Counter[int]:
        """Count the stored answers by status."""
        refs = [one.name.removesuffix(".zst") for one in self.store.folder.rglob("*.zst")]
        return Counter(self.store.load(ref).status for ref in refs)

    def counts(self, fetched: Fetched) -> dict[str, str]:
        """Read the counts out of the answers that serve."""
        found: dict[str, str] = {}
        for ref in fetched.refs:
            body = json.loads(self.store.load(ref).body)
            found |= {tweet: one["favorites"] for tweet, one in body.get("by tweet", {}).items()}
        return found


@pytest.mark.parametrize(
    ("words", "status", "error", "sent"),
    [
        ([None], [], None, 1),
        ([HTML, HTML, None], [], None, 3),
        ([HTML], ["failed"], errors.ServerFault, 5),
        ([LIMIT, None], [], None, 2),
        ([LIMIT], ["failed"], errors.RateLimited, 20),
        ([CUT, None], [], None, 2),
        ([CUT], ["failed"], errors.UnreadableAnswer, 5),
        ([BROKEN, BROKEN, None], [], None, 3),
        ([BROKEN], ["failed"], errors.ConnectionBroken, 10),
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
    rounds = 2 if words == [BROKEN] else 1  # it may have been the network: once more at the end
    assert fetched.retries == sent - 1
    assert len(outside.waits) == sent - rounds
    assert fetched.waited == pytest.approx(sum(outside.waits))
    assert len(outside.ends()) == fetched.ended == 1
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
    assert [one.kind for one in outside.ends()] == ["refused"]
    assert "Forbidden to access tweets: 21" in outside.ends()[0].text


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
    assert [one.kind for one in outside.ends()] == ["answered"]


def test_the_answer_to_a_retry_is_kept(tmp_path: Path) -> None:
    """Another client lost what came after a rate limit: the counts of the second try serve."""
    outside = Outside(by_script(LIMIT, None), tmp_path)
    fetched = outside.fetch(asking("20"))
    assert outside.counts(fetched) == {"20": "1"}
    assert outside.kept() == {429: 1, 200: 1}
    assert outside.waits == [30.0]
    assert fetched.limited == 1


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
    assert Counter(one.kind for one in outside.ends()) == {"answered": 9, "failed": 1}
    assert [one.done for one in outside.ends()] == list(range(1, 11))


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
def test_an_interrupt_stops_at_once(tmp_path: Path, threads: int) -> None:
    """Ctrl-C ends the run while calls hang; their answers are kept when they come after all."""
    hanging, go_on = threading.Event(), threading.Event()

    def rule(request: Request, _count: int) -> Word:
        if len(outside.transport.seen) > 1:
            hanging.set()
            assert go_on.wait(30)
        return good(request)

    def interrupt(_step: Step) -> None:
        assert hanging.wait(30)
        raise KeyboardInterrupt

    outside = Outside(Fake(rule), tmp_path)
    fetched = Fetched()
    with pytest.raises(KeyboardInterrupt):
        outside.fetch(
            *(asking(str(20 + n)) for n in range(500)),
            threads=threads,
            on_step=interrupt,
            into=fetched,
        )
    assert fetched.stopped == "interrupted"
    assert len(fetched.refs) == 1
    assert fetched.given_up == fetched.sent - 1 > 0
    go_on.set()
    for one in threading.enumerate():
        if one.name.startswith("engagement-kit"):
            one.join(30)
    assert len(outside.transport.seen) <= threads + 1
    assert outside.kept() == {200: len(outside.transport.seen)}


def test_a_run_that_is_stopped_by_hand_tells_what_came(tmp_path: Path) -> None:
    """Stop from another thread: the run returns what is there, and says that it ended early."""
    control = Control()
    outside = Outside(by_script(None), tmp_path)

    def stop_at_five(step: Step) -> None:
        outside.steps.append(step)
        if step.done == 5:
            control.stop()

    fetched = outside.fetch(
        *(asking(str(20 + n)) for n in range(500)), control=control, on_step=stop_at_five
    )
    assert 5 <= fetched.ended < 500
    assert fetched.stopped == "stopped by hand"
    assert outside.steps[-1].kind == "stopped"


def test_a_paused_run_sends_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    """Pause holds every thread before its next call; the steps say so; resume goes on."""
    control = Control()
    control.pause()
    outside = Outside(by_script(None), tmp_path)

    def resume_soon(step: Step) -> None:
        outside.steps.append(step)
        if step.kind == "paused":
            assert not outside.transport.seen
            control.resume()

    fetched = outside.fetch(*(asking(str(20 + n)) for n in range(9)), threads=3, control=control,
                            on_step=resume_soon)  # fmt: skip
    assert [one.kind for one in outside.steps][:2] == ["paused", "resumed"]
    assert fetched.ended == 9
    assert not control.stopped


def test_a_stopped_run_ends_its_waits(tmp_path: Path) -> None:
    """Who waits for the limit wakes up when the run is stopped, and does not ask again."""
    asleep = threading.Event()
    outside = Outside(by_script(LIMIT), tmp_path)

    def sleep(stop: threading.Event, _seconds: float) -> None:
        asleep.set()
        assert stop.wait(30), "the sleeper was not woken"

    stopper = RuntimeError("no request could be made")

    def stopping() -> Iterator[Request]:
        yield asking("20")
        assert asleep.wait(30)
        raise stopper

    with pytest.raises(RuntimeError) as caught:
        fetch(stopping(), outside.doors(sleep=sleep), Orders(2, threads=2))
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
        numbers = (fetched.sent, fetched.retries, fetched.ended)
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
    doors = outside.doors(
        sleep=service.sleep,
        unix_now=lambda: service.time,
        monotonic=lambda: service.time,
    )
    requests = [asking(str(20 + n)) for n in range(30)]
    fetched = fetch(requests, doors, Orders(30, threads=8))
    assert not fetched.failures
    assert len(fetched.refs) == 30
    assert fetched.sent <= 30 + 7 + 2 * 30


def test_no_request_is_no_work(tmp_path: Path) -> None:
    """An empty plan sends nothing and ends."""
    outside = Outside(by_script(None), tmp_path)
    assert outside.fetch() == Fetched()


def test_the_plan_is_read_as_it_goes(tmp_path: Path) -> None:
    """Requests are taken one by one while answers come, so that a long plan needs no memory."""
    outside = Outside(by_script(None), tmp_path)
    ahead: list[int] = []

    def many() -> Iterable[Request]:
        for n in range(100):
            ahead.append(n - len(outside.transport.seen))
            yield asking(str(20 + n))

    fetch(many(), outside.doors(), Orders(100, threads=2))
    assert max(ahead) <= 2
    assert len(outside.transport.seen) == 100


def poisoned(bad: str, word: Word) -> Fake:
    """Answer all batches but those with one tweet in them."""
    return Fake(lambda one, _: word if bad in one.tweet_ids else good(one))


@pytest.mark.parametrize("word", [HTML, ODD, CUT, forbidding()])
@pytest.mark.parametrize("at", [0, 9, 24])
def test_a_tweet_that_sinks_its_batch_is_found(tmp_path: Path, word: Word, at: int) -> None:
    """Where an error names nobody the batch is cut in halves: 24 of 25 tweets keep their rows."""
    ids = [str(100 + n) for n in range(25)]
    outside = Outside(poisoned(ids[at], word), tmp_path)
    fetched = outside.fetch(asking(*ids), extra=50)
    assert set(outside.counts(fetched)) == set(ids) - {ids[at]}
    lost = {one.request.tweet_ids for one in fetched.failures}
    assert lost == {(ids[at],)}
    assert fetched.split <= 2 * 5
    assert [one.kind for one in outside.steps if one.kind == "split"]


def test_finding_bad_tweets_keeps_to_its_budget(tmp_path: Path) -> None:
    """With four requests to spare two cuts are made, and what is not found is reported whole."""
    ids = [str(100 + n) for n in range(24)]
    outside = Outside(poisoned(ids[0], ODD), tmp_path)
    fetched = outside.fetch(asking(*ids), extra=4)
    assert fetched.split == 4
    assert fetched.sent == 1 + 4
    assert [len(one.request.tweet_ids) for one in fetched.failures] == [6]
    assert len(outside.counts(fetched)) == 18


def test_where_all_is_refused_little_is_spent_on_halves(tmp_path: Path) -> None:
    """A refusal that all batches meet is no single tweet's fault."""
    outside = Outside(by_script(ODD), tmp_path)
    batches = [asking(*(str(100 * k + n) for n in range(100, 125))) for k in range(1, 41)]
    fetched = outside.fetch(*batches, extra=400)
    assert fetched.split == 16
    assert sum(len(one.request.tweet_ids) for one in fetched.failures) == 40 * 25


def test_sums_over_tweets_are_not_cut_in_halves(tmp_path: Path) -> None:
    """What does not count each tweet can't be put together again."""
    request = Request("s", "totals", "app", None, ("20", "21"), ("favorites",),
                      (("g", ("engagement.type",)),))  # fmt: skip
    outside = Outside(by_script(ODD), tmp_path)
    assert outside.fetch(request, extra=50).sent == 1


def test_a_network_that_comes_back_costs_nothing(tmp_path: Path) -> None:
    """Asleep, and no network for ten minutes: all wait, one at a time looks, nothing is lost."""
    outside = Outside(by_script(None), tmp_path)

    def rule(request: Request, _count: int) -> Word:
        gone = len(outside.transport.seen) > 20 and outside.time < 600
        return NO_NETWORK if gone else good(request)

    outside.transport = Fake(rule)
    fetched = outside.fetch(*(asking(str(50 + n)) for n in range(200)), threads=1)
    assert not fetched.failures
    assert len(fetched.refs) == 200
    assert fetched.retries < 30


def test_an_outage_without_end_ends_the_run(tmp_path: Path) -> None:
    """After half an hour without any answer the run ends, and leaves the rest for another time."""
    outside = Outside(by_script(*[None] * 5, BROKEN), tmp_path)
    fetched = outside.fetch(*(asking(str(20 + n)) for n in range(1000)))
    assert fetched.ended < 10
    assert "was down for long" in fetched.stopped
    assert 1_800 <= outside.time < 2_400
    assert outside.steps[-1].kind == "stopped"


@pytest.mark.parametrize("bad", [1, 2, 3, 4])
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("first", [True, False])
def test_bad_batches_are_no_outage(tmp_path: Path, bad: int, threads: int, first: bool) -> None:
    """The service hangs up on a tweet of each of some batches: each is found, in minutes."""
    batches = [[str(1000 * k + n) for n in range(25)] for k in range(1, 7)]
    poison = {one[3] for one in (batches[:bad] if first else batches[-bad:])}
    outside = Outside(
        Fake(lambda one, _: BROKEN if poison & set(one.tweet_ids) else good(one)), tmp_path
    )
    fetched = outside.fetch(*(asking(*one) for one in batches), threads=threads, extra=100)
    assert {one.request.tweet_ids for one in fetched.failures} == {(one,) for one in poison}
    assert not fetched.stopped
    assert fetched.ended == 6
    assert set(outside.counts(fetched)) == {one for ids in batches for one in ids} - poison
    if threads == 1:  # with more, each sleeper moves this clock
        assert outside.time < 900


def test_bad_batches_that_hang_come_to_an_end(tmp_path: Path) -> None:
    """Each call to them takes two minutes: the patience for an outage is not for what is left."""
    poison = {"120", "220", "320"}

    def rule(request: Request, _count: int) -> Word:
        bad = poison & set(request.tweet_ids)
        outside.time += 120 if bad else 0
        return BROKEN if bad else good(request)

    outside = Outside(Fake(rule), tmp_path)
    batches = [[str(100 * k + n) for n in range(20, 24)] for k in range(1, 6)]
    fetched = outside.fetch(*(asking(*one) for one in batches), extra=50)
    assert {one.request.tweet_ids for one in fetched.failures} == {(one,) for one in poison}
    assert (fetched.ended, fetched.stopped) == (5, "")


def test_a_bad_batch_alone_is_no_outage(tmp_path: Path) -> None:
    """The next run asks the bad ones again, and nothing else: they fail, and the run ends."""
    outside = Outside(by_script(BROKEN), tmp_path)
    fetched = outside.fetch(*(asking(str(20 + n)) for n in range(3)), extra=50)
    assert [one.status for one in fetched.failures] == ["failed"] * 3
    assert (fetched.ended, fetched.stopped) == (3, "")


@pytest.mark.parametrize("left", [1, 2, 3, 20])
def test_a_network_that_is_gone_fails_no_request(tmp_path: Path, left: int) -> None:
    """Without a connection nothing is said of a request: the run ends unfinished, none failed."""
    outside = Outside(by_script(*[None] * 5, NO_NETWORK), tmp_path)
    fetched = outside.fetch(*(asking(str(20 + n), "7") for n in range(5 + left)), extra=50)
    assert (fetched.ended, fetched.failures, fetched.split) == (5, [], 0)
    assert "was down for long" in fetched.stopped
    assert 1_800 <= outside.time < 2_400
    outside.transport = by_script(None)
    again = outside.fetch(asking("20"))  # the next run has the patience for it anew
    assert (again.ended, again.stopped) == (1, "")


@pytest.mark.parametrize("threads", [1, 4])
def test_an_outage_in_a_small_run_fails_nothing(tmp_path: Path, threads: int) -> None:
    """From the fourth of twenty on the service hangs up on all: unfinished, not failed."""
    outside = Outside(by_script(*[None] * 3, BROKEN), tmp_path)
    fetched = outside.fetch(
        *(asking(str(20 + n), "7") for n in range(20)), threads=threads, extra=50
    )
    assert "was down for long" in fetched.stopped
    assert (fetched.ended, fetched.failures, fetched.split) == (3, [], 0)


def test_a_service_that_is_down_ends_the_run_too(tmp_path: Path) -> None:
    """503 for half an hour: few requests failed, the rest is left for another time."""
    outside = Outside(by_script(*[None] * 5, HTML), tmp_path)
    fetched = outside.fetch(*(asking(str(20 + n)) for n in range(1000)))
    assert fetched.ended < 20
    assert "was down for long: HTTP 502" in fetched.stopped
    assert 1_800 <= outside.time < 2_400


def test_the_rest_of_a_refused_batch_is_tried_as_often_as_a_batch(tmp_path: Path) -> None:
    """Four faults in a row are no end; only halves, asked to find a culprit, get fewer tries."""
    outside = Outside(by_script(forbidding("21"), HTML, HTML, HTML, HTML, None), tmp_path)
    fetched = outside.fetch(asking("20", "21", "22"))
    assert not fetched.failures
    assert outside.counts(fetched) == {"20": "1", "22": "1"}


@pytest.mark.parametrize("threads", [1, 4])
def test_no_call_is_made_beyond_the_budget(tmp_path: Path, threads: int) -> None:
    """Whatever calls for more, tries again or the rest of a batch, the run ends at its bound."""
    ids = [str(100 + n) for n in range(40)]

    def rule(request: Request, count: int) -> Word:
        if "120" in request.tweet_ids and len(request.tweet_ids) > 1:
            return forbidding("120")
        return HTML if count == 1 else good(request)

    outside = Outside(Fake(rule), tmp_path)
    orders = Orders(20, threads, most=15)
    requests = [asking(*ids[at : at + 2]) for at in range(0, 40, 2)]
    fetched = fetch(requests, outside.doors(), orders, on_step=outside.steps.append)
    assert fetched.sent == len(outside.transport.seen) == 15
    assert fetched.stopped == "the budget of 15 requests is spent"
    assert fetched.ended < 20
    assert outside.steps[-1].kind == "stopped"
    assert outside.kept().total() == 15  # also those that were under way


@pytest.mark.parametrize("word", [BROKEN, HTML])
def test_counted_calls_go_first_to_what_can_be_answered(tmp_path: Path, word: Word) -> None:
    """One bad request in front of three good ones, and four calls: three answers."""
    outside = Outside(poisoned("20", word), tmp_path)
    orders = Orders(4, 1, most=4)
    fetched = fetch([asking(str(20 + n)) for n in range(4)], outside.doors(), orders)
    assert set(outside.counts(fetched)) == {"21", "22", "23"}
    assert fetched.sent == 4


def test_an_interrupt_leaves_the_control_alone(tmp_path: Path) -> None:
    """Ctrl-C ends one run; only `stop` stops the control that was given to it."""
    control = Control()

    def interrupt(_step: Step) -> None:
        raise KeyboardInterrupt

    outside = Outside(by_script(None), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        outside.fetch(asking("20"), asking("21"), control=control, on_step=interrupt)
    assert not control.stopped
    assert outside.fetch(asking("20"), control=control).ended == 1


def test_a_stop_at_the_last_step_stops_nothing(tmp_path: Path) -> None:
    """All is done: the run did not end early."""
    control = Control()
    outside = Outside(by_script(None), tmp_path)
    fetched = outside.fetch(asking("20"), control=control, on_step=lambda _: control.stop())
    assert (fetched.ended, fetched.stopped) == (1, "")


def test_a_wait_that_is_cut_short_counts_as_long_as_it_was(tmp_path: Path) -> None:
    """Told to wait for half a minute and stopped after five seconds: five were waited."""
    control = Control()
    outside = Outside(by_script(LIMIT), tmp_path)

    def sleep(_stop: threading.Event, _seconds: float) -> None:
        outside.time += 5
        control.stop()

    orders = Orders(1, 1)
    fetched = fetch([asking("20")], outside.doors(sleep=sleep), orders, control=control)
    assert fetched.waited == 5


def test_a_service_that_never_answers_is_an_error_soon(tmp_path: Path) -> None:
    """A wrong address: after a minute or two the error is raised, not at the end of the plan."""
    outside = Outside(by_script(BROKEN), tmp_path)
    with pytest.raises(errors.ConnectionBroken):
        outside.fetch(*(asking(str(20 + n)) for n in range(1000)))
    assert outside.time < 300


def test_that_nobody_gets_through_is_said_once_as_it_begins(tmp_path: Path) -> None:
    """With the reason and for how long it is tried; and again in the next outage."""
    away = errors.ConnectionBroken("no answer from x: no network.\nadvice", reached=False)
    outside = Outside(by_script(away, away, away, None, away, None), tmp_path)
    outside.fetch(*(asking(str(20 + n)) for n in range(5)), threads=1)
    said = [one.text for one in outside.steps if one.kind == "no_answer"]
    words = "no answer from x: no network. It is tried again for about"
    assert said == [f"{words} 1.5 minutes", f"{words} 30.5 minutes"]
    first = next(at for at, one in enumerate(outside.steps) if one.kind == "no_answer")
    assert not any(one.is_end for one in outside.steps[:first])


def test_waits_are_said_in_words_with_their_end(tmp_path: Path) -> None:
    """Which limit, how long, until when, and when all will be done."""
    headers = {"x-per-minute-limit": "2", "x-per-minute-remaining": "1",
               "x-per-minute-reset": "1800000060"}  # fmt: skip
    rule = Fake(lambda one, _: Reply(200, headers, good(one).body))
    outside = Outside(rule, tmp_path)
    outside.fetch(*(asking(str(20 + n)) for n in range(10)))
    waits = [one for one in outside.steps if one.kind == "waiting"]
    assert re.fullmatch(r"limit 2/min: next in \d+ s, done about \d\d:\d\d UTC", waits[0].text)
    assert waits[0].until is not None
    assert waits[0].until > datetime.fromtimestamp(1_800_000_000, UTC)


def test_a_long_wait_right_after_a_short_one_is_said(tmp_path: Path) -> None:
    """A second's rest after a fault does not hide the half minute of a limit without a name."""
    outside = Outside(by_script(BROKEN, BROKEN, LIMIT, None), tmp_path)
    outside.fetch(asking("20"))
    first, second = [one.text for one in outside.steps if one.kind == "waiting"]
    assert "no answer" in first
    assert second == "rate limit: next in 30 s"


def test_what_another_process_answered_is_found(tmp_path: Path) -> None:
    """Answers that came since the plan was made serve; older ones of the same request don't."""
    outside = Outside(by_script(None), tmp_path)
    outside.fetch(asking("20"), asking("21"))
    since = outside.now()
    other = Outside(by_script(None), tmp_path)
    other._moment = since
    other.fetch(asking("21"), asking("22"))
    fetched = outside.fetch(asking("20"), asking("21"), asking("22"), since=since)
    assert [one.kind for one in outside.ends()[2:]] == ["answered", "found", "found"]
    assert (fetched.sent, fetched.found) == (1, 2)
    assert set(outside.counts(fetched)) == {"20", "21", "22"}


def test_a_damaged_answer_is_not_taken_for_one(tmp_path: Path) -> None:
    """A flip far behind its first line: set aside, and asked again."""
    padding = {"pad": random.Random(0).randbytes(200_000).hex()}  # noqa: S311
    body = json.dumps({"by tweet": {"20": {"favorites": "1"}}, **padding}).encode()
    outside = Outside(by_script(Reply(200, {}, body)), tmp_path)
    since = outside.now()
    first = outside.fetch(asking("20"), since=since)
    assert outside.fetch(asking("20"), since=since).found == 1
    (file,) = tmp_path.glob("answers/*/*.zst")
    content = bytearray(file.read_bytes())
    content[-5000] ^= 1
    file.write_bytes(bytes(content))
    again = outside.fetch(asking("20"), since=since)
    assert (again.found, again.sent) == (0, 1)
    assert outside.counts(again) == {"20": "1"}
    assert again.refs != first.refs
    assert len(list((tmp_path / "damaged").iterdir())) == 1


def test_what_another_process_is_asking_is_left_to_it(tmp_path: Path) -> None:
    """A claimed request is put aside; it is asked when the claim is gone and nothing came."""
    outside = Outside(by_script(None), tmp_path)
    claim = outside.store.claim(asking("20").key)
    assert claim is not None

    def sleep(stop: threading.Event, seconds: float) -> None:
        outside.sleep(stop, seconds)
        if len(outside.waits) == 3:
            claim.release()

    doors, orders = outside.doors(sleep=sleep), Orders(2, threads=1)
    fetched = fetch([asking("20"), asking("21")], doors, orders, on_step=outside.steps.append)
    assert [one.text for one in outside.steps if one.kind == "waiting"] == [
        "another run is asking this just now"
    ]
    assert [one.tweet_ids for one in outside.transport.seen] == [("21",), ("20",)]
    assert len(fetched.refs) == 2


def test_parts_of_a_batch_are_not_asked_twice(tmp_path: Path) -> None:
    """A run that was cut off while it cut a batch in halves goes on with the halves left."""
    ids = [str(100 + n) for n in range(8)]
    outside = Outside(poisoned(ids[6], ODD), tmp_path)
    since = outside.now()
    first = outside.fetch(asking(*ids), extra=50, since=since)
    answered = [one for one in outside.transport.seen if ids[6] not in one.tweet_ids]
    outside.transport = poisoned(ids[6], ODD)
    again = outside.fetch(asking(*ids), extra=50, since=since)
    assert not set(outside.transport.seen) & set(answered)
    assert again.refs == first.refs
    assert [one.request.tweet_ids for one in again.failures] == [(ids[6],)]
    assert again.sent == 1
