"""The pages build without a warning, show all public names, and ask no other host."""

from __future__ import annotations

import re
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path

import engagement_kit as ek

sys.path.append(str(Path(__file__).parent))  # the tests are no package

from built_pages import Built
from public import DOCS, attributes, callables, objects

LOADING = {"src", "srcset", "poster", "data"}
ELSEWHERE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
IN_CSS = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", re.IGNORECASE)


class Loaded(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note each address that is loaded without a click."""
        wanted = LOADING | {"href"} if tag in {"link", "base", "use", "image"} else LOADING
        self.addresses += [value or "" for name, value in attrs if name in wanted]


def test_the_build_has_no_warning(built: Built) -> None:
    """Sphinx reads and writes all pages, and has nothing to say."""
    assert (built.code, built.said) == (0, "")


def test_every_page_is_in_the_toctree() -> None:
    """Each page under docs/ stands in a toctree of the index, once."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    trees = re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)
    named = [line for tree in trees for line in tree.split("\n") if line and line[0] != ":"]
    pages = {str(one.relative_to(DOCS).with_suffix("")) for one in DOCS.rglob("*.md")}
    assert sorted(named) == sorted(pages - {"index"})


def test_every_public_thing_has_a_place_that_can_be_linked_to(built: Built) -> None:
    """The inventory has each object, method and property of the reference."""
    *_, packed = (built.folder / "objects.inv").read_bytes().split(b"\n", 4)  # after four lines
    lines = zlib.decompress(packed).decode().split("\n")
    places = {line.partition(" ")[0] for line in lines if " py:" in line}
    wanted = {one.name for one in (*objects(), *callables(), *attributes())}
    assert sorted(wanted - places) == []


def test_the_page_of_the_client_shows_what_it_can_do(built: Built) -> None:
    """Methods that live in rooms of their own stand on the one page of the client."""
    page = (built.folder / "reference" / "connecting.html").read_text(encoding="utf-8")
    client = ek.Client
    methods = [name for name in dir(client) if not name.startswith("_")]
    missing = [name for name in methods if f'id="engagement_kit.Client.{name}"' not in page]
    assert len(methods) > 15
    assert missing == []


def test_names_in_running_text_are_links_to_the_reference(built: Built) -> None:
    """A page that says `Query`, `ek.plan` or `client.run` leads to what the reference says."""
    page = (built.folder / "design.html").read_text(encoding="utf-8")
    for place in (
        "reference/asking.html#engagement_kit.Query",
        "reference/asking.html#engagement_kit.plan",
        "reference/connecting.html#engagement_kit.Client.run",
        "reference/results.html#engagement_kit.client.result.Result.to_parquet",
    ):
        assert f'href="{place}"' in page


def test_addresses_that_no_browser_opens_are_text(built: Built) -> None:
    """The help of a command names a scheduler's address, and a click on it would lead nowhere."""
    pages = {one: one.read_text(encoding="utf-8") for one in built.folder.rglob("*.html")}
    assert "tcp://host:8786" in pages[built.folder / "reference" / "commands.html"]
    schemes = {
        one.partition(":")[0]
        for page in pages.values()
        for one in re.findall(r'<a [^>]*href="([a-z0-9+.-]+:[^"]*)"', page)
    }
    assert schemes <= {"http", "https", "mailto"}


def test_calls_of_commands_can_be_copied(built: Built) -> None:
    """Examples of commands are code, with both dashes of an option."""
    page = (built.folder / "reference" / "commands.html").read_text(encoding="utf-8")
    code = re.findall(r'<div class="highlight-sh.*?</pre>', page, re.DOTALL)
    calls = [re.sub(r"<[^>]+>", "", one) for one in code]
    assert any("engagement-kit refresh raw --dry-run" in one for one in calls)
    assert "\N{EN DASH}" not in page


def test_pages_load_nothing_from_elsewhere(built: Built) -> None:
    """No script, style, font or picture of a page comes from another host."""
    pages = sorted(built.folder.rglob("*.html"))
    loaded = [
        (page.name, one) for page in pages for one in Loaded(page.read_text("utf-8")).addresses
    ]
    assert len(loaded) > len(pages)
    assert [(page, one) for page, one in loaded if ELSEWHERE.match(one)] == []
    styles = [one for kind in ("*.css", "*.svg") for one in sorted(built.folder.rglob(kind))]
    assert [one.name for one in styles if IN_CSS.search(one.read_text("utf-8"))] == []


def test_a_script_from_elsewhere_would_be_seen() -> None:
    """The search for addresses finds scripts, styles and pictures of other hosts."""
    page = (
        '<link rel="stylesheet" href="//fonts.example/a.css"><script src="https://cdn.example/b.js">'
        '</script><img src="pictures/c.png"><a href="https://example.org/">a link</a>'
    )
    found = [one for one in Loaded(page).addresses if ELSEWHERE.match(one)]
    assert found == ["//fonts.example/a.css", "https://cdn.example/b.js"]
    assert IN_CSS.search('@import "https://fonts.example/d.css"')


def test_pages_say_the_version_of_the_kit(built: Built) -> None:
    """The version on the pages is that of the package."""
    index = (built.folder / "index.html").read_text(encoding="utf-8")
    assert f"engagement_kit {ek.__version__}" in index
