"""Colours that everybody can tell apart, on a light page as on a dark one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

_LIGHT_TEXT: Final = 0.4
"""Text of a higher luminance is meant for a dark page."""


@dataclass(frozen=True)
class Colours:
    """What a plot is drawn with.

    Attributes
    ----------
    page
        About the colour behind the plot: white or black.
    ink
        Text, and marks as strong as text.
    muted
        Text that says less, and marks of what is not there.
    first, second
        Of one series, or of two.
    several
        Of more series; the first two among them.

    Notes
    -----
    Of the palette by Okabe and Ito (jfly.uni-koeln.de/color), which colour-blind people can tell
    apart. No one of its colours is easily seen on white and on black alike, so that each page has
    its own. WCAG 2 asks for a contrast of 4.5 for text and of 3 for marks: all have it, also on the
    dark grey (#111111) of JupyterLab.
    """

    page: str
    ink: str
    muted: str
    several: tuple[str, ...]

    @property
    def first(self) -> str:
        """The colour of one series."""
        return self.several[0]

    @property
    def second(self) -> str:
        """The colour of a second one."""
        return self.several[1]


_BLUE, _VERMILLION, _GREEN, _PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
_SKY, _ORANGE = "#56B4E9", "#E69F00"
LIGHT: Final = Colours(
    page="#FFFFFF",
    ink="#000000",
    muted="#6F6F6F",
    several=(_BLUE, _VERMILLION, _GREEN, _PURPLE),
)
DARK: Final = Colours(
    page="#000000",
    ink="#FFFFFF",
    muted="#A6A6A6",
    several=(_SKY, _ORANGE, _GREEN, _PURPLE),
)


def colours_of(ax: Axes) -> Colours:
    """Choose colours by the text of the axes: light text is meant for a dark page.

    The page itself does not tell, for a notebook's theme shines through a transparent figure.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> colours_of(ax) is LIGHT
    True
    >>> ax.xaxis.label.set_color("white")
    >>> colours_of(ax) is DARK
    True
    """
    return DARK if luminance(ax.xaxis.label.get_color()) > _LIGHT_TEXT else LIGHT


def luminance(colour: ColorType) -> float:
    """Say how much light a colour gives, as WCAG 2 reckons: 0 for black, 1 for white.

    Parameters
    ----------
    colour
        Any that matplotlib knows.

    Examples
    --------
    >>> luminance("black"), round(luminance("#777777"), 2), luminance("white")
    (0.0, 0.18, 1.0)
    """
    from matplotlib.colors import to_rgb

    red, green, blue = (_linear(one) for one in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
