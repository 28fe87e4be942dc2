"""What a plan will ask, cover and cost, before it is launched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import streamlit as st

from dashboards.replaying import Prepared
from dashboards.text import NOTHING, duration, escape, money, tokens
from replay.preview_tools import by_variants

MOST_REASONS: Final = 8


def counted(counts: Mapping[str, int]) -> str:
    """Return counts by what they count, as safe Markdown; "none" where there is none."""
    return ", ".join(f"{number:,} {escape(name)}" for name, number in counts.items()) or "none"


def draw_preview(prepared: Prepared) -> None:
    """Draw the preview of a plan."""
    ahead, plan = prepared.ahead, prepared.sealed.plan
    st.markdown("**Before it begins**")
    effect = ahead.smallest_effect
    limit = "no budget" if plan.budget_usd is None else f"budget {money(float(plan.budget_usd))}"
    unpriced = f" · {ahead.unpriced_calls:,}?" if ahead.unpriced_calls else ""
    if unpriced:
        limit += (
            f"; {ahead.unpriced_calls:,} {'call has' if ahead.unpriced_calls == 1 else 'calls have'} no price"
        )
    sent = f"about {tokens(ahead.input_tokens)} tokens in" if ahead.input_tokens else "no tokens are sent"
    trials = f"{ahead.items:,} {'trial' if ahead.items == 1 else 'trials'}: runs × variants × repeats"
    tiles = (
        ("Runs", f"{ahead.cases:,}", trials),
        ("Model calls", f"{ahead.calls:,}", sent),
        ("Expected cost", money(float(ahead.expected_usd)) + unpriced, limit),
        ("Cost at worst", money(float(ahead.worst_usd)) + unpriced, "reserved before each call"),
        (
            "Time, about", duration(ahead.seconds * 1000) if ahead.seconds else "at once",
            f"{plan.concurrency:,} calls in flight",
        ),
        (
            "Smallest effect", NOTHING if effect is None else f"{effect:.0%}",
            "so few runs show none" if effect is None else "in success, that so many runs show",
        ),
    )  # fmt: skip
    with st.container(key="tiles"):
        for column, (label, value, about) in zip(st.columns(len(tiles)), tiles, strict=True):
            with column.container(border=True, height="stretch", key=f"tile-replay-{label}"):
                st.metric(label, value)
                st.caption(escape(about))
    st.markdown("\n".join(f"- {line}" for line in _lines(prepared)))


def _lines(prepared: Prepared) -> Iterator[str]:
    """Yield what else is to be known, each as safe Markdown."""
    ahead, plan = prepared.ahead, prepared.sealed.plan
    mode = "step by step" if plan.mode == "step" else "closed loop, tools mocked"
    names = ", ".join(escape(variant.name) for variant in plan.all_variants())
    yield f"Variants, {mode}, from model call {plan.from_step}: {names}"
    yield f"Recordings by how complete they are: {counted(ahead.grades)}"
    for variants, rungs in by_variants(ahead.rungs) if ahead.rungs else ():
        of = f" of {escape(variants)}" if variants else ""
        yield f"Tool calls{of}, if asked as recorded, are answered by: {counted(rungs)}"
    yield f"Models: {counted(ahead.models)}"
    for model, reason in ahead.unpriced.items():
        yield f"No price: {escape(model)}: {escape(reason, 300)}"
    for what, reasons in (("not asked", ahead.skipped), ("refused", ahead.refused)):
        for reason, number in list(reasons.items())[:MOST_REASONS]:
            yield f"{number:,} {'step is' if number == 1 else 'steps are'} {what}: {escape(reason, 300)}"
        if len(reasons) > MOST_REASONS:
            yield f"{sum(list(reasons.values())[MOST_REASONS:]):,} more steps are {what} for other reasons"
    for run_id, reason in prepared.left_out[:MOST_REASONS]:
        yield f"Left out: run {escape(run_id)}: {escape(reason, 300)}"
    if prepared.beyond:
        yield f"Left out: {prepared.beyond:,} more runs that the search finds: {plan.most_runs:,} at most"
    if len(prepared.left_out) > MOST_REASONS:
        yield f"{len(prepared.left_out) - MOST_REASONS:,} more runs are left out"
