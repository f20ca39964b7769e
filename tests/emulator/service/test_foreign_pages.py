"""A real browser on a page of another origin can neither steer the emulator nor read from it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engagement_kit.emulator import Emulator, Fault, Settings, WorldClock
from engagement_kit.emulator.service import control, guard

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# What a hostile page tries: to read, and to write with every kind of request that a browser
# sends without asking first, and with those for which it asks.
PAGE = """<!doctype html><title>page</title><pre id="told">nothing</pre>
<iframe name="hidden"></iframe>
<form id="form" target="hidden" method="post" enctype="text/plain" action="EMULATOR/emulator/clock">
<input name='{"travel_s": 3600, "x": "' value='"}'></form>
<script>
const told = {};
async function attempt(name, path, options) {
  try {
    const answer = await fetch("EMULATOR" + path, options);
    told[name] = answer.type === "opaque" ? "opaque" : answer.status + " " + await answer.text();
  } catch (problem) { told[name] = "blocked"; }
}
const json = {"Content-Type": "application/json"};
const body = JSON.stringify({travel_s: 3600});
(async () => {
  await attempt("read", "/emulator/accounts", {});
  await attempt("read opaque", "/emulator/accounts", {mode: "no-cors"});
  await attempt("page", "/", {});
  await attempt("page opaque", "/", {mode: "no-cors"});
  await attempt("lines", "/emulator/lines", {method: "POST", headers: json, body: "{}"});
  await attempt("reset", "/emulator/reset", {method: "POST", mode: "no-cors"});
  await attempt("clock as text", "/emulator/clock", {method: "POST", mode: "no-cors", body});
  await attempt("clock as json", "/emulator/clock", {method: "POST", headers: json, body});
  await attempt("faults away", "/emulator/faults", {method: "DELETE"});
  await attempt("api", "/insights/engagement/totals", {method: "POST", headers: json, body: "{}"});
  const plant = {method: "POST", mode: "no-cors", body: JSON.stringify({planted: true})};
  await attempt("plant", "/insights/engagement/totals", plant);
  document.getElementById("form").submit();
  await new Promise(done => setTimeout(done, 500));
  document.getElementById("told").textContent = JSON.stringify(told);
})();
</script>"""


@contextmanager
def serving(page: str) -> Iterator[str]:
    """Serve one page on another port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def told_by(url: str, folder: Path, *options: str) -> dict[str, str]:
    """Open a page in a browser, and return what its script wrote."""
    assert CHROMIUM is not None
    command = [
        *(CHROMIUM, *QUIET, *options),
        *(f"--user-data-dir={folder}", "--virtual-time-budget=10000", "--dump-dom", url),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout
    told: dict[str, str] = json.loads(html.unescape(found[1]))
    return told


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator that believes everybody, with a fault in force."""
    trusting = Settings(credentials="trusted")
    with Emulator(None, WorldClock(frozen=NOW), trusting, faults=[Fault("slow")]) as running:
        yield running


def untouched(emulator: Emulator) -> bool:
    """Tell whether clock and faults are as they were, and the API answered nobody."""
    answered = [record for record in emulator.log if record.status not in {403, 421}]
    return emulator.clock.now() == NOW and len(emulator.faults) == 1 and not answered


def kept(emulator: Emulator) -> list[int]:
    """List the requests of which more than a line of the log is kept."""
    json_type = {"Host": "localhost", "Content-Type": "application/json"}
    assert emulator.log
    return [
        one.number
        for one in emulator.log
        for method, target, body in (
            ("GET", f"/emulator/request?number={one.number}", b""),
            ("POST", "/emulator/lines", json.dumps({"number": one.number}).encode()),
        )
        if emulator.respond(method, target, json_type, body).status != 404
    ]


def test_a_page_of_another_origin(emulator: Emulator, tmp_path: Path) -> None:
    """Whatever it sends, a page of another port reads nothing and changes nothing."""
    with serving(PAGE.replace("EMULATOR", emulator.url)) as url:
        told = told_by(url, tmp_path)
    assert set(told) == {
        *("page", "page opaque", "lines", "plant"),
        *("read", "read opaque", "reset", "clock as text", "clock as json", "faults away", "api"),
    }
    assert set(told.values()) <= {"blocked", "opaque"}, told
    assert told["plant"] == "opaque"  # it came in, and was refused
    assert untouched(emulator)
    assert kept(emulator) == []


def test_a_rebound_name(emulator: Emulator, tmp_path: Path) -> None:
    """A page whose own name was made to lead to this machine reads nothing, for Host tells."""
    port = emulator.url.rpartition(":")[2]
    name = f"http://rebound.example:{port}"
    rule = "--host-resolver-rules=MAP rebound.example 127.0.0.1"
    # The page itself must come from that name and port: the emulator serves none, so another
    # one opens it from its own, and what it can do at best is to look at the refusal.
    with serving(PAGE.replace("EMULATOR", name)) as url:
        told = told_by(url, tmp_path, rule)
    assert set(told.values()) <= {"blocked", "opaque"}, told
    done = subprocess.run(
        [
            *(str(CHROMIUM), *QUIET, rule, f"--user-data-dir={tmp_path}"),
            *("--dump-dom", f"{name}/emulator/accounts"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "answers only to the hosts" in done.stdout
    assert "secret" not in done.stdout
    assert untouched(emulator)


def test_the_attack_is_real(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its guard, and without asking for JSON, the emulator would be steered."""
    monkeypatch.setattr(guard, "refusal", lambda *_: None)
    monkeypatch.setattr(control, "_members", lambda knock: json.loads(knock.body or b"{}"))
    with serving(PAGE.replace("EMULATOR", emulator.url)) as url:
        told_by(url, tmp_path)
    assert emulator.clock.now() > NOW
