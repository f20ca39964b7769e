"""How the forms look: one style sheet, and the small widgets that they are made of.

Colours are those of the notebook's own theme, so that dark and light work alike. No signal is a
colour alone: problems and reasons say so in words.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

import ipywidgets as w

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["note", "problem", "reason", "mark", "status"]

_RULES: Final = """
.ek-form { max-width: 1560px; color: var(--jp-ui-font-color1, inherit); }
.ek-form .widget-html-content { line-height: 1.45; }
.ek-form h3 { margin: 10px 0 2px; font-size: 1.05em; font-weight: 600;
  border-bottom: 1px solid var(--jp-border-color2, #8888); }
.ek-form h4 { margin: 6px 0 0; font-size: 1em; font-weight: 600; }
.ek-form p { margin: 2px 0; }
.ek-form .ek-note { color: var(--jp-ui-font-color2, inherit); }
.ek-form .ek-reason { font-style: italic; color: var(--jp-ui-font-color2, inherit); }
.ek-form .ek-problem { border-left: 4px solid var(--jp-error-color1, #d32f2f);
  padding: 1px 0 1px 8px; font-weight: 600; overflow-wrap: anywhere; white-space: pre-line; }
.ek-form .ek-mark { display: inline-block; border: 1px solid var(--jp-warn-color1, #b26a00);
  padding: 0 8px; font-weight: 600; }
.ek-form .ek-status { border-left: 4px solid var(--jp-brand-color1, #1976d2);
  padding: 2px 0 2px 8px; font-weight: 600; overflow-wrap: anywhere; white-space: pre-line; }
.ek-form .ek-scroll { overflow-x: auto; max-width: 100%; margin-bottom: 8px; }
.ek-form table { border-collapse: collapse; font-size: 0.92em; }
.ek-form th, .ek-form td { text-align: left; padding: 1px 10px 1px 0; vertical-align: top;
  border-bottom: 1px solid var(--jp-border-color2, #8888); }
.ek-form td.ek-short, .ek-form th { white-space: nowrap; }
.ek-form .ek-trials td:nth-child(3) { min-width: 17em; }
.ek-form .ek-trials td:nth-child(4) { overflow-wrap: anywhere; }
.ek-form td.ek-number, .ek-form th.ek-number { text-align: right;
  font-variant-numeric: tabular-nums; }
.ek-form .widget-checkbox input:disabled + span { color: var(--jp-ui-font-color2, inherit); }
.ek-form .jupyter-widgets.widget-tab > .lm-TabBar .lm-TabBar-tab {
  color: var(--jp-ui-font-color1, inherit); }
.ek-form a { color: var(--jp-content-link-color, revert); text-decoration: underline;
  font-weight: 600; }
.ek-form .ek-framed { border: 1px solid var(--jp-border-color2, #8888); border-radius: 2px;
  padding: 0 12px 8px; margin: 0 2px 8px; }
.ek-form img { max-width: 100%; margin-top: 4px; }
.ek-form .ek-text textarea { font-family: var(--jp-code-font-family, monospace);
  font-size: 0.92em; }
"""

_SHORT: Final = 24
STRETCHED: Final = "auto"
"""As wide as there is room: 100% would be wider than that, by the margins."""


def style_sheet() -> w.HTML:
    """Make the style sheet, a widget that shows nothing."""
    return w.HTML(f"<style>{_RULES}</style>", layout=w.Layout(height="0", margin="0"))


def form(*children: w.Widget, name: str) -> w.VBox:
    """Make a whole form of its parts, with the style sheet."""
    box = w.VBox([style_sheet(), *children])
    box.add_class("ek-form")
    box.add_class(name)
    return box


def heading(text: str) -> w.HTML:
    """Make the heading of a part."""
    return w.HTML(f"<h3>{escape(text)}</h3>", layout=w.Layout(width=STRETCHED))


def words(name: str = "") -> w.HTML:
    """Make a place for words, empty at first; tests find it by its name."""
    place = w.HTML(layout=w.Layout(width=STRETCHED))
    if name:
        place.add_class(name)
    return place


def said(lines: Iterable[str], kind: Kind = "note") -> str:
    """Write lines as HTML of one kind; nothing for none. Problems and states are read aloud."""
    role = {"problem": ' role="alert"', "status": ' role="status"'}.get(kind, "")
    return "".join(f'<p class="ek-{kind}"{role}>{escape(line)}</p>' for line in lines if line)


def column(*children: w.Widget, width: str = STRETCHED) -> w.VBox:
    """Put widgets under each other."""
    return w.VBox(list(children), layout=w.Layout(width=width))


def row(*children: w.Widget) -> w.HBox:
    """Put widgets beside each other; what does not fit goes to the next line."""
    layout = w.Layout(width=STRETCHED, flex_flow="row wrap", align_items="flex-start")
    return w.HBox(list(children), layout=layout)


def panes(*children: w.Widget, least: int = 460) -> w.HBox:
    """Put parts beside each other where each has room, else under each other."""
    for child in children:
        child.layout.flex = f"1 1 {least}px"
        child.layout.width = "auto"
        child.layout.min_width = "0"
        child.layout.margin = "0"
    layout = w.Layout(width=STRETCHED, flex_flow="row wrap", align_items="flex-start")
    layout.grid_gap = "4px 24px"  # not a margin: it would move the right edge, too
    return w.HBox(list(children), layout=layout)


def labelled(maker: type[w.Widget], label: str, **options: Any) -> w.Widget:
    """Make a control whose label has the room that it needs."""
    options.setdefault("style", {"description_width": "initial"})
    return maker(description=label, **options)


def button(text: str, *, hint: str = "", strong: bool = False) -> w.Button:
    """Make a button as wide as its text."""
    made = w.Button(description=text, tooltip=hint or text, layout=w.Layout(width="auto"))
    if strong:
        made.button_style = "primary"
    return made


def text_box(label: str, rows: int = 14) -> w.Textarea:
    """Make a place for text to select and copy; what is typed into it is taken back."""
    box = w.Textarea(
        description=label,
        rows=rows,
        style={"description_width": "0"},
        layout=w.Layout(width=STRETCHED),
    )
    box.add_class("ek-text")
    return box


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[str] = ()
) -> str:
    """Write a table as HTML, each cell as the text that it is.

    Parameters
    ----------
    head, rows
        Names of columns, and their cells.
    numbers
        Columns that are set to the right.
    """
    top = "".join(_cell("th", name, name in numbers) for name in head)
    body = "".join(
        "<tr>"
        + "".join(_cell("td", one, name in numbers) for name, one in zip(head, row_, strict=True))
        + "</tr>"
        for row_ in rows
    )
    return (
        f'<div class="ek-scroll"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(tag: str, content: object, is_number: bool) -> str:
    """Write one cell; short ones, as ids and times, stay in one line."""
    text = str(content)
    kind = "ek-number" if is_number else "ek-short" if len(text) <= _SHORT else ""
    scope = ' scope="col"' if tag == "th" else ""
    aside = f' class="{kind}"' if kind and not (scope and kind == "ek-short") else ""
    return f"<{tag}{scope}{aside}>{escape(text)}</{tag}>"


def picture(figure: Figure, alt: str) -> str:
    """Write a figure as an HTML image with words for those who can't see it.

    ipywidgets' Image has no place for such words.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'


def bundle(widget: w.Widget, text: str, options: Any = None) -> Any:
    """Show a widget, and text where a front end can't: in a terminal, in nbclient's files."""
    made = widget._repr_mimebundle_(**(options or {}))
    if isinstance(made, tuple):
        made[0]["text/plain"] = text
    elif isinstance(made, dict):
        made["text/plain"] = text
    return made
