"""One walk to an account's keys under way, and what is said of how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

from engagement_kit.client.login import Walk, keeper_of
from engagement_kit.errors import AuthenticationFailed, CredentialsMissing, EngagementError
from engagement_kit.fetch.keys.callback import Callback
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.forms.model.kept_keys import connect_finds
from engagement_kit.forms.model.login_goal import Goal
from engagement_kit.forms.model.login_standing import Step


class Going:
    """One walk under way, and the callback that it waits at."""

    def __init__(self) -> None:
        self._walk: Walk | None = None
        self._waiting: Callback | None = None
        self._thread: threading.Thread | None = None

    def begin(self, walk: Walk, port: int | None) -> str:
        """Ask for the page; with a port a callback waits there, without one it shows a PIN."""
        self._walk = walk
        if port is None:
            return walk.begin()
        self._waiting = Callback(walk.is_about, port)
        return walk.begin(self._waiting.url)

    @property
    def url(self) -> str:
        """Where the browser is waited for; empty for a PIN."""
        return "" if self._waiting is None else self._waiting.url

    @property
    def where(self) -> str:
        """Where the keys are kept, in words; empty for nowhere."""
        keeper = None if self._walk is None else self._walk.keeper
        return "" if keeper is None else keeper.words

    def wait_aside(self, wait: Callable[[Going], None]) -> None:
        """Wait in a thread, where there is a callback."""
        if self._waiting is not None:
            name = f"engagement_kit-login waits on {self.url}"
            self._thread = threading.Thread(target=wait, args=(self,), name=name, daemon=True)
            self._thread.start()

    def waited(self, seconds: float) -> Secret | None:
        """Wait for what the browser brings: a verifier, empty for a no; None where it is late."""
        said = None if self._waiting is None else self._waiting.wait(seconds)
        return None if said is None else said.verifier

    def finish(self, verifier: Secret) -> str:
        """Exchange what the owner's agreement gave for keys, and keep them; see `Walk.finish`."""
        assert self._walk is not None
        return self._walk.finish(verifier)

    def close(self) -> None:
        """Wait no more; the thread that waited is over then, unless it is the one that calls."""
        if self._waiting is not None:
            self._waiting.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()


def place_of(error: Exception, url: str) -> Step:
    """Say at which step something is to be mended; `url` is that of a callback."""
    of_app = isinstance(error, AuthenticationFailed) and not url
    return "app" if of_app or type(error) is CredentialsMissing else "page"


def in_words(error: Exception, url: str = "") -> str:
    """Say what went wrong; of what nobody foresaw the kind alone, for it may hold anything."""
    if not isinstance(error, EngagementError):
        return f"{type(error).__name__}: this is a fault of the kit."
    if isinstance(error, AuthenticationFailed) and url:
        return f"{error}\nIs {url} registered with the app?"
    return str(error)


def _file() -> str:
    keeper = keeper_of("file")
    return "the keys file" if keeper is None else keeper.words


def outcome_in_words(account: str, goal: Goal, where: str) -> tuple[str, ...]:
    """Say how a walk ended well."""
    if goal.practice:
        live = f"At the live API the keys would be kept where you choose, as in {_file()},"
        return (
            f"{account} is logged in, in practice: nothing was kept.",
            "The client of this form has the made-up keys of all accounts already.",
            f"{live} and Connect would find them there.",
        )
    if not where:
        return (f"{account} is logged in; its keys are kept nowhere: this was a try.",)
    kept = f"{account} is logged in; its keys are kept in {where}."
    return kept, connect_finds(account, goal.base_url)
