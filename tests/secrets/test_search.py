"""The search itself: it finds what was planted on purpose, or it would prove nothing."""

from __future__ import annotations

import base64
import html
import json
import logging
import runpy
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from captured import Captured, shown_of
from planted import Planted
from searched import Search, layers, packed_in_every_way

SECRET = "Kd8" + "x/+&<'\"\\7" * 3 + "Zq1"
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": lambda text: quote(text, safe=""),
    "quoted twice": lambda text: quote(quote(text, safe=""), safe=""),
    "quoted in small letters": lambda text: quote(text, safe="").lower(),
    "JSON": json.dumps,
    "JSON of PHP": lambda text: json.dumps(text).replace("/", r"\/"),
    "HTML": html.escape,
    "repr": repr,
    "Basic": lambda text: base64.b64encode(f"key:{text}".encode()).decode(),
    "Basic, quoted": lambda text: base64.b64encode(f"k:{quote(text, safe='')}".encode()).decode(),
    "base64, one before": lambda text: base64.b64encode(f"1{text}22".encode()).decode(),
    "base64, none before": lambda text: base64.urlsafe_b64encode(f"{text}:s".encode()).decode(),
    "the first ten": lambda text: text[:10],
    "the last ten": lambda text: text[-10:],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found(form: str) -> None:
    """As programs write it, also cut short to one of its ends."""
    assert Search({"it": SECRET}).packed(f"so {FORMS[form](SECRET)} it is".encode()) == {"it"}


@pytest.mark.parametrize("container", packed_in_every_way(""))
def test_every_container_is_looked_into(container: str) -> None:
    """However it is packed; and a container without it is clean."""
    search = Search({"it": SECRET, "other": Planted.of("x").bearer_token})
    assert search.packed(packed_in_every_way(SECRET)[container]) == {"it"}
    assert not search.packed(packed_in_every_way("nothing at all")[container])


def test_files_are_searched_and_their_names(tmp_path: Path) -> None:
    """In folders of folders, hidden ones too."""
    odd = Planted.of("a name").consumer_key
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.bin").write_bytes(packed_in_every_way(SECRET)["zip"])
    (tmp_path / odd).write_bytes(b"")
    (tmp_path / "clean").write_bytes(b"nothing")
    found = Search({"it": SECRET, "name": odd}).files(tmp_path)
    assert [*found.values()] == [{"it"}, {"name"}]


def test_nothing_is_found_by_chance() -> None:
    """Keys of one place are not those of another, in any form."""
    search = Search(Planted.of("here").parts() | {"odd": Planted.of("odd", odd=True).bearer_token})
    other = " ".join(Planted.of("there", odd=True).parts().values())
    assert not [found for layer in layers(other.encode()) for found in search.packed(layer)]


# Not of this file: frames of tests are left out, for they hold what was planted.
FAIL = """
def fail(given):
    held = [given]
    try:
        raise KeyError(len(held))
    except KeyError as error:
        raise ValueError("outer") from error
"""


def test_what_is_captured_holds_what_is_said(tmp_path: Path) -> None:
    """A line of a log, a warning, a print, and locals of frames, also those of a cause."""
    with Captured() as captured:
        sys.stdout.write(f"on stdout {SECRET}\n")
        logging.getLogger("some.library").debug("in a log %s", SECRET)
        warnings.warn(f"a warning {SECRET}", stacklevel=1)
    said = captured.text
    assert said.count(SECRET) == 3
    (tmp_path / "failing.py").write_text(FAIL)
    fail = runpy.run_path(str(tmp_path / "failing.py"))["fail"]
    with pytest.raises(ValueError, match="outer") as caught:
        fail(SECRET)
    plain = "".join(traceback.format_exception(caught.value))
    assert SECRET not in plain
    ways = shown_of(caught.value)
    search = Search({"it": SECRET})
    blind = [way for way, text in ways.items() if not search.packed(text.encode())]
    assert blind == ["str", "repr", "format", "pickle"]
