"""Two runs are compared step by step: what differs, what it cost, and what the model had been given."""

from __future__ import annotations

from typing import Any

import pytest

from spotlight.errors import NotFound
from spotlight.reports.context_difference import context_difference
from spotlight.reports.first_bad_run import divergence, first_bad
from spotlight.reports.nearest_good import likeness, nearest_good
from spotlight.reports.run_diff import run_diff
from spotlight.reports.run_diff_parts import differing
from spotlight.reports.transcript import Step
from tests.command import spotlight, spotlight_json
from tests.conftest import SampleLake

# The renewal agent's first version for one account, and its second for another, to whom no mail can be sent.
V1, V2 = "9c75985e032c9ff96a22241abcba5d13", "4d85b18e61267935dd07a3c65fe4dc91"
# A run in which one agent hands over to another.
HANDED_OVER = "56819912"


def test_every_step_stands_beside_its_like(sample_lake: SampleLake) -> None:
    """Both versions take the same seven steps with other words; the mail of the second fails."""
    found = run_diff(sample_lake.reports, V1, V2)
    assert [
        ("llm", ("user", "calls")),
        ("crm_get_account", ("arguments", "result")),
        ("llm", ("calls",)),
        ("search_docs", ("arguments",)),
        ("llm", ("calls",)),
        ("send_email", ("arguments", "result", "error")),
        ("llm", ("answer",)),
    ] == [
        (found.b.steps[row.b or 0].name.replace("ChatOpenAI", "llm"), row.differs)
        for row in found.rows
        if row.op == "changed"
    ]
    assert (0, 0) == (found.a.without_content, found.b.without_content)


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ('{"args": [], "kwargs": {"id": 1}}', ()),
        ('{"args": [], "kwargs": {"id": 2}}', ("arguments",)),
        ('{"args": [1], "kwargs": {"id": 1}}', ("arguments",)),
    ],
)
def test_arguments_of_a_python_call_are_those_it_names(told: str, parts: tuple[str, ...]) -> None:
    """Clients that record the function and clients that record the call tell of the same arguments."""
    step = Step(
        0, "t", "s", "tool", "search", None, None, "search", 0, None, None, None, (), (), 0, 0,
        '{"id": 1}', None, None, None, None, False, None, "full", (),
    )  # fmt: skip
    assert parts == differing(step, step._replace(arguments=told))


def test_totals_are_those_of_the_runs(sample_lake: SampleLake) -> None:
    """Cost, time and tokens agree with the rows of the runs; nothing is left out."""
    found = run_diff(sample_lake.reports, V1, V2)
    totals = {total.name: total for total in found.totals}
    for name, column in {
        "duration": "duration_ms",
        "input": "input_tokens",
        "output": "output_tokens",
        "model calls": "generations",
        "tool calls": "tool_calls",
        "failed": "failed_tool_calls",
    }.items():
        assert (found.a.run[column], found.b.run[column]) == (totals[name].a, totals[name].b), name
    assert found.b.run["cost_usd"] == pytest.approx(totals["cost"].b)
    assert {0} == {total.missing_a + total.missing_b for total in found.totals}


def test_the_context_before_the_first_difference_is_compared(sample_lake: SampleLake) -> None:
    """The second version was told more, was sent another question, and streamed."""
    found = run_diff(sample_lake.reports, V1, V2).divergence
    assert found is not None
    assert found.context is not None
    assert (0, 0) == (found.row, found.deed_row)
    changes = {change.part: change for change in found.context.changes}
    assert {"system", "parameters", "messages"} == set(changes)
    assert ("tools", "model") == found.context.same
    added = " ".join(piece.text for piece in changes["system"].words if piece.op == "added")
    assert "Never invent prices." in added
    assert "stream: false → true" == changes["parameters"].said
    assert "1 changed; first at message 1" == changes["messages"].said


def test_a_run_does_not_differ_from_itself(sample_lake: SampleLake) -> None:
    """Every row is equal, no total changes, and there is no divergence."""
    found = run_diff(sample_lake.reports, V1, V1)
    assert {"equal"} == {row.op for row in found.rows}
    assert None is found.divergence
    assert all(total.a == total.b for total in found.totals)


