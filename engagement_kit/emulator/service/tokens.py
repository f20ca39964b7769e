"""Which paths give tokens, and which step of the walk each request is.

The rules stand in `api.issuing` and `api.walks`. Here the page is shown that asks a person for
leave, and its button is heard. `guard` has refused other pages' requests before: only a link of
theirs may lead to the page, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.checks import OURS
from engagement_kit.emulator.api.issuing import Issuer, Told, ours, read_form
from engagement_kit.emulator.api.signing import Posed, form_of
from engagement_kit.emulator.api.walks import Walk, WalkOver
from engagement_kit.emulator.service import consent
from engagement_kit.emulator.service.knock import Knock
from engagement_kit.emulator.service.state import State

AUTHORIZE: Final = "/oauth/authorize"
_CALLS: Final[dict[str, Callable[[Issuer, Posed], Told]]] = {
    "/oauth/request_token": Issuer.request_token,
    "/oauth/access_token": Issuer.access_token,
    "/oauth2/token": Issuer.bearer,
    "/oauth2/invalidate_token": Issuer.invalidate_bearer,
}
PATHS: Final[tuple[str, ...]] = (AUTHORIZE, *_CALLS)
_MAX_FORM: Final = 20_000  # bytes
_PAGE_TYPE: Final = "text/html;charset=utf-8"


def is_meant(path: str) -> bool:
    """Tell whether a path is one that gives tokens."""
    return path in PATHS


def respond(state: State, knock: Knock) -> Told:
    """Do what a request for tokens asks.

    Parameters
    ----------
    state : State
    knock : Knock

    Returns
    -------
    Told
        The answer; a reason for the log, without tokens and verifiers; and who asked.
    """
    shows = knock.path == AUTHORIZE and knock.method in {"GET", "HEAD"}
    if knock.method != "POST" and not shows:
        allowed = "GET, HEAD, POST" if knock.path == AUTHORIZE else "POST"
        headers = {"Cache-Control": "no-store", "Allow": allowed}
        return ours(405, f"the method of {knock.path} is {allowed}", headers=headers)
    if len(knock.body) > _MAX_FORM:
        return ours(413, f"the body has more than {_MAX_FORM} bytes")
    if knock.path in _CALLS:
        posed = Posed(knock.method, knock.url, knock.headers, knock.body, knock.at)
        return _CALLS[knock.path](state.issuer, posed)
    return _show(state, knock) if shows else _decide(state, knock)


def _show(state: State, knock: Knock) -> Told:
    """Show the page that asks for leave."""
    query = read_form(knock.url.partition("?")[2])
    try:
        walk = state.walks.to_decide(query.get("oauth_token", ""), knock.at)
    except WalkOver as over:
        return _dead_end(str(over))
    app = state.grants.find_app(walk.app)
    people = [
        consent.Person(one.name, state.grants.is_revoked(app, one)) for one in state.grants.accounts
    ]
    # The platform's own parameter fills in the name to sign in with.
    chosen = query.get("screen_name", "").removeprefix("@").lower()
    enabled = state.is_enabled(app.name)
    page = consent.ask(walk, people, chosen, state.name, enabled=enabled)
    return Told(_page(200, page, walk), "answered")


def _decide(state: State, knock: Knock) -> Told:
    """Hear what a person decided on the page."""
    form = read_form(form_of(knock.headers, knock.body))
    token, decision = form.get("oauth_token", ""), form.get("decision", "")
    if decision not in {"authorize", "cancel"}:
        return ours(400, "decision is missing; allowed: authorize, cancel")
    names = [one.name for one in state.grants.accounts]
    # What was sent instead is not repeated: the text goes into the log.
    if decision == "authorize" and form.get("account") not in names:
        return ours(400, f"account is none that there is; allowed: {', '.join(names)}")
    try:
        if decision == "cancel":
            return _answered(state.walks.deny(token, knock.at), "kept out")
        account = form["account"]
        return _answered(state.walks.allow(token, account, knock.at), f"for {account}")
    except WalkOver as over:
        return _dead_end(str(over))


def _answered(walk: Walk, how: str) -> Told:
    """Tell the app of the answer by way of the browser, or the person by a page."""
    reason = f"answered: app {walk.app} {how}"
    if walk.by_pin:
        return Told(_page(200, consent.answered(walk), walk), reason)
    reply = _page(303, consent.moved(walk), walk)
    return Told(
        Reply(303, {}, plain=reply.plain, headers={**reply.headers, "Location": walk.back}), reason
    )


def _dead_end(text: str) -> Told:
    """Tell a person that this request leads nowhere any more."""
    return Told(_page(403, consent.dead_end(text), None), OURS + text)


def _page(status: int, page: str, walk: Walk | None) -> Reply:
    """Return a page with the headers that keep it to itself."""
    # A browser holds redirects of a form to this list too: only where this walk leads.
    back = urlsplit(walk.callback) if walk and not walk.by_pin else None
    target = f" {back.scheme}://{back.netloc}" if back else ""
    headers = {**consent.HEADERS, "Content-Security-Policy": consent.policy(target)}
    return Reply(status, {}, plain=(_PAGE_TYPE, page.encode()), headers=headers)
