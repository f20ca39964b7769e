"""What the parameters of a class mean, read off its docstring, so that it is written only once."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from typing import Any, Final

# A heading "name, name : type" of a section of Numpydoc, and the indented text below it.
_PARAMETER: Final = re.compile(r"^([\w, ]+?) : .*\n((?:    .*\n?)+)", re.MULTILINE)


def meanings(described: type[Any]) -> dict[str, str]:
    """Return for each field of a dataclass what its docstring says of it.

    Parameters
    ----------
    described : type
        A dataclass with a docstring after Numpydoc.

    Returns
    -------
    dict of str to str
        Texts without line breaks and markup; empty where Python runs without
        docstrings.

    Examples
    --------
    >>> from engagement_kit.emulator import Settings
    >>> meanings(Settings)["ids"]
    'Whether tweet ids may be JSON numbers.'
    """
    found = dict.fromkeys((one.name for one in fields(described)), "")
    for names, text in _PARAMETER.findall(inspect.cleandoc(described.__doc__ or "") + "\n"):
        plain = " ".join(text.split()).replace("`", "")
        found |= {name: plain for name in names.split(", ") if name in found}
    return found
