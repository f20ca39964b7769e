"""Other people's HTTP and OAuth libraries, written as for the real service but for the host."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
from oauthlib.oauth1 import Client
from requests_oauthlib import OAuth1

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock

Question = dict[str, Any]
Keys = dict[str, str]
Send = Callable[[str, Question, Keys], tuple[int, bytes]]  # status, unpacked body
Program = Callable[[dict[str, Any]], dict[str, Any]]

# As it was before the shared fixture hides the proxies, which npm may need.
OUTSIDE = dict(os.environ)
SCRIPT = Path(__file__).parent / "clients" / "client.cjs"
PACKAGE = "oauth-1.0a@2.2.6"
# Not ASCII: a length counted in characters, or a hash of other bytes, would come to light.
NAME = "größer ≥ 1"
PUBLIC = ["favorites", "retweets", "replies", "quote_tweets", "video_views"]
WINDOWED = ["impressions", "engagements", "favorites", "url_clicks"]
BY_TWEET = ["tweet.id", "engagement.type"]
BY_HOUR = [*BY_TWEET, "engagement.day", "engagement.hour"]
OLDER = datetime(2024, 4, 20, tzinfo=UTC)
PERIODS = {
    "28hr": (datetime(2024, 4, 30, 8, tzinfo=UTC), datetime(2024, 5, 1, 13, tzinfo=UTC)),
    "historical": (datetime(2024, 4, 18, 6, tzinfo=UTC), datetime(2024, 4, 25, 18, tzinfo=UTC)),
}
ENDPOINTS = ["totals", *PERIODS]
SIGNERS = ["requests", "urllib", "javascript fetch", "javascript http", "perl"]
STREAMERS = [f"{name} chunked" for name in SIGNERS]

# Perl's own modules know no OAuth: this follows the steps of RFC 5849 by hand.
PERL_MODULES = ("Digest::SHA", "HTTP::Tiny", "IO::Uncompress::Gunzip", "JSON::PP")
PERL = r"""
use strict; use warnings;
use Digest::SHA qw(hmac_sha1_base64); use HTTP::Tiny; use JSON::PP;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);

my $job = decode_json(join '', <STDIN>);
sub enc { my $text = shift; $text =~ s/([^A-Za-z0-9\-._~])/sprintf '%%%02X', ord $1/ge; $text }

