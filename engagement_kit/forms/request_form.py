"""``ek.RequestForm``: build a question by clicking, see its price, run it, and take its code."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import ipywidgets as w

from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.client.samples import sample_ids
from engagement_kit.errors import EngagementError, Problem, QueryError
from engagement_kit.forms import look
from engagement_kit.forms.later import Later
from engagement_kit.forms.model import papers
from engagement_kit.forms.model.code import Code
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.ids import load
from engagement_kit.forms.model.keeping import Keeper
from engagement_kit.forms.model.running import Running, State
from engagement_kit.forms.model.seen import Looker, Seen, now_of
from engagement_kit.forms.parts.metrics import MetricsPart
from engagement_kit.forms.parts.options import OptionsPart
from engagement_kit.forms.parts.part import Change, Part
from engagement_kit.forms.parts.period import PeriodPart
from engagement_kit.forms.parts.run import RunPart
from engagement_kit.forms.parts.shape import ShapePart
from engagement_kit.forms.parts.tweets import TweetsPart
from engagement_kit.forms.parts.written import WrittenPart
from engagement_kit.question.plan import Plan
from engagement_kit.question.query import Query
from engagement_kit.tables.schema import INVENTED

FOLDER: Final = Path(".engagement_kit")
"""Where a form keeps its last values: beside the notebook."""
AUTO: Final = "auto"
_STATE: Final = "request_form.json"


class RequestForm:
    """A form that builds a Query, shows its price while you type, and runs it.

    It shows itself as the last line of a notebook's cell. Front ends without widgets show the same
    as text.

    Parameters
    ----------
    client
        Of ``ek.connect``. None: questions can be built and saved, and not run.
    query
        A question to begin with, such as ``ek.Query.load("question.yaml")``. None: the last values
        of this form, else an empty form.
    keep
        The file in which the last values are kept, so that a restarted kernel opens with them. By
        default one of the notebook's name in ``.engagement_kit/``; give two forms in one notebook a
        file each. None keeps nothing. Code for more than 100 tweets reads their ids from a file
        beside it, which is written when the code is looked at.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The form, to put into a layout of your own.

    Raises
    ------
    QueryError
        When *client* is no client, or *query* no query.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> query = ek.Query("totals", ["697506383516729344"], ["favorites"])
    >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
    ...     form = RequestForm(client, query, keep=None)
    ...     print(form.price.split(" · ")[0])
    ...     form.start().wait().phase
    1 request
    'done'
    >>> form.query == query
    True
    """

    def __init__(
        self,
        client: Client | None = None,
        query: Query | None = None,
        *,
        keep: str | Path | None = AUTO,
    ) -> None:
        _check(client, query)
        self._client = client
        self._lock = threading.RLock()  # held while something is shown
        self._drafting = threading.Lock()  # never held for long
        self._looker = Looker()
        place = _state_file() if keep == AUTO else keep
        self._keeper = None if place is None else Keeper(Path(place))
        self._folder = FOLDER if place is None else Path(place).parent
        self._draft, self._told = self._first(query)
        self._later = Later(self._catch_up)
        self._shower: int | None = None
        self._seen = self._looker.look(self._draft, client)
        self.widget = self._made()
        self._refresh()

    def _first(self, query: Query | None) -> tuple[Draft, str]:
        last, why = (None, "") if self._keeper is None else self._keeper.last()
        draft = last or Draft()
        return (draft, why) if query is None else (draft.with_query(query), "")

    def _made(self) -> w.VBox:
        self._tweets = TweetsPart(self._edit, _notebook, self._samples)
        self._metrics = MetricsPart(self._edit)
        self._shape = ShapePart(self._edit)
        self._period = PeriodPart(self._edit, self._now)
        self._options = OptionsPart(self._edit, self._accounts)
        self._written = WrittenPart(self._edit, self._code)
        self._parts: tuple[Part, ...] = (
            self._tweets, self._metrics, self._shape, self._period, self._options, self._written,
        )  # fmt: skip
        self._run = RunPart(self._begin, self._refresh)
        self._head, self._fault = look.words("ek-head"), look.words("ek-fault")
        self._price = look.words("ek-price-above")  # in one column the other one is far below
        return look.form(
            self._head,
            self._fault,
            self._price,
            look.panes(look.column(self._tweets.widget, self._shape.widget), self._metrics.widget),
            look.panes(self._period.widget, self._options.widget),
            self._written.widget,
            self._run.widget,
            name="ek-request-form",
        )

    # --- what a program reads and does ----------------------------------------------------------
    @property
    def query(self) -> Query:
        """The question as it stands in the fields.

        Raises
        ------
        QueryError
            With all that is to be mended.
        """
        seen = self.seen
        if seen.query is not None:
            return seen.query
        raise QueryError(seen.wrong)

    @query.setter
    def query(self, query: Query) -> None:
        _check(None, query)
        self._edit(lambda draft: draft.with_query(query))
        self._catch_up()

    @property
    def seen(self) -> Seen:
        """All that the form shows: draft, ids, query, problems, plan."""
        with self._lock:
            self._catch_up()
            return self._seen

    @property
    def plan(self) -> Plan | None:
        """The plan as it was shown; None while something is to be mended."""
        return self.seen.plan

    @property
    def price(self) -> str:
        """The price line."""
        return self.seen.price

    @property
    def problems(self) -> dict[str, tuple[str, ...]]:
        """What is to be mended, by the part of the form that says it."""
        return dict(self.seen.problems)

    @property
    def code(self) -> str:
        """Python code that asks the same; the files that it reads are written."""
        return self._code(self.seen).write()

    @property
    def yaml(self) -> str:
        """The question as `save` would write it."""
        return papers.yaml(self.seen)

    @property
    def client(self) -> Client | None:
        """Whom the form asks; may be set, as after ``ek.connect``."""
        return self._client

    @client.setter
    def client(self, client: Client | None) -> None:
        _check(client, None)
        self._client = client
        self._run.forget()
        self._refresh()

    @property
    def running(self) -> Running | None:
        """The run that goes on, or the last one: it can be waited for, paused and stopped."""
        return self._run.running

    @property
    def result(self) -> Result | None:
        """The result of the last run; None while it goes on, or where none came."""
        return self._run.result

    def start(self) -> Running:
        """Run the question, as the button does, and come back at once.

        Returns
        -------
        Running
            It can be waited for, paused and stopped: ``form.start().wait()``. A run that still
            goes on is given as it is.

        Raises
        ------
        EngagementError
            When there is nothing that can be run, with what is to be mended.
        """
        return self._run.start()

    def save(self, path: str | Path) -> Path:
        """Save the question as YAML; see `Query.save`.

        Parameters
        ----------
        path
            Where to write it.

        Returns
        -------
        Path
            The YAML file.

        Raises
        ------
        QueryError
            While something is to be mended.
        """
        return self.query.save(path)

    def add_ids(self, values: Any, source: str = "code") -> None:
        """Add tweet ids from a column or a list.

        Parameters
        ----------
        values
            Text, whole numbers or tweet URLs.
        source
            Where they come from, as the form says it.
        """
        part = load(values, source)
        self._edit(lambda draft: replace(draft, loaded=(*draft.loaded, part)))
        self._catch_up()

    # --- how it is shown ------------------------------------------------------------------------
    def __repr__(self) -> str:
        """Say as text what the form shows."""
        seen = self.seen
        return papers.text(seen, self._run.line, self._code(seen).unwritten)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return look.bundle(self.widget, repr(self), options)

    # --- what a person does ---------------------------------------------------------------------
    def _edit(self, change: Change) -> None:
        """Take a change to the draft, and show what it comes to once it is quiet.

        It is taken at once, also while another thread is showing something, which then gives way;
        what controls say because they are being shown is no change.
        """
        if self._shower == threading.get_ident():
            return
        with self._drafting:
            self._told = ""
            try:
                self._draft = change(self._draft)
            except Exception as error:  # noqa: BLE001 -- a front end would show a traceback
                self._tell_fault(error)
                return
        self._later.soon()

    def _catch_up(self) -> None:
        """Show the draft, where it is not shown yet."""
        with self._lock:
            if self._seen.draft is not self._draft:
                self._refresh()

    def _refresh(self) -> None:
        with self._lock:
            self._shower = threading.get_ident()
            try:
                self._show()
            except Exception as error:  # noqa: BLE001 -- see above
                self._tell_fault(error)
            finally:
                self._shower = None

    def _show(self) -> None:
        draft = self._draft
        self._seen = self._looker.look(draft, self._client)
        for part in self._parts:
            if self._draft is not draft:  # somebody types: an older text would take the key back
                return
            part.show(self._seen)
        self._run.show(self._seen)
        self._price.value = look.said([f"Price: {self._seen.price}"])
        kept = "" if self._keeper is None else self._keeper.keep(draft)
        self._fault.value = look.said([self._told, kept])
        self._head.value = _head(self._client, self._keeper)

    def _tell_fault(self, error: Exception) -> None:
        words = f"A fault of the form, please report it: {type(error).__name__}: {error}"
        self._fault.value = look.said([words], "problem")

    def _begin(self, on_change: Callable[[State], None]) -> Running | str:
        self._refresh()  # time has passed, and the store may have grown: the price is that of now
        seen = self.seen
        if self._client is None or seen.plan is None or not seen.ready:
            return "; ".join(seen.against)
        return Running(
            self._client,
            seen.plan,
            max_requests=seen.draft.max_requests or None,
            total=len(seen.plan),
            on_change=on_change,
        )

    # --- what the parts ask ---------------------------------------------------------------------
    def _now(self) -> datetime:
        return now_of(self._client)[0]

    def _accounts(self) -> tuple[str, ...]:
        return () if self._client is None else self._client.accounts

    def _samples(self, many: int) -> list[str]:
        """Give sample tweets of an emulator; none on the live API."""
        if self._client is None or self._client.source == "live":
            return []
        try:
            return sample_ids(self._client, many)
        except EngagementError:  # one that another process ran, and runs no more
            return []

    def _code(self, seen: Seen) -> Code:
        return papers.code(seen, self._client, self._folder)


def _check(client: object, query: object) -> None:
    """Refuse what is no client or no query, before anything is shown."""
    found = {
        Problem("client", repr(client)[:60], "what ek.connect(...) gives, or None"): client
        is not None
        and not isinstance(client, Client),
        Problem("query", repr(query)[:60], "an ek.Query(...), or None"): query is not None
        and not isinstance(query, Query),
    }
    wrong = tuple(one for one, is_wrong in found.items() if is_wrong)
    if wrong:
        raise QueryError(wrong)


def _state_file() -> Path:
    """Name the file of last values after the notebook, where its server or editor tells."""
    named = os.environ.get("JPY_SESSION_NAME") or _notebook().get("__vsc_ipynb_file__") or ""
    stem = Path(str(named)).stem
    return FOLDER / (f"{stem}.{_STATE}" if stem else _STATE)


def _notebook() -> Mapping[str, Any]:
    """Give the names of the notebook that we run in; none elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return {} if shell is None else shell.user_ns


def _head(client: Client | None, keeper: Keeper | None) -> str:
    """Say who is asked, and what is kept where; an emulator's answers are marked as invented."""
    last = "" if keeper is None else f" The form's last values are kept in {keeper.path}."
    if client is None:
        return look.said([f"No client: a question can be built and saved, and not be run.{last}"])
    mark = INVENTED if client.source == "emulator" else "LIVE API"
    where = f"{client.connection.where.service}, account {client.account or 'none (app only)'}"
    kept = client.folder or "a temporary folder, which goes with the client"
    return look.said([mark], "mark") + look.said(
        [f"{where}. Raw answers are kept in {kept}.{last}"]
    )
