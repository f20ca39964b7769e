from __future__ import annotations

import gzip
import json
import re
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asking import Keys, ask_in_process
from cases import HERE, Answer, Case, Facts, MissingFact, load_cases
from filling import fill
from judging import judge

from engagement_kit.emulator import Settings, World, WorldClock
from engagement_kit.emulator.service.service import Service

LISTED = {
    "g": {"$own.0": {"favorites": "3"}, "$own.1": {"favorites": "0"}},
    "unavailable_tweet_ids": ["$unavailable.0"],
}


def case(**changes: Any) -> Case:
    """Make a case by hand."""
    plain = Case("a/b", "b", "REF", "documented", False, frozenset(), {}, {}, {})
    return replace(plain, **{"expect": {"status": 200}, **changes})


def answer(root: Any, status: int = 200, *, packed: bool = False, **headers: str) -> Answer:
    """Make an answer by hand."""
    body = json.dumps(root).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if packed:
        return Answer(status, {**names, "content-encoding": "gzip"}, gzip.compress(body))
    return Answer(status, names, body)


def put(value: Any, facts: Facts) -> Any:
    """Put ids into an answer made by hand."""
    text = json.dumps(value)
    for kind in ("own", "unavailable"):
        for place in range(2):
            text = text.replace(f"${kind}.{place}", facts.ids[kind][place])
    return json.loads(text)


def test_enough_distinct_facts(cases: tuple[Case, ...]) -> None:
    """There are more than 150 facts stated by hand, and what a matrix adds counts apart."""
    stated = [case for case in cases if not case.expanded]
    assert len(stated) > 150
    assert len({case.name for case in stated}) == len(stated)
    assert len(cases) >= 220


def test_every_case_can_be_filled(cases: tuple[Case, ...], facts: Facts) -> None:
    """No placeholder stays behind."""
    for one in cases:
        filled = fill(one, facts)
        assert b"$" not in filled.ask.body
        assert "$" not in repr(filled.expect)


@pytest.mark.parametrize("packed", [True, False])
def test_conforming(facts: Facts, packed: bool) -> None:
    """An answer that conforms has no deviations, packed or not."""
    asked = {"ids": ["$own.0", "$own.1", "$unavailable.0"]}
    told = {"status": 200, "lists": {"unavailable_tweet_ids": ["$unavailable.0"]}}
    filled = fill(case(ask=asked, expect=told), facts)
    assert judge(filled, answer(put(LISTED, facts), packed=packed)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"g": {"$own.0": {"favorites": 3}, "$own.1": {"favorites": "0"}}}, "count as text"),
        ({"g": {"$own.0": {"favorites": "03"}, "$own.1": {"favorites": "0"}}}, "count as text"),
        ({"g": {"$own.0": {"favorites": "-3"}, "$own.1": {"favorites": "0"}}}, "count as text"),
        ({"g": {"$own.0": {"favorites": None}, "$own.1": {"favorites": "0"}}}, "count as text"),
        ({"g": {"$own.0": {"favorites": "3"}}}, "g has the keys"),
        ({"g": {"$own.0": {"favorites": "3"}, "$own.1": {}}}, "has the keys []"),
        ({"g": {"$own.0": {"favorites": "3"}, "$own.1": "0"}}, "instead of an object"),
        ({"g": {"$own.0": {"retweets": "3"}, "$own.1": {"favorites": "0"}}}, "['retweets']"),
        ({"g": []}, "instead of an object"),
        ({"unavailable_tweet_ids": []}, "unavailable_tweet_ids is []"),
        ({"unavailable_tweet_ids": ["$unavailable.0", "$unavailable.0"]}, "unavailable_tweet_ids"),
        ({"unavailable_tweet_ids": "$unavailable.0"}, "unavailable_tweet_ids is"),
        ({"errors": ["1 Tweet ID(s) are unavailable"]}, "root keys"),
        ({"start": "2024-05-01T00:00:00Z"}, "root keys"),
    ],
)
def test_deviations_are_found(facts: Facts, change: dict[str, Any], said: str) -> None:
    """Each single fault of a good answer is told."""
    asked = {"ids": ["$own.0", "$own.1", "$unavailable.0"]}
    told = {"status": 200, "lists": {"unavailable_tweet_ids": ["$unavailable.0"]}}
    filled = fill(case(ask=asked, expect=told), facts)
    deviations = judge(filled, answer(put({**LISTED, **change}, facts)))
    assert len(deviations) == 1
    assert said in deviations[0]