my %oauth = (
    oauth_consumer_key => $job->{consumer_key}, oauth_timestamp => time, oauth_version => '1.0',
    oauth_nonce => join('', map { int rand 10 } 1 .. 24), oauth_signature_method => 'HMAC-SHA1',
);
$oauth{oauth_token} = $job->{token} if exists $job->{token};
my $fields = join '&', map { "$_=" . enc($oauth{$_}) } sort keys %oauth;
my $base = join '&', map { enc($_) } 'POST', $job->{url}, $fields;
my $key = enc($job->{consumer_secret}) . '&' . enc($job->{token_secret} // '');
$oauth{oauth_signature} = hmac_sha1_base64($base, $key) . '=';    # the module leaves padding out
my %headers = (
    'Authorization' => 'OAuth ' . join(',', map { "$_=\"" . enc($oauth{$_}) . '"' } keys %oauth),
    'Accept-Encoding' => 'gzip', 'Content-Type' => 'application/json',
);
my $body = encode_json($job->{question});
my @pieces = $body =~ /.{1,7}/sg;
my $content = $job->{chunked} ? sub { shift @pieces } : $body;
my $answer = HTTP::Tiny->new->post($job->{url}, { headers => \%headers, content => $content });
my $text = $answer->{content};
gunzip(\$answer->{content} => \$text) or die $GunzipError
    if ($answer->{headers}{'content-encoding'} // '') eq 'gzip';
print encode_json({ status => 0 + $answer->{status}, text => $text });
"""


def run(command: list[str], sent: str, **options: Any) -> bytes:
    """Run a program to its end and return what it wrote."""
    done = subprocess.run(
        command, input=sent.encode(), capture_output=True, timeout=60, check=False, **options
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def pieces(body: bytes) -> Iterator[bytes]:
    """Cut a body into parts, which makes a client send chunks."""
    yield from (body[at : at + 7] for at in range(0, len(body), 7))


def by_requests(
    url: str, question: Question, keys: Keys, *, chunked: bool = False
) -> tuple[int, bytes]:
    """Send as most Python programs do; requests asks for gzip by itself."""
    auth = OAuth1(
        keys["consumer_key"], keys["consumer_secret"], keys.get("token"), keys.get("token_secret")
    )
    sent: dict[str, Any] = {"json": question}
    if chunked:
        body = pieces(json.dumps(question, ensure_ascii=False).encode())
        sent = {"data": body, "headers": {"Content-Type": "application/json"}}
    response = requests.post(url, auth=auth, timeout=10, **sent)
    return response.status_code, response.content


def by_urllib(
    url: str,
    question: Question,
    keys: Keys,
    *,
    chunked: bool = False,
    changed: Question | None = None,
) -> tuple[int, bytes]:
    """Sign the body's hash too, and send by the standard library; `changed` is sent instead."""
    client = Client(
        keys["consumer_key"],
        client_secret=keys["consumer_secret"],
        resource_owner_key=keys.get("token"),
        resource_owner_secret=keys.get("token_secret"),
    )
    body = json.dumps(question, ensure_ascii=False)
    url, headers, body = client.sign(url, "POST", body, {"Content-Type": "application/json"})
    assert "oauth_body_hash=" in headers["Authorization"]
    sent = (json.dumps(changed) if changed else body).encode()
    data: bytes | Iterable[bytes] = pieces(sent) if chunked else sent
    # urllib's default is "identity", and it unpacks nothing.
    request = urllib.request.Request(url, data, {**headers, "Accept-Encoding": "gzip"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, unpacked(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, unpacked(refused)


def unpacked(response: Any) -> bytes:
    """Unpack what urllib received."""
    body: bytes = response.read()
    return gzip.decompress(body) if response.headers["Content-Encoding"] == "gzip" else body


PYTHON = {"requests": by_requests, "urllib": by_urllib}


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Install an independent signer, and return a way to run the JavaScript client with it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("needs node and npm")
    version = run([node, "--version"], "").decode().strip()
    if int(version.lstrip("v").partition(".")[0]) < 18:
        pytest.skip(f"needs node 18 for fetch; this is {version}")
    folder = tmp_path_factory.mktemp("npm")
    quiet = ("--no-audit", "--no-fund", "--silent", "--ignore-scripts")
    # Without a network it should give up at once.
    patience = ("--prefer-offline", "--fetch-retries=0")
    command = [npm, "install", "--prefix", str(folder), *quiet, *patience, PACKAGE]
    try:
        done = subprocess.run(
            command, cwd=folder, env=OUTSIDE, capture_output=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install {PACKAGE} within a minute")
    if done.returncode:
        pytest.skip(f"npm could not install {PACKAGE}: exit status {done.returncode}")

    def _run(job: dict[str, Any]) -> dict[str, Any]:
        environment = {**os.environ, "NODE_PATH": str(folder / "node_modules")}
        return json.loads(run([node, str(SCRIPT)], json.dumps(job), env=environment))

    return _run


@pytest.fixture(scope="session")
def perl() -> Program:
    """Return a way to run the Perl client."""
    program = shutil.which("perl")
    if not program:
        pytest.skip("needs perl")
    probe = [program, *(f"-M{name}" for name in PERL_MODULES), "-e", "1"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip(f"needs Perl's core modules {', '.join(PERL_MODULES)}")
    return lambda job: json.loads(run([program, "-e", PERL], json.dumps(job)))


@pytest.fixture(params=SIGNERS)
def send(request: pytest.FixtureRequest) -> Send:
    """Return each client that signs, as one function."""
    name, *words = request.param.split()
    chunked = "chunked" in words
    if name in PYTHON:
        return lambda *job: PYTHON[name](*job, chunked=chunked)
    program, way = request.getfixturevalue(name), words[0] if words else ""

    def _send(url: str, question: Question, keys: Keys) -> tuple[int, bytes]:
        job = {"url": url, "question": question, "way": way, "chunked": chunked, **keys}
        answer = program(job)
        return answer["status"], answer["text"].encode()

    return _send


@pytest.fixture(scope="module")
def emulator(world: World, now: datetime) -> Iterator[Emulator]:
    """Run one emulator for all clients."""
    with Emulator(world, WorldClock(frozen=now)) as running:
        yield running


def keys_of(world: World, *, user: bool) -> Keys:
    """Return the keys of the first account, or of the app alone."""
    app, owner = world.app, world.accounts[0]
    keys = {"consumer_key": app.consumer_key, "consumer_secret": app.consumer_secret}
    tokens = {"token": owner.access_token, "token_secret": owner.access_token_secret}
    return {**keys, **tokens} if user else keys


def ask(emulator: Emulator, endpoint: str) -> Question:
    """Make a good request about new and older tweets: public metrics, or hours."""
    world, now = emulator.world, emulator.clock.now()
    levels = BY_TWEET if endpoint == "totals" else BY_HOUR
    question = {
        "tweet_ids": world.sample_ids("acme", 3, now) + world.sample_ids("acme", 3, OLDER),
        "engagement_types": PUBLIC if endpoint == "totals" else WINDOWED,
        "groupings": {NAME: {"group_by": levels}},
    }
    if endpoint == "historical":
        question["start"], question["end"] = (f"{t:%FT%TZ}" for t in PERIODS[endpoint])
    return question


def truth(emulator: Emulator, endpoint: str) -> dict[str, Any]:
    """Write the answer by hand from the world's true counts."""
    question, world, now = ask(emulator, endpoint), emulator.world, emulator.clock.now()
    ids, metrics = question["tweet_ids"], question["engagement_types"]
    leaves: dict[str, Any] = {}
    if endpoint == "totals":
        for tweet_id, counts in zip(ids, world.lifetime(ids, metrics, now), strict=True):
            leaves[tweet_id] = dict(zip(metrics, map(str, counts), strict=True))
        return {NAME: leaves}
    start, end = PERIODS[endpoint]
    for tweet_id, metric, hour, value in world.truth(ids, metrics, start, end, now).values:
        days = leaves.setdefault(tweet_id, {}).setdefault(metric, {})
        days.setdefault(f"{hour:%F}", {})[f"{hour:%H}"] = str(value)
    return {"start": f"{start:%FT%TZ}", "end": f"{end:%FT%TZ}", NAME: leaves}


def check(emulator: Emulator, endpoint: str, body: bytes, credential: str) -> None:
    """Compare an answer with the truth, as JSON and as a table, and see who the caller was."""
    expected = truth(emulator, endpoint)
    assert json.loads(body) == expected
    table = ek.tidy(body, endpoint=endpoint)
    pd.testing.assert_frame_equal(table, ek.tidy(expected, endpoint=endpoint))
    assert table["value"].sum() > 0
    assert emulator.log[-1].credential == credential
    assert emulator.log[-1].endpoint == endpoint


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_user_context(emulator: Emulator, send: Send, endpoint: str) -> None:
    """Every client that signs with a user's token gets the same table, from every endpoint."""
    keys = keys_of(emulator.world, user=True)
    status, body = send(f"{emulator.base_url}/{endpoint}", ask(emulator, endpoint), keys)
    assert status == 200, body
    check(emulator, endpoint, body, "user")


def test_consumer_only(emulator: Emulator, send: Send) -> None:
    """Every client that signs with key and secret alone gets the same public metrics."""
    keys = keys_of(emulator.world, user=False)
    status, body = send(emulator.base_url + "/totals", ask(emulator, "totals"), keys)
    assert status == 200, body
    check(emulator, "totals", body, "app")


@pytest.mark.parametrize("send", STREAMERS, indirect=True)
def test_chunked_body(emulator: Emulator, send: Send) -> None:
    """A request body of unknown length, sent in chunks, gets the same table."""
    keys = keys_of(emulator.world, user=True)
    status, body = send(emulator.base_url + "/historical", ask(emulator, "historical"), keys)
    assert status == 200, body
    check(emulator, "historical", body, "user")


def test_wrong_secret(emulator: Emulator, send: Send) -> None:
    """Every client is refused with a readable 401 when it signs with a wrong secret."""
    keys = {**keys_of(emulator.world, user=True), "token_secret": "wrong"}
    status, body = send(emulator.base_url + "/totals", ask(emulator, "totals"), keys)
    assert status == 401
    assert "signature does not match" in json.loads(body)["errors"][0]


def test_body_changed_after_signing(emulator: Emulator) -> None:
    """A body other than the one whose hash was signed is refused."""
    url, keys = emulator.base_url + "/totals", keys_of(emulator.world, user=True)
    question = ask(emulator, "totals")
    fewer = {**question, "tweet_ids": question["tweet_ids"][:1]}
    status, body = by_urllib(url, question, keys, changed=fewer)
    assert status == 401
    assert "oauth_body_hash" in json.loads(body)["errors"][0]


@pytest.mark.parametrize(
    "chunks",
    [(), ("--header", "Transfer-Encoding: chunked")],
    ids=["whole", "chunked"],
)
def test_curl_with_bearer(emulator: Emulator, chunks: tuple[str, ...]) -> None:
    """A command line with curl and a bearer token gets the same public metrics."""
    curl = shutil.which("curl")
    if not curl:
        pytest.skip("needs curl")
    headers = (
        f"Authorization: Bearer {emulator.world.app.bearer_token}",
        "Content-Type: application/json",
    )
    options = [word for header in headers for word in ("--header", header)]
    # --disable: without the settings of whoever runs the tests.
    quiet = ("--disable", "--silent", "--show-error", "--fail", "--compressed")
    url = emulator.base_url + "/totals"
    command = [curl, *quiet, *options, *chunks, "--data-binary", "@-", url]
    body = run(command, json.dumps(ask(emulator, "totals"), ensure_ascii=False))
    check(emulator, "totals", body, "app")


@pytest.mark.parametrize(
    ("more", "credential"),
    [({"body_hash": True}, "user"), ({"token": "", "token_secret": ""}, "app")],
    ids=["body hash", "empty token"],
)
def test_javascript_variants(
    emulator: Emulator, javascript: Program, more: dict[str, Any], credential: str
) -> None:
    """A signed body hash is verified; a token that is there but empty means consumer only."""
    job = {"url": emulator.base_url + "/totals", "question": ask(emulator, "totals")}
    answer = javascript({**job, "way": "fetch", **keys_of(emulator.world, user=True), **more})
    assert answer["status"] == 200, answer["text"]
    check(emulator, "totals", answer["text"].encode(), credential)


LIVE = "https://data-api.twitter.com/insights/engagement/totals"
LOCAL = "http://127.0.0.1:8080/insights/engagement/28hr"
TOKEN = {"token": "12345-token-example", "token_secret": "ts-example-klmnopqrst"}
HASHED = {
    "body_hash": True,
    "body": '{"tweet_ids":["1060976163948904448"],"engagement_types":["impressions"],'
    '"groupings":{"g":{"group_by":["tweet.id","engagement.type"]}}}',
}


@pytest.mark.parametrize(
    ("url", "more", "signature"),
    [
        (LIVE, TOKEN, "zAQYZvgdDEXLWHuOVTAXymeC7V8="),
        (LIVE, {}, "3xc8mSOUV/ffBJpgmsI7a4Na7ZA="),
        (LIVE, {**TOKEN, **HASHED}, "6UjouBw7V/wI2szsrWnssUhyFqo="),
        (LOCAL, TOKEN, "nT0hVvM7W8eSgvZVDlVmXBLTdTw="),
    ],
    ids=["token", "consumer only", "body hash", "port"],
)
def test_javascript_signs_the_test_vectors(
    javascript: Program, url: str, more: dict[str, Any], signature: str
) -> None:
    """The JavaScript package signs four vectors, whose signatures are known, alike."""
    job = {
        "way": "sign",
        "url": url,
        "consumer_key": "ck-example-0123456789",
        "consumer_secret": "cs-example-abcdefghij",
        "nonce": "exampleNonce0123456789",
        "timestamp": 1700000000,
    }
    assert javascript({**job, **more})["oauth_signature"] == signature
