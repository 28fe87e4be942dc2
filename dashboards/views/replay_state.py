"""What the replay form says, kept in the address: a form survives a reload and can be sent to someone.

The address is the state; a link or Back that changes it changes the form. What the form begins with is left
out of the address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from dashboards.json_answers import ID

MODES: Final = {
    "step": "Step by step: each recorded call is answered anew from its recorded context",
    "closed": "Closed loop: the variant goes its own way, tools are mocked",
}
DIVERGED: Final = {
    "stop": "stop there",
    "error-to-model": "tell the model that the tool failed",
}
MOST_RUNS: Final = 1_000
MOST_STEPS: Final = 99_999
MOST_REPEATS: Final = 1_000
MOST_TOGETHER: Final = 256
LONGEST: Final = 30_000  # characters of an address that servers and proxies still take
PREVIEW: Final = "replay-form-preview"  # the key of the button
_WRITTEN: Final = "replay-form-written"
_KEPT: Final = "replay-form-kept"


class Field(NamedTuple):
    """How one field stands in the address: `read` makes its widget's value of what stands there."""

    read: Callable[[Sequence[str]], Any]
    write: Callable[[Any], list[str]]


def lines(text: str) -> list[str]:
    """Return the lines of a text that say anything."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(usual: int, most: int) -> Field:
    def read(values: Sequence[str]) -> int:
        said = values[0] if values else ""
        return (
            min(max(1, int(said)), most) if said.isascii() and said.isdecimal() and len(said) < 9 else usual
        )

    return Field(read, lambda value: [] if value == usual else [str(value)])


def _one_of(words: Sequence[str]) -> Field:
    def read(values: Sequence[str]) -> str:
        return values[0] if values and values[0] in words else words[0]

    return Field(read, lambda value: [] if value == words[0] else [value])


_LINES: Final = Field("\n".join, lines)
_TEXT: Final = Field(
    lambda values: values[0] if values else "", lambda value: [value] if value.strip() else []
)
_FLAG: Final = Field(lambda values: list(values[:1]) == ["1"], lambda value: ["1"] if value else [])
_RUNS: Final = Field(
    lambda values: "\n".join([run for run in values if ID.fullmatch(run)][:MOST_RUNS]), lines
)
FIELDS: Final[Mapping[str, Field]] = {
    "run": _RUNS,
    "find": _TEXT,
    "mode": _one_of(list(MODES)),
    "step": _number(1, MOST_STEPS),
    "repeat": _number(1, MOST_REPEATS),
    "follow": _FLAG,
    "diverged": _one_of(list(DIVERGED)),
    "model": Field(list, list),
    "baseline": _FLAG,
    "prompt": _TEXT,
    "param": _LINES,
    "pack": _LINES,
    "policy": _TEXT,
    "fault": _LINES,
    "budget": _TEXT,
    "together": _number(8, MOST_TOGETHER),
    "unpriced": _FLAG,
}


def widget(key: str) -> str:
    """Return the key of the widget of a field."""
    return f"replay-form-{key}"


def restore(step: int | None) -> None:
    """Give every widget the value that the address says; `step`, where one is known, if it says none.

    A click may come with the address of a moment ago, which does not say yet what was typed since: where a
    widget was changed or the preview is asked for, the form is right, else the address.
    """
    given = _given()
    state = st.session_state
    kept: Mapping[str, Any] = state.get(_KEPT, {})
    is_used = bool(state.get(PREVIEW)) or any(
        state[widget(key)] != value for key, value in kept.items() if widget(key) in state
    )
    is_other = state.get(_WRITTEN) != given and not is_used
    if is_other and step is not None and not given["step"]:
        given["step"] = [str(step)]
    for key, field in FIELDS.items():
        if is_other or widget(key) not in state:
            state[widget(key)] = field.read(given[key])


def keep(said: Mapping[str, Any]) -> bool:
    """Write the values of the drawn widgets into the address; return whether all of them have room there."""
    written = {key: field.write(said[key]) if key in said else [] for key, field in FIELDS.items()}
    fits = len(urlencode(written, doseq=True)) <= LONGEST
    if not fits:
        written |= {"prompt": [], "policy": []}
        if len(urlencode(written, doseq=True)) > LONGEST:
            written = _given()
    if written != _given() or "span" in st.query_params:
        rest = {key: st.query_params.get_all(key) for key in st.query_params if key not in {*FIELDS, "span"}}
        st.query_params.from_dict(rest | {key: values for key, values in written.items() if values})
    st.session_state[_WRITTEN] = written
    st.session_state[_KEPT] = dict(said)
    return fits


def _given() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in FIELDS}
