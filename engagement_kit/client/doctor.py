"""Look whether everything is fit for work, and say what to do where it is not."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from engagement_kit.client.health import (
    clocks,
    disks,
    folders_seen,
    keys,
    keys_seen,
    network,
    network_seen,
    packages_seen,
    store_seen,
    stores,
    surroundings,
    versions,
    widgets,
)
from engagement_kit.client.health.checkup import Checkup
from engagement_kit.client.health.finding import Finding, problem, warning
from engagement_kit.client.keys import service_of
from engagement_kit.errors import EngagementError
from engagement_kit.question.rules import LIVE_BASE_URL

Look = Callable[[], Iterable[Finding]]


def doctor(
    store: str | Path | None = None,
    *,
    base_url: str | None = None,
    reach: bool | None = None,
    try_keys: bool = False,
    quick: bool = False,
    progress: bool | None = None,
) -> Checkup:
    """Look whether this machine is fit for work, and say what to do where it is not.

    It looks at Python and the packages, the widgets of notebooks, the keys (names and places,
    never a value), the way to the service, the clock, room and locks on the disk, whether an
    emulator can be started, and, where one is named, whether a store is whole. It changes nothing,
    and never raises because of what it finds: a look that breaks is a finding, too.

    Parameters
    ----------
    store
        The folder of a store. All of its answers are read.
    base_url
        As in ``ek.connect``.
    reach
        Whether to ask the service for the head of its first page: unsigned, and of no endpoint,
        so that it is neither billed nor counted. Its Date header tells whether the clock is right.
        None: where there are keys for it, or its address was given. False: nothing leaves this
        machine.
    try_keys
        Also send one request by each credential, as ``Client.try_keys`` does. Each account that
        is tried counts as used this month.
    quick
        Read some 200 answers of the store, evenly spread, instead of all.
    progress
        Show a bar on stderr while answers are read. None: where a person looks.

    Returns
    -------
    Checkup
        The findings, the worst first; ``is_fit``, ``above("note")``, ``to_pandas()``,
        ``to_dict()``.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> checkup = ek.doctor(reach=False)
    >>> "python" in {one.check for one in checkup.findings}
    True
    """
    findings = [
        *_machine(),
        *_service(base_url, reach, try_keys=try_keys),
        *_safely("emulator", lambda: network.of_emulator(*network_seen.emulator())),
        *_folders(None if store is None else Path(store), quick=quick, progress=progress),
    ]
    return Checkup.of(findings, datetime.now(UTC))


def _safely(check: str, look: Look) -> list[Finding]:
    """Make a finding of a look that breaks; of an error that is not ours, no word is trusted."""
    try:
        return [*look()]
    except EngagementError as error:
        text = " ".join(str(error).split())
        return [problem(check, text, "It could not be looked at.", "Mend that, and look again.")]
    except OSError as error:
        if type(error).__module__ != "builtins" or not error.strerror:
            return [_broke(check, error)]
        about = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
        return [problem(check, about, "It could not be looked at.", "Mend that, and look again.")]
    except Exception as error:  # noqa: BLE001 -- whatever breaks is what is looked for
        return [_broke(check, error)]


def _broke(check: str, error: Exception) -> Finding:
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {last.name} ({last.filename}:{last.lineno})"
    why = "Whether it is in order is not known."
    return warning(check, f"this look broke: {where}", why, "Please report that line.")


def _machine() -> Iterator[Finding]:
    """Look at what is installed."""
    seen = cache(packages_seen.packages)
    yield from _safely("python", lambda: versions.of_python(seen()))
    yield from _safely("packages", lambda: versions.of_packages(seen()))
    yield from _safely("packages", lambda: versions.of_http(seen()))
    yield from _safely("widgets", lambda: widgets.judged(packages_seen.widgets(seen())))
    yield from _safely("surroundings", lambda: surroundings.judged(packages_seen.surroundings()))


def _service(base_url: str | None, reach: bool | None, *, try_keys: bool) -> Iterator[Finding]:
    """Look at keys, and at the service that they are for."""
    found: list[tuple[str, keys.KeysSeen]] = []

    def look() -> Iterator[Finding]:
        found.append(keys_seen.look(base_url))
        yield from keys.judged(found[0][1])

    yield from _safely("keys", look)
    if not found:
        return
    address, seen = found[0]
    origin = service_of(address)
    named = base_url is not None or address != LIVE_BASE_URL
    yield from _safely("way", lambda: network.of_way(network_seen.way_to(origin)))
    if reach or (reach is None and (named or seen.lines)):
        yield from _safely("service", partial(_reached, origin))
    if try_keys:
        yield from _safely("keys, tried", partial(_tried, address))


def _reached(origin: str) -> Iterator[Finding]:
    seen, said = network_seen.reach(origin)
    yield from network.of_reach(seen)
    if said is not None:
        yield from clocks.of_service(said)


def _tried(address: str) -> Iterator[Finding]:
    from engagement_kit.client.connect import connect

    with connect(base_url=address) as client:
        tried = client.try_keys()
    yield from network.of_tries([(one.credential, one.outcome, one.said) for one in tried])


def _folders(store: Path | None, *, quick: bool, progress: bool | None) -> Iterator[Finding]:
    """Look at a store, and at the folders that files are written to."""
    name = "temporary files"
    yield from _safely(
        name, lambda: disks.judged(folders_seen.look(name, Path(tempfile.gettempdir())))
    )
    if store is None:
        return
    means = [0]

    def look() -> Iterator[Finding]:
        seen, read = store_seen.look(store, quick=quick, shown=progress)
        means.append(read.size // max(1, read.count))
        yield from stores.judged(seen)
        yield from clocks.of_answers(read.skews)

    yield from _safely("store", look)
    yield from _safely(
        "room", lambda: disks.judged(folders_seen.look("room", store, mean=means[-1]))
    )
