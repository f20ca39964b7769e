"""Space between the texts of a body is taken out, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.tables.readers.squeeze import squeeze

words = st.text(st.sampled_from('a "{}[]:,\n\t\\é1'), max_size=6)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 99), st.floats(-1, 1), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=12,
)


@given(value=values, indent=st.sampled_from([None, 0, 1, 3, "\t", " \r\n"]), ascii_=st.booleans())
def test_what_is_left_is_the_compact_form(value: Any, indent: Any, ascii_: bool) -> None:
    """However JSON was printed; or nothing is given, as where a quote is within a text."""
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_).encode()
    printed = json.dumps(value, indent=indent, ensure_ascii=ascii_).encode()
    found = squeeze(b" " + printed + b"\n")
    if found is None:
        assert b'\\"' in printed or printed[-1:] not in b'}]"'
    else:
        assert found == compact


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"a b":"c  d"}',
        b'{"a":1 2}',
        b'{"a":tru e}',
        b'{"a\\"b": "c d"}',
        b'["a": nu ll]',
    ],
)
def test_nothing_is_given_where_there_is_nothing_to_do_or_no_telling(body: bytes) -> None:
    """What was apart stays apart: two numbers never become one."""
    assert squeeze(body) is None


@given(body=st.text(st.sampled_from('{}[]:,"0a \n')).map(str.encode))
def test_what_is_no_json_stays_none(body: bytes) -> None:
    """Without its space a body is JSON only if it was, and says the same."""
    found = squeeze(body)
    if found is not None:
        assert _parsed(found) == _parsed(body)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return "no JSON"
