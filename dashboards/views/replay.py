"""The replay page: a form that says what to run again and how, what that will cost, and the launch.

What the form says is kept in the address. Nothing is launched but by a press on the button, which goes over
the page's own websocket. Keys of models come from the environment of the server: there is no field for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.answers import lake, run_facets
from dashboards.json_answers import ID
from dashboards.replaying import Prepared, begin, prepare, step_of
from dashboards.text import escape
from dashboards.views.replay_preview import draw_preview
from dashboards.views.replay_state import (
    DIVERGED,
    MODES,
    MOST_REPEATS,
    MOST_STEPS,
    MOST_TOGETHER,
    PREVIEW,
    keep,
    lines,
    restore,
    widget,
)
from spotlight.errors import SpotlightError

PREPARED: Final = "replay-prepared"
FAULTS_HELP: Final = "One a line: KIND@TOOL,SETTING=VALUE, as in error@search,nth=2,status=503"


def _step_asked() -> int | None:
    """Return the model call that the address means by a span of its first run."""
    runs, span = st.query_params.get_all("run"), st.query_params.get("span", "")
    if not runs or not ID.fullmatch(runs[0]) or not ID.fullmatch(span):
        return None
    return step_of(runs[0], span)


def _what() -> dict[str, Any]:
    """Draw which runs are replayed, from where and how often; return it as typed."""
    left, right = st.columns(2)
    runs = left.text_area(
        "Runs", height=90, key=widget("run"), placeholder="9c75985e",
        help="Ids, one a line; the beginning of an id is enough",
    )  # fmt: skip
    search = right.text_input(
        "And the runs of a search", key=widget("find"), placeholder="status:error tool:search",
        help="As in the list of runs",
    )  # fmt: skip
    mode = st.radio("How", list(MODES), format_func=MODES.__getitem__, key=widget("mode"))
    first, second, third = st.columns([1, 1, 2], vertical_alignment="bottom")
    step = first.number_input(
        "From model call", 1, MOST_STEPS, key=widget("step"),
        help="Counted from 1; what was before it stays as recorded",
    )  # fmt: skip
    repeat = second.number_input(
        "Repeats", 1, MOST_REPEATS, key=widget("repeat"), help="Of each run, by each variant"
    )
    said: dict[str, Any] = {"run": runs, "find": search, "mode": mode, "step": step, "repeat": repeat}
    if mode == "step":
        follow = third.checkbox(
            "Follow the first step that decides otherwise", key=widget("follow"),
            help="Goes on from there in a closed loop, tools mocked",
        )  # fmt: skip
        return said | {"follow": follow}
    diverged = third.selectbox(
        "A tool call that nothing answers", list(DIVERGED), format_func=DIVERGED.__getitem__,
        key=widget("diverged"),
    )  # fmt: skip
    return said | {"diverged": diverged}


def _changed() -> dict[str, Any]:
    """Draw what is changed; return it as typed."""
    st.markdown("**What changes**")
    given = lake()
    offered = ["recorded", *given.ask(run_facets).get("models", [])[:50]]
    models = st.multiselect(
        "Models", offered,
        accept_new_options=True, placeholder="as recorded", key=widget("model"),
        help="provider:name, as in openai:gpt-5, or a name of the recorded provider's; several are variants "
        "beside each other. `recorded` answers from the recording itself: free, for trying a plan. Keys come "
        "from the environment of the server.",
    )  # fmt: skip
    baseline = st.checkbox(
        "Ask everything unchanged, too: how much answers differ by themselves",
        help="The noise floor", key=widget("baseline"),
    )  # fmt: skip
    left, right = st.columns(2)
    prompt = left.text_area(
        "New instructions", height=110, placeholder="as recorded", key=widget("prompt"),
        help="`{{name}}` stands for a variable",
    )  # fmt: skip
    params = right.text_area(
        "Parameters",
        height=110,
        placeholder="temperature=0",
        key=widget("param"),
        help="NAME=VALUE, one a line",
    )
    packs = st.text_area(
        "Packs", height=68, placeholder="/path/of/a/pack", key=widget("pack"),
        help="Folders or files on the server, one a line: each is a variant with the pack's prompt and tools",
    )  # fmt: skip
    return {"model": models, "baseline": baseline, "prompt": prompt, "param": params, "pack": packs}


def _limits() -> dict[str, Any]:
    """Draw how tools are mocked and what may be spent; return it as typed."""
    is_said = any(st.session_state[widget(key)] for key in ("policy", "fault"))
    with st.expander("Mocked tools: policy and faults", icon=":material/handyman:", expanded=is_said):
        st.caption(
            "Recorded tools are never run: calls are answered by recordings, by these rules, or not at all."
        )
        left, right = st.columns(2)
        policy = left.text_area(
            "Policy", height=110, placeholder="tools:\n  think: {kind: ignore_args}", help="YAML",
            key=widget("policy"),
        )  # fmt: skip
        faults = right.text_area(
            "Faults", height=110, placeholder="error@search,nth=2", help=FAULTS_HELP, key=widget("fault")
        )
    first, second, third = st.columns([1, 1, 2], vertical_alignment="bottom")
    budget = first.text_input(
        "Budget, USD", placeholder="no limit", help="No call is sent that may pass it", key=widget("budget")
    )
    together = second.number_input(
        "Calls in flight", 1, MOST_TOGETHER, help="At most, at a time", key=widget("together")
    )
    unpriced = third.checkbox(
        "Ask models without a price, too", help="What they cost is in no sum and no limit",
        key=widget("unpriced"),
    )  # fmt: skip
    return {
        "policy": policy, "fault": faults, "budget": budget, "together": together, "unpriced": unpriced,
    }  # fmt: skip


def _draft(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form says as fields of a plan."""
    prompt = said["prompt"]
    draft = {
        "runs": lines(said["run"]), "search": said["find"].strip() or None, "mode": said["mode"],
        "from_step": said["step"], "repeat": said["repeat"], "models": said["model"],
        "baseline": said["baseline"], "prompt": prompt if prompt.strip() else None,
        "params": lines(said["param"]), "packs": lines(said["pack"]), "policy": said["policy"],
        "faults": lines(said["fault"]), "budget_usd": said["budget"].strip().lstrip("$") or None,
        "concurrency": said["together"], "allow_unpriced": said["unpriced"],
    }  # fmt: skip
    beside = {"follow": "follow", "diverged": "on_divergence"}
    return draft | {field: said[key] for key, field in beside.items() if key in said}


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
    restore(_step_asked())
    said = _what() | _changed() | _limits()
    if not keep(said):
        st.caption("Too long for an address: instructions and policy are not kept when the page is reloaded.")
    draft = _draft(said)
    if st.button(
        "Preview", icon=":material/preview:", key=PREVIEW,
        help="What it will ask, cover and cost; nothing is asked",
    ):  # fmt: skip
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
