"""Links lead somewhere: files are there, anchors are headings, hosts are known."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache, reduce
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

sys.path.append(str(Path(__file__).parent))  # the tests are no package

from built_pages import Built
from public import DOCS, ROOT

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator

TEXTS = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
        *(ROOT / "data").rglob("*.md"),
        *(ROOT / "tests").rglob("*.md"),
        *(ROOT / "notebooks").glob("*.ipynb"),
    ]
)
HOSTS = {
    "127.0.0.1": "an emulator on this machine",
    "data-api.twitter.com": "the API",
    "developer.x.com": "its documents",
    "docs.x.com": "its documents",
    "github.com": "the project, and the theme of the pages",
}
"""Every other host that pages may link to."""
NAME = re.compile(r"`(ek|client|result|emulator)((?:\.[A-Za-z_]\w*)+)[`(]")


def markdown(path: Path) -> str:
    """Give the text of a page, or of the cells of a notebook that hold text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(one["source"]) for one in cells if one["cell_type"] == "markdown")


@cache
def parsed(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the links of a text, and the anchors of its headings."""
    links, anchors = [], []
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown(path))
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            anchors.append(slug(tokens[at + 1].content))
        for part in token.children or ():
            address = part.attrGet("href") or part.attrGet("src")
            if address:
                links.append(str(address))
    return tuple(links), tuple(anchors)


def headings(path: Path) -> tuple[str, ...]:
    """Give the anchors of the headings of a text."""
    return parsed(path)[1]


def slug(heading: str) -> str:
    """Give the anchor of a heading, as the forge and the pages make it."""
    plain = re.sub(r"[*`]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def wrong(path: Path) -> Iterator[str]:
    """Say which links of a text to files and headings lead nowhere."""
    for link in parsed(path)[0]:
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            yield f"{link}: there is no such file"
        elif parts.fragment and target.suffix == ".md" and parts.fragment not in headings(target):
            yield f"{link}: there is no such heading"


@pytest.mark.parametrize("path", TEXTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_links_to_files_and_headings_lead_there(path: Path) -> None:
    """Each link inside the repository is to a file that is there, and to a heading of it."""
    assert list(wrong(path)) == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    """Missing files, missing headings and missing pictures are told; right links are not."""
    page = tmp_path / "page.md"
    page.write_text(
        "# What `ek` does!\n[a](gone.md) ![b](gone.png) [c](#gone) [d](page.md#what-ek-does)\n"
    )
    assert [one.partition(":")[0] for one in wrong(page)] == ["gone.md", "gone.png", "#gone"]


def test_links_on_built_pages_lead_there(built: Built) -> None:
    """Each link between the pages is to a page that was built, and to a place on it."""
    pages = {one: one.read_text(encoding="utf-8") for one in sorted(built.folder.rglob("*.html"))}
    places = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in pages.items()}
    lost = []
    for page, text in pages.items():
        for link in set(re.findall(r'<a [^>]*href="([^"]*)"', text)):
            parts = urlsplit(unescape(link))
            target = (page.parent / parts.path).resolve() if parts.path else page
            if parts.scheme or not parts.fragment:
                if not parts.scheme and not target.exists():
                    lost.append(f"{page.name}: {link}")
            elif unquote(parts.fragment) not in places.get(target, {""}) | {""}:
                lost.append(f"{page.name}: {link}")
    assert len(pages) > len(list(DOCS.rglob("*.md")))
    assert lost == []


def test_every_other_host_is_known(built: Built) -> None:
    """Texts and pages link to hosts of a short list; who adds one says what for."""
    links = [link for path in TEXTS for link in parsed(path)[0]]
    for page in built.folder.rglob("*.html"):
        links += re.findall(r'<a [^>]*href="([^"]*)"', page.read_text(encoding="utf-8"))
    hosts = {urlsplit(one).hostname for one in links if urlsplit(one).scheme in {"http", "https"}}
    assert {"github.com"} <= hosts
    assert sorted(str(one) for one in hosts - set(HOSTS)) == []


def test_names_in_running_text_are_there() -> None:
    """Whoever types `ek.name`, `client.name` or `result.name` from a page finds it."""
    owners = {"client": Client, "result": Result, "emulator": Emulator}
    missing = []
    for path in TEXTS:
        for owner, names in NAME.findall(markdown(path)):
            chain = names[1:].split(".")
            if owner == "ek":
                found = reduce(lambda thing, name: getattr(thing, name, None), chain, ek)
            else:  # a field of its own is told in the docstring of its class
                kind = owners[owner]
                found = hasattr(kind, chain[0]) or chain[0] in re.findall(r"\w+", str(kind.__doc__))
            if not found:
                missing.append(f"{path.name}: {owner}{names}")
    assert len(NAME.findall(markdown(DOCS / "design.md"))) > 5
    assert missing == []
