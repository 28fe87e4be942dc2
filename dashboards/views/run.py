"""The run page: why did this run do that?"""

from __future__ import annotations

from typing import Any, Final, Literal

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.clock import Zone, zone
from dashboards.components.trace.component import trace_view
from dashboards.json_answers import ID
from dashboards.run_documents import documents_of
from dashboards.source import RunSource, published
from dashboards.text import UNKNOWN, duration, escape, moment, money, short_id, tokens
from dashboards.views.filters import STATUS_WORDS
from dashboards.views.navigation import ZONE, way_back
from dashboards.views.run_scores import scores_line
from dashboards.views.watch import watch
from spotlight.errors import NotFound
from spotlight.reports.source_hints import content_advice

# Grades of which a replay never claims the same context: the reason stands on the page.
_NO_SAME_CONTEXT: Final = ("partial", "none")
BADGES: Final[dict[str, Literal["green", "red", "orange"]]] = {
    "ok": "green",
    "error": "red",
    "incomplete": "orange",
}
INCOMPLETE: Final = (
    "No root span has arrived: the run was killed, is still running, or its root was not sent."
)
SIGNALS: Final = {
    "log": "from log records: no spans were sent",
    "log,span": "from spans and log records",
}
WATCH_SECONDS: Final = 2


def _silent(run: dict[str, Any]) -> str:
    silent, calls = run.get("generations_without_usage"), run.get("generations")
    return f" ({silent} of {calls} calls unknown)" if silent else ""


def _cost(run: dict[str, Any]) -> str:
    """Return what the run cost at list price, and how many of its calls are not in it."""
    unpriced, usd = run.get("unpriced_generations"), run.get("cost_usd")
    noun = "call" if unpriced == 1 else "calls"
    missing = f" ({unpriced:,} {noun} without a price)" if unpriced else ""
    return f"{UNKNOWN if usd is None else money(usd)}{missing}"


def facts(run: dict[str, Any], told_in: Zone) -> list[str]:
    """Return what the header says about a run, each as safe Markdown; what is not known is left out."""
    named = []
    if run.get("pack_name") or run.get("pack_version"):
        named.append(escape(f"{run.get('pack_name') or 'pack unknown'} {run.get('pack_version') or ''}", 60))
    digest = short_digest(run.get("pack_digest") or "")
    if digest not in (run.get("pack_version") or ""):
        named.append(f"content {escape(digest)}")
    whose = (("agent", "agent_name", 40), ("session", "session_id", 40), ("user", "user_id", 24))
    for label, name, limit in whose:
        if run.get(name) and not (name == "agent_name" and run[name] == run.get("pack_name")):
            named.append(f"{label} {escape(run[name], limit)}")
    if run.get("turn_id"):
        named.append(f"turn {escape(run['turn_id'], 14)}")
    models = run.get("models") or []
    counts = [run.get("input_tokens"), run.get("output_tokens")]
    usage = " → ".join(map(tokens, counts)) if any(c is not None for c in counts) else "unknown"
    named += [
        escape(moment(run.get("started_ns"), told_in)),
        "duration unknown" if run.get("duration_ms") is None else escape(duration(run["duration_ms"])),
        escape(f"tokens {usage}{_silent(run)}"),
        escape(f"cost {_cost(run)}"),
    ]
    if models:
        named.append(escape(", ".join(models), 80))
    traces = len(run.get("trace_ids") or ())
    if traces > 1:
        named.append(f"{traces:,} traces")
    if run.get("signals") in SIGNALS:
        named.append(SIGNALS[run["signals"]])
    return named


def short_digest(digest: str) -> str:
    """Return the first 8 characters of a digest, without the name of how it was made."""
    return short_id(digest.rpartition(":")[2])