@pytest.mark.parametrize(
    ("errors", "expected", "conforms"),
    [
        (["emulator: no"], "ours", True),
        (["no"], "ours", False),
        ([], "ours", False),
        ([{"message": "emulator: no"}], "ours", False),
        ("emulator: no", "ours", False),
        (["a"], ["a"], True),
        (["a", "a"], ["a"], False),
        (["ab"], ["~a."], True),
        (["abc"], ["~a."], False),
        (["Your account could not be authenticated. Reason: emulator: x"], "unauthenticated", True),
        (["Your account could not be authenticated. Reason: x"], "unauthenticated", False),
        (["emulator: x"], "unauthenticated", False),
        (["whatever"], "any", True),
        (None, "any", False),
    ],
)
def test_errors(facts: Facts, errors: Any, expected: Any, conforms: bool) -> None:
    """Texts are compared word by word, by pattern, or by their beginning."""
    filled = fill(case(expect={"status": 400, "errors": expected}), facts)
    root = {} if errors is None else {"errors": errors}
    assert (judge(filled, answer(root, 400)) == []) is conforms


def test_elsewhere_texts_need_not_be_ours(facts: Facts) -> None:
    """On another host an undocumented text may be any text."""
    filled = fill(case(expect={"status": 400}), replace(facts, ours=False))
    assert judge(filled, answer({"errors": ["Bad request"]}, 400)) == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (answer({"errors": ["x"]}, 500), "status 500 instead of 200, ['x']"),
        (Answer(502, {}, b"<html>"), "status 502 instead of 200"),
        (Answer(200, {}, b"<html>"), "the body is not JSON"),
        (Answer(200, {"content-encoding": "gzip"}, b"{}"), "the body is not JSON"),
        (Answer(200, {"content-encoding": "gzip"}, gzip.compress(b"{}", mtime=0)[:-9]), "not JSON"),
        (Answer(200, {}, b"[]"), "not a JSON object"),
    ],
)
def test_no_answer_at_all(facts: Facts, sent: Answer, said: str) -> None:
    """Another status, HTML and broken gzip are deviations, not faults of the judge."""
    assert said in " ".join(judge(fill(case(), facts), sent))


def test_headers(facts: Facts) -> None:
    """Headers are compared in any case; None means absent."""
    told = {"status": 404, "headers": {"X-A": "~[0-9]+", "X-B": None, "X-C": "1"}}
    filled = fill(case(expect=told), facts)
    root = {"errors": ["emulator: x"]}
    assert judge(filled, answer(root, 404, x_a="12", x_c="1")) == []
    assert len(judge(filled, answer(root, 404, x_a="1a", x_b="", x_c="2"))) == 3


def test_days_and_hours_are_those_of_the_window(facts: Facts) -> None:
    """Under a day stand its hours in the window alone, and nothing else will do."""
    asked = {
        "endpoint": "historical",
        "start": "2024-04-10T23:00:00Z",
        "end": "2024-04-11T01:00:00Z",
        "by": ["engagement.day", "engagement.hour"],
    }
    told = {"status": 200, "window": [asked["start"], asked["end"]]}
    filled = fill(case(ask=asked, expect=told), facts)
    root = {name: asked[name] for name in ("start", "end")}
    good = {"2024-04-10": {"23": "1"}, "2024-04-11": {"00": "1"}}
    assert judge(filled, answer({**root, "g": good})) == []
    for bad in (
        {"2024-04-10": {"23": "1"}},
        {"2024-04-10": {"23": "1", "00": "0"}, "2024-04-11": {"00": "1"}},
        {"2024-04-10": {"23": "1"}, "2024-04-11": {"0": "1"}},
    ):
        assert len(judge(filled, answer({**root, "g": bad}))) == 1
    late = {**root, "end": "2024-04-11T02:00:00Z", "g": good}
    assert judge(filled, answer(late)) == [
        "end is '2024-04-11T02:00:00Z' instead of '2024-04-11T01:00:00Z'"
    ]


