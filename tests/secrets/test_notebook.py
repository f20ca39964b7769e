"""A notebook that is handed on: `%xmode Verbose`, loud logs, outputs and state of widgets."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from faulty import faulty
from nbclient import NotebookClient
from planted import Planted, recent_tweet
from searched import Search

from engagement_kit.emulator import Emulator

# jupyter_client opens sockets of its own and leaves closing them to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LOUD = """
%xmode Verbose
import http.client, logging, os, pickle, signal, threading
interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)
soon = lambda: threading.Timer(0.5, interrupt).start()
logging.basicConfig(level=1, force=True)
logging.getLogger("oauthlib").setLevel(1)
http.client.HTTPConnection.debuglevel = 1
import engagement_kit as ek
from engagement_kit.client.login import Walk
from engagement_kit.fetch.keys.login import Login, bearer_token
"""
# Each cell fails, so that its traceback is shown with all locals.
FAILING = [
    "client = ek.connect(base_url=WRONG)\nclient",
    "client.run(ek.Query('totals', [RECENT], ['impressions']))",
    "client.try_keys('20')",
    "client.connection.transport.send(5)",
    "pickle.dumps(client.connection.credentials)",
    "vars(client.connection), dir(client.connection.credentials), 1 / 0",
    "ek.connect(base_url=WRONG, account='12')",
    "ek.connect(base_url=WRONG, bearer_token=open('key with a blank').read())",
    "beside(WRONG)\nwalk = Walk(base_url=WRONG)\nwalk.begin()",
    "ek.login(base_url=WRONG, ask_text=lambda words: '1')",
    # Ctrl-C while the service is silent.
    "silent = ek.connect(base_url=SILENT)\nsoon()\nsilent.try_keys('20')",
    "beside(SILENT)\nwalk = Walk(base_url=SILENT)\nsoon()\nwalk.begin()",
    "client.close()\nclient.run(ek.Query('totals', [RECENT], ['impressions']))",
]
BESIDE = "def beside(url): __import__('os').environ['ENGAGEMENT_KIT_BASE_URL'] = url"
FAILED = [
    "AuthenticationFailed", "AttributeError", "TypeError", "ZeroDivisionError",
    "CredentialsMissing", "QueryError", "AppKeysRefused", "AppKeysRefused",
    "KeyboardInterrupt", "KeyboardInterrupt", "EngagementError",
]  # fmt: skip
FORMS = [
    "form = ek.ConnectForm()\nform._to.value = 'live'\nform.connect()\nform",
    "form.test_call().wait(20)\nprint(form)\nform.client",
    "ek.RequestForm(form.client)",
    "form.client.connection.credentials",
]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]) -> None:
    """Let the kernel keep its own files where they are searched."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(folders["temporary"] / name))
    monkeypatch.delenv("MPLBACKEND")


def run(cells: list[str], keys: Planted, folders: dict[str, Path]) -> tuple[bytes, list[str]]:
    """Run cells to the end; give the saved notebook with the widgets' state, and what failed."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    where = {"metadata": {"path": str(folders["work"])}}
    client = NotebookClient(
        book, timeout=60, kernel_name="python3", resources=where, allow_errors=True,
        store_widget_state=True,
    )  # fmt: skip
    client.execute()
    saved = folders["work"] / "handed on.ipynb"
    nbformat.write(book, saved)
    assert Search(keys.parts()).files(*folders.values()) == {}
    failed = [
        str(output["ename"])
        for cell in book.cells
        for output in cell.outputs
        if output["output_type"] == "error"
    ]
    return saved.read_bytes(), failed


@pytest.mark.usefixtures("variables")
def test_tracebacks_with_all_locals_show_no_key(
    monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Every way to fail that a notebook has; the saved file, the kernel's own files, the logs."""
    keys = Planted.of("notebook", odd=True)
    for name, value in keys.environment().items():
        monkeypatch.setenv(name, value)
    (folders["work"] / "key with a blank").write_text("two words")
    with faulty("401 with errors") as service, faulty("hangs") as silent:
        urls = f"WRONG, SILENT, RECENT = '{service.url}/x', '{silent.url}/x', '{recent_tweet()}'"
        saved, failed = run(
            [
                LOUD + urls,
                BESIDE,
                *FAILING,
            ],
            keys,
            folders,
        )
    assert failed == FAILED
    # The control: locals are shown, and logs are loud.
    assert b"base_url = " in saved or b"base_url=" in saved
    assert b"DEBUG:urllib3" in saved
    assert Search(keys.parts()).packed(saved) == set()


@pytest.mark.usefixtures("variables")
def test_forms_and_the_state_of_their_widgets_show_no_key(
    monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Connected to a live address with keys that are right, tried, and saved with the notebook."""
    with Emulator() as emulator:
        environment = emulator.environment()
        keys = Planted.of_environment(environment)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        saved, failed = run([LOUD, *FORMS], keys, folders)
    assert failed == []
    state = json.loads(saved)["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]
    words = json.dumps(state)
    assert "account acme" in words or "Account " in words
    assert "the environment" in words
    assert Search(keys.parts()).packed(saved) == set()
