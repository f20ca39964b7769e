"""The Python code that a form stands for: it runs as it is, and asks the same Query."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from engagement_kit.answers.files import write_whole
from engagement_kit.client.client import Client
from engagement_kit.errors import EngagementError
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.python import braced, listed, quoted
from engagement_kit.question.hours import iso
from engagement_kit.question.periods import Between, First, Period
from engagement_kit.question.query import Query
from engagement_kit.question.query_files import INLINE_IDS
from engagement_kit.question.rules import LIVE_BASE_URL, Levels

_DIGITS: Final = 12


@dataclass
class Code:
    """A piece of code and the files that it reads.

    Attributes
    ----------
    text
        Python.
    files
        Names and contents; empty up to 100 ids.
    """

    text: str
    files: dict[Path, bytes] = field(default_factory=dict)

    @property
    def unwritten(self) -> str:
        """The text while its files are not written: showing a form leaves nothing behind."""
        head = "# form.code writes the file that this reads\n" if self.files else ""
        return f"{head}{self.text}"

    def write(self) -> str:
        """Write the files where they are not there yet, and give the text.

        Their names tell their contents. Where one can't be written the text begins with why.
        """
        for path, content in self.files.items():
            if path.exists():
                continue
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, content)
            except (OSError, EngagementError) as error:
                return (
                    f"# {path} can't be written, and the code below reads it: {error}\n{self.text}"
                )
        return self.text


def code_of(query: Query, draft: Draft, client: Client | None, folder: Path) -> Code:
    """Write the code for a query.

    Parameters
    ----------
    query
        The question.
    draft
        Its options.
    client
        Whom it is put to; None: the emulator, with a word on the live API.
    folder
        Where files with many ids go.

    Returns
    -------
    Code
        It makes a client, the query, the plan, the result and the table.
    """
    code = Code("")
    ids = _ids(query, code, folder)
    owners = _owners(query, code, folder)
    shape = f"by={quoted(query.by)}" if query.by else f"groupings={_groupings(query.groupings)}"
    arguments = [quoted(query.endpoint), ids, listed(query.metrics), shape]
    arguments += [f"period={_period(query.period)}"] if query.period else []
    arguments += [f"owners={owners}"] if owners else []
    running = _call("client.run", ["query", *_budget(draft)])
    lines = [
        f"client = {connect_code(client)}",
        f"query = {_call('ek.Query', arguments)}",
        f"assert query.key == {quoted(query.key)}  # the question of the form",
        f"print({_planned(draft)})",
        f"result = {running}",
        "table = result.to_pandas()",
    ]
    code.text = "\n".join([*_imports(code, draft), "", *lines, ""])
    return code


def _imports(code: Code, draft: Draft) -> list[str]:
    needed = {
        "import json": any(path.suffix == ".json" for path in code.files),
        "from datetime import timedelta": bool(draft.max_age_hours),
        "from pathlib import Path": bool(code.files),
    }
    standard = [line for line, used in needed.items() if used]
    return [*standard, *([""] if standard else []), "import engagement_kit as ek"]


def connect_code(client: Client | None) -> str:
    """Write the call that gives such a client. Keys are found where they are, never written.

    Where several accounts may sign at the live API, the one that does by default is named: it may
    have been chosen.
    """
    if client is None:
        return 'ek.connect("emulator")  # ek.connect() with keys asks the live API'
    connection = client.connection
    where = connection.where
    given = _emulator_arguments(client) if client.emulator else []
    if connection.base_url not in {"", LIVE_BASE_URL}:
        given.append(f"base_url={quoted(connection.base_url)}")
    if connection.base_url and len(client.accounts) > 1:
        given.append(f"account={quoted(client.account)}")
    if where.profile != "reference":
        given.append(f"profile={quoted(where.profile)}")
    if client.folder is not None:
        given.append(f"store={quoted(client.folder.as_posix())}")
    if client.per_minute is not None:
        given.append(f"per_minute={client.per_minute!r}")
    if client.contracted is not None:
        given.append(f"contracted={client.contracted!r}")
    if client.overage != "warn":
        given.append(f"overage={quoted(client.overage)}")
    return _call("ek.connect", given)


def _emulator_arguments(client: Client) -> list[str]:
    emulator = client.emulator
    if emulator is None:
        return []
    world = emulator.world
    given = ['"emulator"']
    if world.seed:
        given.append(f"seed={world.seed!r}")
    if world.nature.name != "standard":
        given.append(f"world={quoted(world.nature.name)}")
    if emulator.clock.is_frozen:
        given.append(f"clock={quoted(iso(client.now()))}")
    return given


def _planned(draft: Draft) -> str:
    return _call("client.plan", ["query", *_age(draft)])


def _age(draft: Draft) -> list[str]:
    return [f"max_age=timedelta(hours={draft.max_age_hours})"] if draft.max_age_hours else []


def _budget(draft: Draft) -> list[str]:
    most = [f"max_requests={draft.max_requests}"] if draft.max_requests else []
    return _age(draft) + most


def _ids(query: Query, code: Code, folder: Path) -> str:
    if len(query.tweet_ids) <= INLINE_IDS:
        return listed(query.tweet_ids)
    text = "".join(f"{one}\n" for one in query.tweet_ids).encode()
    path = _kept(text, "ids", ".txt", folder)
    code.files[path] = text
    return f"Path({quoted(path.as_posix())}).read_text().split()"


def _owners(query: Query, code: Code, folder: Path) -> str:
    if query.owners is None or isinstance(query.owners, str):
        return quoted(query.owners) if query.owners else ""
    pairs = dict(query.owners)
    if len(pairs) <= INLINE_IDS:
        return braced("{", [f"{quoted(one)}: {quoted(who)}" for one, who in pairs.items()], "}")
    text = json.dumps(pairs, indent=0).encode()
    path = _kept(text, "owners", ".json", folder)
    code.files[path] = text
    return f"json.loads(Path({quoted(path.as_posix())}).read_text())"


def _kept(text: bytes, kind: str, ending: str, folder: Path) -> Path:
    return folder / f"{kind}-{sha256(text).hexdigest()[:_DIGITS]}{ending}"


def _period(period: Period) -> str:
    if isinstance(period, Between):
        return f"ek.between({_moment(period.start)}, {_moment(period.end)})"
    word = "first" if isinstance(period, First) else "last"
    ((unit, length),) = next(iter(period.to_dict().values())).items()
    return f"ek.{word}({unit}={length})"


def _moment(when: datetime) -> str:
    day = when.date().isoformat()  # strftime writes years before 1000 without their zeros
    return quoted(f"{day}T{when:%H}:00Z" if when.hour else day)


def _groupings(groupings: Iterable[tuple[str, Levels]]) -> str:
    return braced("{", [f"{quoted(name)}: {listed(levels)}" for name, levels in groupings], "}")


def _call(name: str, arguments: list[str]) -> str:
    return braced(f"{name}(", arguments, ")")
