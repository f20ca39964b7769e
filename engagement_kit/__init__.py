"""Tidy tables from the Twitter/X enterprise Engagement API, in Jupyter.

>>> import engagement_kit as ek
>>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
...     ids = ek.sample_ids(client, 3)
...     frame = client.totals(ids, ["impressions", "favorites"])
>>> frame["metric"].tolist()[:2]
['impressions', 'favorites']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from engagement_kit.version import VERSION

if TYPE_CHECKING:
    from engagement_kit import errors, insight
    from engagement_kit.client.archive import open_store as open  # noqa: A004
    from engagement_kit.client.client import Client
    from engagement_kit.client.connect import connect
    from engagement_kit.client.doctor import doctor
    from engagement_kit.client.expiring import expiring
    from engagement_kit.client.login import login
    from engagement_kit.client.purging import purge
    from engagement_kit.client.samples import sample_ids
    from engagement_kit.fetch.control import Control
    from engagement_kit.fetch.steps import Step
    from engagement_kit.forms.connect_form import ConnectForm
    from engagement_kit.forms.explorer import Explorer
    from engagement_kit.forms.request_form import RequestForm
    from engagement_kit.insight import plot
    from engagement_kit.question.id_files import read_ids
    from engagement_kit.question.periods import between, first, last
    from engagement_kit.question.plan import plan
    from engagement_kit.question.query import Query
    from engagement_kit.tables.dictionary import metrics
    from engagement_kit.tables.joining import concat, join
    from engagement_kit.tables.lazily import scan
    from engagement_kit.tables.revisions import revisions
    from engagement_kit.tables.sums import total
    from engagement_kit.tables.tidy import tidy, tidy_arrow
    from engagement_kit.tables.tidy_store import tidy_store
    from engagement_kit.tables.wide import wide

__version__ = VERSION

__all__ = [
    "Client",
    "ConnectForm",
    "Control",
    "Explorer",
    "Query",
    "RequestForm",
    "Step",
    "__version__",
    "between",
    "concat",
    "connect",
    "doctor",
    "errors",
    "expiring",
    "first",
    "insight",
    "join",
    "last",
    "login",
    "metrics",
    "open",
    "plan",
    "plot",
    "purge",
    "read_ids",
    "revisions",
    "sample_ids",
    "scan",
    "tidy",
    "tidy_arrow",
    "tidy_store",
    "total",
    "wide",
]

# Names are imported when they are first used: `import engagement_kit` stays cheap.
_HOME = {
    "Client": "client.client:Client",
    "ConnectForm": "forms.connect_form:ConnectForm",
    "Control": "fetch.control:Control",
    "Explorer": "forms.explorer:Explorer",
    "Query": "question.query:Query",
    "RequestForm": "forms.request_form:RequestForm",
    "Step": "fetch.steps:Step",
    "between": "question.periods:between",
    "concat": "tables.joining:concat",
    "connect": "client.connect:connect",
    "doctor": "client.doctor:doctor",
    "errors": "errors:",
    "expiring": "client.expiring:expiring",
    "first": "question.periods:first",
    "insight": "insight:",
    "join": "tables.joining:join",
    "last": "question.periods:last",
    "login": "client.login:login",
    "metrics": "tables.dictionary:metrics",
    "open": "client.archive:open_store",
    "plan": "question.plan:plan",
    "plot": "insight.plot:",
    "purge": "client.purging:purge",
    "read_ids": "question.id_files:read_ids",
    "revisions": "tables.revisions:revisions",
    "sample_ids": "client.samples:sample_ids",
    "scan": "tables.lazily:scan",
    "tidy": "tables.tidy:tidy",
    "tidy_arrow": "tables.tidy:tidy_arrow",
    "tidy_store": "tables.tidy_store:tidy_store",
    "total": "tables.sums:total",
    "wide": "tables.wide:wide",
}


if not TYPE_CHECKING:  # a type checker that saw it would take any misspelt name

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        module, _, member = _HOME[name].partition(":")
        home = importlib.import_module(f"{__name__}.{module}")
        value = getattr(home, member) if member else home
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
