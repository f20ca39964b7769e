# ruff: noqa: INP001 -- a script beside what it draws
"""Draw the design in one picture: ``python docs/pictures/design.py`` writes ``design.svg``.

The picture brings its own ground for light and dark, so that it can be read on any page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

OUT: Final = Path(__file__).with_suffix(".svg")
WIDTH, HEIGHT = 760, 666

TRIP: Final = (
    ("Query", "what is asked", "question/"),
    ("Plan", "requests, price", "question/"),
    ("Answers", "raw bytes, kept", "answers/"),
    ("Table", "a row, a number", "tables/"),
    ("Your work", "plots, files, SQL", "insight/, tables/"),
)
"""What a question becomes, what that is, and the room that makes it."""
STEPS: Final = ("plan", "fetch", "tidy", "look")
LAYERS: Final = (
    ("cli",),
    ("demo",),
    ("forms",),
    ("client", "insight"),
    ("fetch", "tables"),
    ("answers",),
    ("question",),
    ("errors", "version"),
)
"""The rooms; each knows only those below it. Rooms beside each other do not know each other."""
DOES: Final = {
    "cli": "commands",
    "demo": "three questions, as an example",
    "forms": "what a person clicks",
    "client": "the desk: joins rooms",
    "insight": "frames to findings",
    "fetch": "the only socket",
    "tables": "answers to rows",
    "answers": "the raw store: files only",
    "question": "what may be asked: pure rules",
    "errors": "what went wrong",
    "version": "its number",
}
STYLE: Final = """
  svg { --ground: #ffffff; --ink: #1c2330; --soft: #596273; --line: #9aa4b5; --box: #eef3fb;
        --edge: #3b6fd4; --other: #fdf1e2; --other-edge: #b8690f; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #171b22; --ink: #e8ecf3; --soft: #a8b1c0; --line: #6d7788; --box: #1f2a3d;
          --edge: #7ea6f4; --other: #33271a; --other-edge: #e8a65a; } }
  text { font-family: system-ui, sans-serif; font-size: 14px; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; }
  .name { font-weight: 600; }
  .soft { font-size: 12.5px; fill: var(--soft); }
  .room { font-family: ui-monospace, monospace; font-size: 13px; fill: var(--edge); }
  .box { fill: var(--box); stroke: var(--edge); stroke-width: 1.3; }
  .other { fill: var(--other); stroke: var(--other-edge); stroke-width: 1.3; }
  .line { stroke: var(--line); stroke-width: 1.6; fill: none; }
  .back { stroke: var(--edge); stroke-width: 1.6; fill: none; }
  .wall { stroke: var(--other-edge); stroke-width: 2; stroke-dasharray: 5 4; }
  .head { fill: var(--line); } .back-head { fill: var(--edge); }
"""


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "middle") -> str:
    """Write words at a place."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{words}</text>'


def box(x: float, y: float, wide: float, high: float, kind: str = "box") -> str:
    """Draw a box."""
    return f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" rx="6" class="{kind}"/>'


def arrow(path: str, kind: str = "line", head: str = "head", *, both: bool = False) -> str:
    """Draw a line with a head, or with two."""
    start = f' marker-start="url(#{head})"' if both else ""
    return f'<path d="{path}" class="{kind}" marker-end="url(#{head})"{start}/>'


def trip() -> list[str]:
    """Draw what becomes of a question, from left to right."""
    wide, gap, left, top = 122, 27, 20, 136
    made = [text(left, 34, "What becomes of a question", "title", "start")]
    for at, (name, does, room) in enumerate(TRIP):
        x = left + at * (wide + gap)
        middle = x + wide / 2
        made += [
            box(x, top, wide, 62),
            text(middle, top + 26, name, "name"),
            text(middle, top + 46, does, "soft"),
            text(middle, top + 82, room, "room"),
        ]
        if at < len(STEPS):
            made.append(arrow(f"M{x + wide + 2:g} {top + 31} h{gap - 8}"))
            made.append(text(x + wide + gap / 2, top - 8, STEPS[at], "soft"))
    plan, kept = left + wide + gap, left + 2 * (wide + gap)
    between = plan + wide + gap / 2
    made += [
        box(between - 96, 54, 192, 36, "other"),
        text(between, 77, "the API, or the emulator"),
        arrow(f"M{between:g} 111 v-14", both=True),
        text(between + 12, 110, "fetch/: HTTP", "soft", "start"),
        arrow(f"M{kept + 61} 226 v20 h-{wide + gap} v-14", "back", "back-head"),
        text(between, 264, "what is held already is not asked again", "soft"),
        text(left + 61, 264, "forms, YAML, code", "soft"),
        arrow(f"M{left + 61} 248 v-16"),
        f'<path d="M{kept + wide + 13} 60 V104 M{kept + wide + 13} 216 V270" class="wall"/>',
        text(kept + wide + 24, 70, "from here on all can be made again,", "soft", "start"),
        text(kept + wide + 24, 88, "offline, from the raw answers", "soft", "start"),
    ]
    return made


def rooms() -> list[str]:
    """Draw who may know whom, from top to bottom, and who knows nobody."""
    left, top, wide, high, gap = 20, 330, 500, 34, 6
    made = [text(left, 314, "Rooms: each knows only those below it", "title", "start")]
    for at, names in enumerate(LAYERS):
        y = top + at * (high + gap)
        each = (wide - gap * (len(names) - 1)) / len(names)
        for beside, name in enumerate(names):
            x = left + beside * (each + gap)
            made += [
                box(x, y, each, high),
                text(x + 12, y + 22, f"{name}/" if name in FOLDERS else name, "room", "start"),
                text(x + each - 12, y + 22, DOES[name], "soft", "end"),
            ]
    down = len(LAYERS) * (high + gap) - gap
    wall, other = left + wide + 22, left + wide + 44
    made += [
        f'<path d="M{wall} {top} V{top + down}" class="wall"/>',
        box(other, top, WIDTH - 20 - other, down, "other"),
    ]
    middle = (other + WIDTH - 20) / 2
    words = (
        ("emulator/", "room"),
        ("a service that answers", "soft"),
        ("like the API", "soft"),
        ("", ""),
        ("imports nothing", "name"),
        ("of the kit", "name"),
        ("", ""),
        ("client/ and cli/ start it;", "soft"),
        ("to all else it is", "soft"),
        ("the API", "soft"),
    )
    made += [text(middle, top + 46 + 21 * at, *one) for at, one in enumerate(words) if one[0]]
    return made


FOLDERS: Final = frozenset({room for layer in LAYERS for room in layer}) - {
    "demo",
    "errors",
    "version",
}


def picture() -> str:
    """Give the whole picture, as SVG."""
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="6" markerHeight="6" '
        f'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" class="{name}"/></marker>'
        for name in ("head", "back-head")
    )
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" style="fill: var(--ground)"/>'
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            "<title>What becomes of a question, and the rooms of engagement_kit</title>",
            f"<style>{STYLE}</style>",
            f"<defs>{heads}</defs>",
            ground,
            *trip(),
            *rooms(),
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    OUT.write_text(picture(), encoding="utf-8")