def test_a_side_can_be_one_sub_agent(sample_lake: SampleLake) -> None:
    """A thread is compared alone: its own steps and time; what is no sub-agent is refused."""
    whole = run_diff(sample_lake.reports, HANDED_OVER, HANDED_OVER)
    thread = whole.b.agents[-1]
    found = run_diff(sample_lake.reports, HANDED_OVER, HANDED_OVER, agent_b=thread.span_id)
    assert (thread.agent, thread.duration_ms) == (found.b.agent, found.b.duration_ms)
    assert 0 < len(found.b.steps) < len(found.a.steps)
    assert len(found.a.steps) - len(found.b.steps) == sum(row.op == "removed" for row in found.rows)
    with pytest.raises(NotFound, match="no sub-agent"):
        run_diff(sample_lake.reports, HANDED_OVER, V1, agent_a="0000000000000000")


def document(**told: Any) -> dict[str, Any]:
    """Return a span document with a context."""
    messages = {"system": [], "input": [], "tools": []} | told.pop("messages", {})
    return {"span": {"span_id": "s", "response_model": "m", **told}, "messages": messages}


def test_what_only_one_call_recorded_is_unknown() -> None:
    """A context that was not sent is not another context; drawn ids are no difference."""
    said = {"role": "user", "parts": [{"type": "text", "content": "hi", "id": "1"}]}
    again = {"role": "user", "parts": [{"type": "text", "content": "hi", "id": "2"}]}
    found = context_difference(document(), document(messages={"input": [said]}, model_params={"n": 1}))
    assert ((), ("model",)) == (found.changes, found.same)
    assert ("system", "tools", "parameters", "messages") == found.unknown
    both = [document(messages={"input": [message]}) for message in (said, again)]
    assert ("system", "model", "messages") == context_difference(*both).same


def test_the_nearest_good_run_asks_most_alike(sample_lake: SampleLake) -> None:
    """Of an agent's good runs the one whose question shares most words is chosen, and why is said."""
    found = nearest_good(sample_lake.reports, V2)
    assert found.run_id is not None
    good = sample_lake.reports.run(found.run_id)
    assert ("ok", "renewal-agent") == (good["status"], good["pack_name"])
    assert 1.0 == found.likeness
    assert "renewal-agent" in found.why
    assert "100 % of the words" in found.why


def test_without_a_good_run_the_reason_is_said(sample_lake: SampleLake) -> None:
    """An agent that never ended well has no good run."""
    lonely = "771d22ccf5d32bf78356c9f9dac95e8a"
    found = nearest_good(sample_lake.reports, lonely)
    assert (None, "no other run of pack renewal-voice ended well") == (found.run_id, found.why)
    assert None is divergence(sample_lake.reports, lonely)


@pytest.mark.parametrize(
    ("a", "b", "share"),
    [("Renew the plan", "renew THE plan", 1.0), ("a b", "b c", 1 / 3), ("a", "b", 0.0), ("", "a", None)],
)
def test_likeness_is_the_share_of_shared_words(a: str, b: str, share: float | None) -> None:
    """Case does not matter; nothing said is unknown."""
    assert share == likeness(a, b)


def test_a_failed_run_opens_at_its_failure(sample_lake: SampleLake) -> None:
    """The failed mail is the first bad step by every rule; a good run has none."""
    found = first_bad(sample_lake.reports, V2)
    assert found is not None
    assert "SMTP 550" in found.why
    assert None is first_bad(sample_lake.reports, V1)


def test_diff_is_printed(sample_lake: SampleLake) -> None:
    """`spotlight diff` tells rows, totals and the first difference, as a table and as JSON."""
    done = spotlight("diff", V1[:8], V2[:8], "--data", sample_lake.data)
    assert "first difference: line 1" in done.stdout
    assert "+ ALWAYS look" in done.stdout
    assert "send_email failed" in done.stdout
    found = spotlight_json("diff", V2[:8], "--nearest", "--data", sample_lake.data)
    assert 1.0 == found["nearest"]["likeness"]
    assert V2 == found["b"]["run"]["run_id"]
    assert found["divergence"]["row"] == next(
        at for at, row in enumerate(found["rows"]) if row["op"] != "equal"
    )


def test_diff_needs_two_runs_or_a_good_one(sample_lake: SampleLake) -> None:
    """One run alone is a mistake in use; a run without a good one like it ends with the reason."""
    assert 2 == spotlight("diff", V1, "--data", sample_lake.data, check=False).returncode
    done = spotlight("diff", "771d22cc", "--nearest", "--data", sample_lake.data, check=False)
    assert (1, True) == (done.returncode, "no other run of pack renewal-voice ended well" in done.stderr)