def _header(run: dict[str, Any], runs_page: Page, compare_page: Page, replay_page: Page) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-header"):
        noun = "Other trace" if run.get("is_agent_run") is False else "Run"
        st.subheader(f"{noun} {escape(short_id(run['run_id']))}", anchor=False, width="content")
        color = BADGES.get(run["status"])
        st.badge(STATUS_WORDS[run["status"]] if color else "unknown", color=color or "gray")
        if run.get("replay_grade"):
            reason = run.get("replay_reason") or "the body as it was sent is recorded"
            st.badge(f"replay: {escape(run['replay_grade'])}", color="gray", help=escape(reason))
        st.caption(" · ".join(facts(run, zone())), width="stretch")
        told_in = {key: way_back()[key] for key in (ZONE,) if key in way_back()}
        st.page_link(
            compare_page,
            label="Compare with nearest good run",
            icon=":material/compare_arrows:",
            query_params={"b": run["run_id"]} | told_in,
        )
        st.page_link(
            replay_page,
            label="Replay",
            icon=":material/replay:",
            query_params={"run": run["run_id"]} | told_in,
        )
        st.page_link(
            runs_page,
            label="All runs",
            icon=":material/arrow_back:",
            query_params=way_back(),
        )


def _said_plainly(run: dict[str, Any]) -> None:
    """Say in a line what is wrong with the run as a whole."""
    said = [INCOMPLETE] if run["status"] == "incomplete" else []
    missing = run.get("missing_parents") or 0
    if missing:
        noun = "span" if missing == 1 else "spans"
        said.append(f"The parents of {missing:,} {noun} have not arrived; they are marked in the tree.")
    if said:
        st.warning(" ".join(said), icon=":material/hourglass_empty:")
    if run.get("replay_grade") in _NO_SAME_CONTEXT and run.get("generations"):
        unsaid = run["replay_grade"] == "none"
        advice = content_advice(str(run.get("dialects") or "").split(",")) if unsaid else ""
        reason = f"{run['replay_reason']}. {advice}".rstrip()
        st.caption(escape(f"Replay {run['replay_grade']}: {reason}", 600))


def _replay_line(run: dict[str, Any]) -> None:
    """Say of a replay what it is one of, with the ways to what it is held against."""
    original = run.get("replay_of")
    if not original:
        return
    zone_said = {key: way_back()[key] for key in (ZONE,) if key in way_back()}
    by = f" by {escape(run['variant'], 80)}" if run.get("variant") else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="replay-line"):
        st.caption(f"Replay of run {escape(short_id(original))}{by}, tools mocked", width="content")
        ways = [
            ("Recorded run", "run", {"run": original}),
            ("Compare with it", "compare", {"a": original, "b": run["run_id"]}),
        ]
        if run.get("experiment_id"):
            ways.append(("All variants", "experiment", {"id": run["experiment_id"]}))
        for label, path, query in ways:
            st.page_link(
                st.Page(lambda: None, title=label, url_path=path), label=label, query_params=query | zone_said
            )


def _more_of(source: RunSource, run: dict[str, Any]) -> bool:
    """Return whether more of the run was assembled than is drawn."""
    return source.run(run["run_id"]).get("assembled_position") != run.get("assembled_position")


def _nothing(runs_page: Page, error: str, hint: str) -> None:
    st.subheader("Run", anchor=False)
    st.warning(error, icon=":material/search_off:")
    st.caption(hint)
    st.page_link(runs_page, label="All runs", icon=":material/arrow_back:", query_params=way_back())


def draw(runs_page: Page, compare_page: Page, replay_page: Page) -> None:
    """Draw the page of the run that the address names."""
    source = published().source
    run_id = st.query_params.get("run")
    if not run_id:
        _nothing(runs_page, "No run is chosen.", "Pick one from the list of runs.")
        return
    if not ID.fullmatch(run_id):
        _nothing(runs_page, "That is not the id of a run.", "Ids are 1 to 128 letters, digits or \\_ . : -")
        return
    try:
        version = source.data_version()
        run = source.run(run_id)
    except NotFound as exc:
        _nothing(
            runs_page, escape(exc.message, 200), "It may be in another data folder. Go back to all runs."
        )
        return
    documents_of(source).expect(run["run_id"])
    _header(run, runs_page, compare_page, replay_page)
    _replay_line(run)
    _said_plainly(run)
    scores_line(source.run_scores(run["run_id"]), run["run_id"], zone())
    position = run.get("assembled_position") or 0
    trace_view(run["run_id"], f"{version}-{position}", st.query_params.get("span"), zone().name)
    if run["status"] == "incomplete":
        watch(source, version, WATCH_SECONDS, lambda: _more_of(source, run))
