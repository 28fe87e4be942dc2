"""The page of replays: how far each is, what it cost, and the buttons that stop it and go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.addresses import address
from dashboards.clock import zone
from dashboards.replaying import Listed, listed, resume, stop
from dashboards.text import duration, escape, moment, money
from dashboards.views.replay_preview import counted
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from replay.plan import Sealed
    from replay.progress import NotComplete, Progress

RUNNING_SECONDS: Final = 1
QUIET_SECONDS: Final = 10
MOST_ITEMS: Final = 20
COLORS: Final[dict[str, Any]] = {
    "running": "blue", "starting": "blue", "complete": "green", "cancelled": "orange", "stopped": "red",
}  # fmt: skip


class Ways:
    """The pages that a replay leads to."""

    def __init__(self, runs: Page, results: Page | None) -> None:
        self.runs = runs
        self.results = results


def draw(ways: Ways, replay_page: Page) -> None:
    """Draw the page; it goes on drawing itself while a replay runs."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-title"):
        st.subheader("Replays", anchor=False, width="content")
        st.caption("How far are they, what did they cost, and how did they end?", width="stretch")
        st.page_link(replay_page, label="New replay", icon=":material/add:")
    is_going = any(plan.is_going for plan in listed()[0])

    @st.fragment(run_every=RUNNING_SECONDS if is_going else QUIET_SECONDS)
    def look() -> None:
        now, known = listed()
        if any(plan.is_going for plan in now) != is_going:
            st.rerun()  # it is looked at more often, or less, from now on
        _draw_plans(now, known, ways)

    look()


def _draw_plans(plans: list[Listed], count: int, ways: Ways) -> None:
    if not plans:
        st.info(
            "Nothing was replayed yet. Open a run and press “Replay from here”, tick runs in the list of "
            "runs, or press “New replay”.",
            icon=":material/replay:",
        )
        st.page_link(ways.runs, label="Runs", icon=":material/list:")
    for plan in plans:
        with st.container(border=True, key=f"replay-{plan.id}"):
            if plan.sealed is None or plan.done is None:
                st.markdown(f"**{escape(plan.id)}**")
                st.warning(escape(plan.error, 600))
            else:
                _draw_plan(plan, plan.sealed, plan.done, ways)
    if count > len(plans):
        st.caption(f"{count - len(plans):,} older ones: `spotlight replay list`")


def _draw_plan(plan: Listed, sealed: Sealed, done: Progress, ways: Ways) -> None:
    state = "starting" if plan.is_starting and not done.is_running else done.state
    mode = "step by step" if sealed.plan.mode == "step" else "closed loop"
    names = ", ".join(escape(variant.name, 60) for variant in sealed.plan.all_variants())
    began = f" · {escape(moment(done.started_ns, zone()))}" if done.started_ns else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{escape(plan.id)}**", width="content")
        st.badge(state, color=COLORS.get(state, "gray"))
        if plan.not_complete:
            st.badge(f"{len(plan.not_complete):,} not complete", color="orange")
        noun = "run" if len(sealed.cases) == 1 else "runs"
        repeats = f" · {sealed.plan.repeat:,} repeats" if sealed.plan.repeat > 1 else ""
        st.caption(
            f"{mode} · {len(sealed.cases):,} {noun} · {names}{repeats}{began}",
            width="stretch",
        )
    st.progress(
        done.ended / done.items if done.items else 0.0,
        f"{done.ended:,} of {done.items:,} {'trial' if done.items == 1 else 'trials'} ended",
    )
    st.caption(" · ".join(_facts(sealed, done)))
    # The field of a budget has its label above it: only then do the buttons stand at the bottom.
    place: Any = "bottom" if done.outcomes.get("budget") else "center"
    with st.container(horizontal=True, vertical_alignment=place, gap="small"):
        _buttons(plan, sealed, done)
        _links(plan, done, ways)
    if plan.not_complete:
        _draw_not_complete(plan.id, plan.not_complete)
    if plan.last_words:
        with st.expander("What its process said", icon=":material/terminal:"):
            st.code(plan.last_words, language=None, wrap_lines=True)


def _draw_not_complete(replay_id: str, items: tuple[NotComplete, ...]) -> None:
    """Draw which items ended otherwise than planned, each with a link to the recorded run."""
    with st.expander(f"Not complete: {len(items):,}", icon=":material/rule:"):
        for item in items[:MOST_ITEMS]:
            at = f" at step {item.step}" if item.step is not None else ""
            said = f": {escape(item.reason, 300)}" if item.reason else ""
            run = f"[{escape(item.run[:8])}]({address('/run', {'run': [item.run]})})"
            which = f"{run} by {escape(item.variant, 60)}, repeat {item.repeat:,}"
            st.markdown(f"{which}: {escape(item.outcome)}{at}{said}")
        if len(items) > MOST_ITEMS:
            st.caption(f"{len(items) - MOST_ITEMS:,} more: `spotlight replay status {replay_id}`")


def _facts(sealed: Sealed, done: Progress) -> list[str]:
    """Return what is known of a replay so far, each as safe Markdown."""
    budget = sealed.plan.budget_usd
    limit = f" (planned with a budget of {money(float(budget))})" if budget is not None else ""
    said = [f"spent {money(float(done.spent_usd))}{limit}"]
    if done.reserved_usd:
        said.append(f"reserved for calls in flight {money(float(done.reserved_usd))}")
    if done.unpriced_calls:
        noun = "call" if done.unpriced_calls == 1 else "calls"
        said.append(f"{done.unpriced_calls:,} {noun} without a price, in no sum")
    said.append(f"model calls: {counted(done.calls)}")
    if lost := done.calls.get("lost", 0):
        said.append(f"{lost:,} lost, estimated at {money(float(done.lost_usd))} of what was spent")
    if done.outcomes:
        said.append(f"ended: {counted(done.outcomes)}")
    if done.started_ns and done.ended_ns:
        said.append(f"took {duration((done.ended_ns - done.started_ns) / 1_000_000)}")
    return [escape(text, 400) if text.startswith(("spent", "reserved", "took")) else text for text in said]


def _buttons(plan: Listed, sealed: Sealed, done: Progress) -> None:
    """Draw what can be done about a replay as it is."""
    if done.is_running:
        asked = done.is_cancelled
        if st.button("Cancelling…" if asked else "Cancel", key=f"cancel-{plan.id}", disabled=asked):
            _do(lambda: stop(plan.id))
        return
    if plan.is_starting or done.state == "complete":
        return
    budget = ""
    if done.outcomes.get("budget"):
        budget = st.text_input("Raise the budget to, USD", key=f"budget-{plan.id}", width=190)
    if st.button("Resume", key=f"resume-{plan.id}", help="What was answered is not asked again"):
        _do(lambda: resume(plan.id, budget))


def _do(act: Callable[[], None]) -> None:
    try:
        act()
    except SpotlightError as exc:
        st.error(escape(f"{exc.message}: {exc.hint}" if exc.hint else exc.message, 600))
    else:
        st.rerun()


def _links(plan: Listed, done: Progress, ways: Ways) -> None:
    """Lead to what came of a replay, once there is any."""
    if not done.sent:
        return
    if ways.results is not None:
        st.page_link(
            ways.results,
            label="Compare results",
            icon=":material/compare_arrows:",
            query_params={"id": plan.id},
        )
    st.page_link(
        ways.runs,
        label="Its runs",
        icon=":material/list:",
        query_params={"experiment": plan.id},
    )
