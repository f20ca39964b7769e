"""Servers that show notebooks in a browser, each a process with a home of its own."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import requests

START_S = 60.0
STOP_S = 15.0
KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
NO_NEWS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"


def environment(home: Path) -> dict[str, str]:
    """Return what a server or a browser needs, and nothing of whoever runs the tests.

    Neither keys nor proxies get in, and settings and caches stay in `home`.
    """
    folders = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "MPLCONFIGDIR": home / "matplotlib",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    # The kernel is started as `python`: it must be the Python that runs the tests.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "PATH": path, **{name: str(folder) for name, folder in folders.items()}}


class Server:
    """A server of notebooks on loopback, from its start until `stop`.

    Parameters
    ----------
    command
        What starts it, without the address.
    home
        A folder for its settings, caches and log.
    option
        How its options begin that take `ip`, `port` and `port_retries`.
    ready
        The path that answers when it is up.
    """

    token = secrets.token_hex(16)  # others on this machine shall not run code here

    def __init__(self, command: list[str], home: Path, *, option: str, ready: str) -> None:
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._log = home / "server.log"
        address = {"ip": "127.0.0.1", "port": self.url.rpartition(":")[2], "port_retries": "0"}
        options = [f"--{option}.{name}={value}" for name, value in address.items()]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(home),
                cwd=home,
            )
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between us and loopback
        try:
            self._wait_until_it_answers(ready)
        except BaseException:
            self.stop()
            raise

    def _wait_until_it_answers(self, path: str) -> None:
        """Ask until there is an answer; say what the server wrote when there is none."""
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if self._session.get(self.url + path, timeout=5).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)  # the port isn't open yet: nothing else can be waited for
        raise RuntimeError(f"{self._process.args} did not start:\n{self._written()[-4000:]}")

    def _written(self) -> str:
        """Return what the server wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _ask(self, method: str, path: str) -> requests.Response:
        """Ask the server's own interface, as one who knows its token."""
        said = {"Authorization": f"token {self.token}"}
        answer = self._session.request(method, self.url + path, headers=said, timeout=STOP_S)
        answer.raise_for_status()
        return answer

    def stop_kernels(self) -> None:
        """Stop all kernels, whatever state they are in; by the server, for a page may hang."""

    def stop(self) -> None:
        """Stop it with its kernels; by force where it doesn't stop by itself."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._session.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Lab(Server):
    """JupyterLab on a folder, without news, updates or anything else from elsewhere."""

    def __init__(self, root: Path, home: Path) -> None:
        settings = home / "settings" / NO_NEWS
        settings.parent.mkdir(parents=True)
        # Without this a question about news covers the page.
        settings.write_text(json.dumps({"fetchNews": "false"}), encoding="utf-8")
        never = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={root}",
            "--LabApp.expose_app_in_browser=True",  # tests reach JupyterLab's own commands
            "--LabApp.news_url=None",
            "--LabApp.extension_manager=readonly",
            f"--LabApp.check_for_updates_class={never}",
        ]
        super().__init__(command, home, option="ServerApp", ready=f"/api?token={self.token}")

    def address(self, notebook: str) -> str:
        """Return the address that shows one notebook by itself."""
        return f"{self.url}/doc/tree/{notebook}?reset&token={self.token}"

    def stop_kernels(self) -> None:
        """Stop all kernels that the server lists."""
        for kernel in self._ask("GET", "/api/kernels").json():
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")


class Voila(Server):
    """Voila on a folder: a notebook as a page, run when it is opened."""

    def __init__(self, root: Path, home: Path) -> None:
        command = [
            *(sys.executable, "-m", "voila", str(root), "--no-browser"),
            f"--token={self.token}",
            "--show_tracebacks=True",
            "--VoilaConfiguration.allow_theme_override=YES",
        ]
        super().__init__(command, home, option="Voila", ready=f"/?token={self.token}")
        self._stopped: set[str] = set()

    def address(self, notebook: str, theme: str) -> str:
        """Return the address that runs and shows one notebook, in the theme light or dark."""
        return f"{self.url}/voila/render/{notebook}?theme={theme}&token={self.token}"

    def stop_kernels(self) -> None:
        """Stop all kernels: Voila lists them only in its log, and keeps them when a page closes."""
        started = set(re.findall(r"Kernel started: (\S+)", self._written()))
        for kernel in started - self._stopped:
            self._ask("POST", f"/voila/api/shutdown/{kernel}")
        self._stopped |= started


def _free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