def test_counts(facts: Facts) -> None:
    """Known values, positive sums and groupings that agree are compared."""
    asked = {"ids": ["$own.0"], "groupings": {"a": ["tweet.id"], "b": ["engagement.type"]}}
    told = {"status": 200, "agree": True, "values": {"a/*": "2"}, "positive": ["b/*"]}
    filled = fill(case(ask=asked, expect=told), facts)
    own = facts.ids["own"][0]
    assert judge(filled, answer({"a": {own: "2"}, "b": {"favorites": "2"}})) == []
    found = judge(filled, answer({"a": {own: "1"}, "b": {"favorites": "0"}}))
    assert len(found) == 3


def test_placeholders(facts: Facts) -> None:
    """Moments are counted from the place's time, and missing ids are told."""
    asked = {"endpoint": "historical", "start": "$next-28d", "end": "$today:date"}
    body = json.loads(fill(case(ask=asked), facts).ask.body)
    assert (body["start"], body["end"]) == ("2024-04-03T13:00:00Z", "2024-05-01")
    with pytest.raises(MissingFact, match="needs 1000 of the ids 'own'"):
        fill(case(ask={"ids": ["$own.0-999"]}), facts)


@pytest.mark.parametrize(
    "entry",
    [
        "{name: a, source: REF, certain: documented, expect: {}}",
        "{name: a, source: REF, certain: assumed, expect: {status: 200}}",
        "{name: a, source: hearsay, certain: documented, expect: {status: 200}}",
        "{name: a, source: REF, certain: documented, expect: {status: 200, bodi: 1}}",
        "{name: a, source: REF, certain: documented, needs: [x], expect: {status: 200}}",
        "{name: a, source: REF, certain: documented}",
        "{name: a, source: REF, certain: maybe, expect: {status: 200}}",
        (
            "{name: a, source: REF, certain: documented, ask: {endpoint: 28h}, "
            "expect: {status: 200}}"
        ),
    ],
)
def test_bad_entries_are_refused(tmp_path: Path, entry: str) -> None:
    """A misspelt word in a case is an error, not a case that checks nothing."""
    (tmp_path / "x.yaml").write_text(f"- {entry}\n")
    with pytest.raises(ValueError, match="x, 'a'"):
        load_cases(tmp_path)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        ({"ids": ["$owns.0"]}, "no such kind of id"),
        ({"endpoint": "historical", "start": "$tody"}, "means nothing"),
        ({"endpoint": "historical", "start": "$today-3d:dat"}, "means nothing"),
    ],
)
def test_bad_placeholders_are_refused(facts: Facts, ask: dict[str, Any], text: str) -> None:
    """A misspelt placeholder is an error, not a text that is sent."""
    with pytest.raises(ValueError, match=text):
        fill(case(ask=ask), facts)


def test_the_example_of_the_readme(tmp_path: Path, facts: Facts, keys: Keys) -> None:
    """The entry that the README shows can be pasted, and holds."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    entry = re.search(r"^    - name: .*?(?=\n\n)", text, re.DOTALL | re.MULTILINE)
    assert entry is not None
    (tmp_path / "x.yaml").write_text(textwrap.dedent(entry[0]))
    (one,) = load_cases(tmp_path)
    service = Service(World(), WorldClock(frozen=facts.now), Settings())
    filled = fill(one, facts)
    told = ask_in_process(service.respond, filled.ask, keys, time.time())
    assert judge(filled, told) == []


def test_equal_names_are_refused(tmp_path: Path) -> None:
    """Two cases of one name in one file are an error."""
    entry = "- {name: a, source: REF, certain: documented, expect: {status: 200}}\n"
    (tmp_path / "x.yaml").write_text(entry * 2)
    with pytest.raises(ValueError, match="two cases are named"):
        load_cases(tmp_path)
