"""The page that asks a person whether an app may come in, as text; no script, nothing loaded.

Every page says that it is the emulator's. Texts from outside are escaped; the only style is one
block, which the policy names by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from engagement_kit.emulator.api.walks import Walk
from engagement_kit.emulator.page import files

HEADERS: Final = {
    **files.PAGE_HEADERS,
    # Not no-referrer: with it a browser sends the form with "Origin: null", which is refused.
    "Referrer-Policy": "same-origin",
}
_STYLE: Final = """
:root { color-scheme: light dark; --paper: #f4f5f7; --card: #fff; --ink: #1b1f24;
  --soft: #57606a; --line: #d0d7de; --deep: #1f4fd1; --on-deep: #fff; --note: #fff4d6; }
@media (prefers-color-scheme: dark) { :root { --paper: #101317; --card: #191d23; --ink: #e8eaed;
  --soft: #a3acb7; --line: #39414c; --deep: #9db7ff; --on-deep: #0d1526; --note: #3a3010; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.75rem clamp(1rem, 5vw, 2rem) 2rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.from { margin: 0 0 1.25rem; color: var(--soft); font-size: .875rem; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
.note { padding: .6rem .8rem; background: var(--note); border-radius: 8px; }
fieldset { margin: 1.25rem 0; padding: .75rem 1rem 1rem; border: 1px solid var(--line);
  border-radius: 8px; }
legend { padding: 0 .4rem; font-weight: 600; }
.people { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
  gap: 0 .5rem; max-height: 15rem; overflow: auto; }
.people label { display: block; padding: .25rem .4rem; border-radius: 6px; cursor: pointer; }
.people label:hover { background: var(--paper); }
.people small { color: var(--soft); }
input[type=radio] { accent-color: var(--deep); margin: 0 .4rem 0 0; }
.choices { display: flex; flex-wrap: wrap; gap: .75rem; }
button { padding: .6rem 1.25rem; font: inherit; font-weight: 600; border-radius: 8px;
  border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; }
button.main { background: var(--deep); border-color: var(--deep); color: var(--on-deep); }
:focus-visible { outline: 3px solid var(--deep); outline-offset: 2px; }
.pin { display: block; width: 100%; margin: .5rem 0 1rem; padding: .5rem; border-radius: 8px;
  border: 1px solid var(--line); background: var(--paper); color: inherit; text-align: center;
  font: 600 clamp(1.5rem, 8.5vw, 2.75rem)/1.2 ui-monospace, monospace; letter-spacing: .15em;
  text-indent: .15em; }
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


class Person(NamedTuple):
    """An account that can be signed in as, and whether its token was revoked."""

    name: str
    revoked: bool


def policy(target: str = "") -> str:
    """Return the Content-Security-Policy: nothing is loaded, and a form goes here or to `target`.

    Examples
    --------
    >>> "form-action 'self' http://127.0.0.1:80;" in policy(" http://127.0.0.1:80")
    True
    """
    return (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
        f"form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
    )


def ask(
    walk: Walk, people: Sequence[Person], chosen: str, name: str, *, enabled: bool = True
) -> str:
    """Write the page that asks whether an app may come in.

    Parameters
    ----------
    walk : Walk
    people : sequence of Person
        Who can be signed in as.
    chosen : str
        The name of the one that is chosen at first; the first of them where there is no such.
    name : str
        Of the emulator, as in "emulator/standard-0".
    enabled : bool
        Whether the app is enabled for the Engagement API; the page says so if not.
    """
    app = escape(walk.app)
    first = chosen if chosen in {one.name for one in people} else people[0].name
    back = "shows a PIN" if walk.by_pin else f"goes back to {escape(walk.callback.split('?')[0])}"
    warned = "" if enabled else _note(f"{app} is not enabled for the Engagement API: calls get 403")
    return _whole(
        f"Authorize {app}",
        f"""<h1>Authorize {app} to use your account?</h1>
<p>The app <strong>{app}</strong> asks to read the engagement numbers of an account of
{escape(name)}. The next step {back}.</p>
{warned}<form method="post" action="/oauth/authorize">
<input type="hidden" name="oauth_token" value="{escape(walk.token)}">
<fieldset><legend>Sign in as</legend><div class="people">
{"".join(_choice(one, checked=one.name == first) for one in people)}</div></fieldset>
<div class="choices">
<button class="main" name="decision" value="authorize">Authorize app</button>
<button name="decision" value="cancel">Cancel</button>
</div></form>""",
    )


def answered(walk: Walk) -> str:
    """Write the page that ends a walk by PIN: it shows the number, or says that there is none."""
    app = escape(walk.app)
    if walk.stage == "denied":
        return _whole(
            "Not authorized",
            f"<h1>{app} was not authorized</h1>\n"
            "<p>You canceled. The app gets no PIN and no token. You can close this page.</p>",
        )
    return _whole(
        f"PIN for {app}",
        f"""<h1>You let {app} in as {escape(walk.account or "")}</h1>
<p><label for="pin">Type this PIN into the program that sent you here:</label></p>
<input class="pin" id="pin" value="{escape(walk.verifier)}" size="7" readonly autofocus>
<p>It works once, and only for an hour. You can close this page then.</p>""",
    )


def moved(walk: Walk) -> str:
    """Write what stands on a page that a browser leaves at once."""
    return _whole(
        "Going back",
        f'<h1>Going back</h1>\n<p><a href="{escape(walk.back)}">Back to {escape(walk.app)}</a></p>',
    )


def dead_end(text: str) -> str:
    """Write the page for a request that leads nowhere any more."""
    said = escape(text[:1].upper() + text[1:])
    return _whole(
        "Nothing to authorize",
        f"<h1>There is nothing to authorize here</h1>\n<p>{said}.</p>\n"
        "<p>Go back to the program that sent you here, and begin anew.</p>",
    )


def _choice(person: Person, *, checked: bool) -> str:
    """Write one account that can be chosen."""
    name = escape(person.name)
    mark = " checked" if checked else ""
    note = " <small>(revoked)</small>" if person.revoked else ""
    return f'<label><input type="radio" name="account" value="{name}"{mark}>{name}{note}</label>\n'


def _note(text: str) -> str:
    """Write a line that stands out."""
    return f'<p class="note">{text}.</p>\n'


def _whole(title: str, content: str) -> str:
    """Write a whole page around its content."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} · emulator</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>{_STYLE}</style></head>
<body><main>
<p class="from">engagement_kit emulator on this machine: apps, accounts and numbers are made up</p>
{content}
</main></body></html>
"""
