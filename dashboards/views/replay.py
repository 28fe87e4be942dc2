"""The replay page: a form that says what to run again and how, what that will cost, and the launch.

An address fills the form in; nothing is launched but by a press on the button, which goes over the page's own
websocket. Keys of models come from the environment of the server: there is no field for them.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.answers import lake, run_facets
from dashboards.json_answers import ID
from dashboards.replaying import Prepared, begin, prepare, step_of
from dashboards.text import escape
from dashboards.views.replay_preview import draw_preview
from spotlight.errors import SpotlightError

PREPARED: Final = "replay-prepared"
MOST_RUNS: Final = 1_000
MODES: Final = {
    "step": "Step by step: each recorded call is answered anew from its recorded context",
    "closed": "Closed loop: the variant goes its own way, tools are mocked",
}
DIVERGED: Final = {
    "stop": "stop there",
    "error-to-model": "tell the model that the tool failed",
}
FAULTS_HELP: Final = "One a line: KIND@TOOL,SETTING=VALUE, as in error@search,nth=2,status=503"


def _asked() -> tuple[list[str], int]:
    """Return the runs that the address names, and the step that its `step` or `span` says."""
    runs = [run for run in st.query_params.get_all("run") if ID.fullmatch(run)][:MOST_RUNS]
    step, span = st.query_params.get("step", ""), st.query_params.get("span", "")
    if step.isascii() and step.isdecimal() and 0 < len(step) < 6:
        return runs, max(1, int(step))
    if runs and ID.fullmatch(span):
        return runs, step_of(runs[0], span) or 1
    return runs, 1


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _what() -> dict[str, Any]:
    """Draw which runs are replayed, from where and how often; return it as fields of a plan."""
    runs, step = _asked()
    left, right = st.columns(2)
    text = left.text_area(
        "Runs", "\n".join(runs), height=90, help="Ids, one a line; the beginning of an id is enough"
    )
    search = right.text_input(
        "And the runs of a search", placeholder="status:error tool:search", help="As in the list of runs"
    )
    mode = st.radio("How", list(MODES), format_func=MODES.__getitem__)
    first, second, third = st.columns([1, 1, 2], vertical_alignment="bottom")
    said: dict[str, Any] = {
        "runs": _lines(text), "search": search.strip() or None, "mode": mode,
        "from_step": first.number_input(
            "From model call", 1, 99_999, step, help="Counted from 1; what was before it stays as recorded"
        ),
        "repeat": second.number_input("Repeats", 1, 1_000, 1, help="Of each run, by each variant"),
    }  # fmt: skip
    if mode == "step":
        follow = third.checkbox("Follow: go on in a closed loop from the first step that decides otherwise")
        return said | {"follow": follow}
    diverged = third.selectbox(
        "A tool call that nothing answers", list(DIVERGED), format_func=DIVERGED.__getitem__
    )
    return said | {"on_divergence": diverged}


def _changed() -> dict[str, Any]:
    """Draw what is changed; return it as typed."""
    st.markdown("**What changes**")
    given = lake()
    known = given.ask(run_facets).get("models", [])
    models = st.multiselect(
        "Models", ["recorded", *known[:50]], accept_new_options=True, placeholder="as recorded",
        help="provider:name, as in openai:gpt-5, or a name of the recorded provider's; several are variants "
        "beside each other. `recorded` answers from the recording itself: free, for trying a plan. Keys come "
        "from the environment of the server.",
    )  # fmt: skip
    baseline = st.checkbox(
        "Ask everything unchanged, too: how much answers differ by themselves", help="The noise floor"
    )
    left, right = st.columns(2)
    prompt = left.text_area(
        "New instructions", height=110, placeholder="as recorded", help="`{{name}}` stands for a variable"
    )
    params = right.text_area(
        "Parameters", height=110, placeholder="temperature=0", help="NAME=VALUE, one a line"
    )
    packs = st.text_area(
        "Packs", height=68, placeholder="/path/of/a/pack",
        help="Folders or files on the server, one a line: each is a variant with the pack's prompt and tools",
    )  # fmt: skip
    return {
        "models": models, "baseline": baseline, "prompt": prompt if prompt.strip() else None,
        "params": _lines(params), "packs": _lines(packs),
    }  # fmt: skip


def _limits() -> dict[str, Any]:
    """Draw how tools are mocked and what may be spent; return it as typed."""
    with st.expander("Mocked tools: policy and faults", icon=":material/handyman:"):
        st.caption(
            "Recorded tools are never run: calls are answered by recordings, by these rules, or not at all."
        )
        left, right = st.columns(2)
        policy = left.text_area(
            "Policy", height=110, placeholder="tools:\n  think: {kind: ignore_args}", help="YAML"
        )
        faults = right.text_area("Faults", height=110, placeholder="error@search,nth=2", help=FAULTS_HELP)
    first, second, third = st.columns([1, 1, 2], vertical_alignment="bottom")
    budget = first.text_input("Budget, USD", placeholder="no limit", help="No call is sent that may pass it")
    together = second.number_input("Calls in flight", 1, 256, 8, help="At most, at a time")
    unpriced = third.checkbox(
        "Ask models without a price, too", help="What they cost is in no sum and no limit"
    )
    return {
        "policy": policy, "faults": _lines(faults), "budget_usd": budget.strip().lstrip("$") or None,
        "concurrency": together, "allow_unpriced": unpriced,
    }  # fmt: skip


def _launch(prepared: Prepared, replays_page: Page) -> None:
    """Draw the button that launches what was previewed, or why it cannot be."""
    if prepared.refusal is not None:
        st.error(escape(prepared.refusal.message, 600), icon=":material/block:")
        st.caption(
            f"{escape(prepared.refusal.hint, 300)}. Keys come from the environment that `spotlight up` was "
            "started with; a page never asks for one."
        )
        return
    if st.button("Launch replay", type="primary", icon=":material/play_arrow:"):
        begin(prepared)
        del st.session_state[PREPARED]
        st.switch_page(replays_page)


def draw(replays_page: Page) -> None:
    """Draw the page."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.subheader("Replay", anchor=False, width="content")
        st.caption("What would another model, prompt or pack have done?", width="stretch")
        st.page_link(replays_page, label="All replays", icon=":material/arrow_back:")
    draft = _what() | _changed() | _limits()
    if st.button(
        "Preview", icon=":material/preview:", help="What it will ask, cover and cost; nothing is asked"
    ):
        st.session_state.pop(PREPARED, None)
        with st.spinner("Reading the recordings…"):
            st.session_state[PREPARED] = prepare(draft)
    prepared: Prepared | None = st.session_state.get(PREPARED)
    if prepared is None:
        return
    if prepared.draft != draft:
        st.info("The form was changed since the preview: press Preview again.", icon=":material/refresh:")
        return
    try:
        draw_preview(prepared)
        _launch(prepared, replays_page)
    except SpotlightError as exc:
        st.error(escape(f"{exc.message}: {exc.hint}" if exc.hint else exc.message, 600))
