# ruff: noqa: INP001 -- Sphinx reads it by its place
"""How the pages are built: ``make docs``. A warning is an error, a broken reference a warning."""

from __future__ import annotations

import sys
from pathlib import Path

from engagement_kit.version import VERSION

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

project = "engagement_kit"
author = "The engagement_kit authors"
copyright = f"2026, {author}"  # noqa: A001 -- Sphinx reads this name
version = release = VERSION

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_click",
    "front_door",
]
exclude_patterns = ["extensions", "pictures"]
suppress_warnings: list[str] = []
nitpicky = True
# The standard library and other packages: to know their pages, a build would have to ask them.
_ELSEWHERE = (
    "_duckdb", "collections", "datetime", "duckdb", "matplotlib", "numpy", "os", "pandas",
    "pathlib", "polars", "pyarrow", "types", "typing",
)  # fmt: skip
nitpick_ignore_regex = [("py:.*", rf"({'|'.join(_ELSEWHERE)})\..*")]
# What lies behind an attribute without being anybody's business: it may change with any release.
nitpick_ignore = [
    ("py:class", f"engagement_kit.{inner}")
    for inner in (
        "client.follow_log.Log",
        "client.follow_spec.Spec",
        "client.follower.Tick",
        "client.one_liners.Options",
        "client.standing.Standing",
        "question.riding.Riding",
    )
]

# Markdown: headings are anchors, as on the forge, so that one link serves there and here.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

# Docstrings: a table of the members, then each of them, in the order of the alphabet.
default_role = "named"
add_module_names = True  # `front_door` shortens them to what a person types
autodoc_member_order = "groupwise"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
python_use_unqualified_type_names = True
autosummary_generate = False  # the pages are written by hand, a page for each room
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False
numpydoc_show_inherited_class_members = False
numpydoc_validation_checks: set[str] = set()  # tests/docs/ checks docstrings, with reasons

smartquotes = False  # it would make one dash of the two of an option

# The look. Furo brings its own scripts and takes the fonts of the reader's system: pages ask no
# other host for anything.
html_theme = "furo"
html_title = f"engagement_kit {VERSION}"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
