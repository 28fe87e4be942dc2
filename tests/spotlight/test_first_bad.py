"""The first bad step is the one that a rule names, and the rules come in their order."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
import pytest

from benchmarks.first_bad import Log, as_log, our_step, scores
from spotlight.assembly import assemble
from spotlight.reports.first_bad import ERROR_SIGNS, LOOP, RULES, FirstBad, Seen, error_sign, first_bad_step
from spotlight.reports.opening_step import Spending, opening_step
from tests.rows import llm, span, span_id, table

SIGNS = {
    "a Python traceback": ("output:\nTraceback (most recent call last):\n  ...", True),
    "an exit code": ("exitcode: 1 (execution failed)\nCode output: ...", True),
    "an exit code of success": ("exitcode: 0 (execution succeeded)\nerror-free", False),
    "an error first": ("Error: no such account", True),
    "an exception's name first": ("ValueError: invalid literal", True),
    "errors spoken of later": ("The report lists 3 errors in total", False),
    "an error field": ('{"error": "not found", "data": null}', True),
    "an empty error field": ('{"error": null, "data": [1]}', False),
    "an empty error text": ('{"error": "", "data": [1]}', False),
    "success denied": ('{"success": false}', True),
    "success": ('{"success": true}', False),
    "an HTTP status": ("404 Not Found", True),
    "a number": ("404 items were found", False),
    "a missing file": ("cat: notes.txt: No such file or directory", True),
    "nothing": ("", False),
}


def call(span_id: str, name: str = "search", **told: object) -> Seen:
    """Return a tool call."""
    return Seen(span_id, "tool", name, is_tool_call=True, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(("result", "is_sign"), SIGNS.values(), ids=SIGNS)
def test_results_that_read_like_errors(result: str, is_sign: bool) -> None:
    """A result is taken for an error by how it begins, and DuckDB reads the signs as Python does."""
    assert is_sign == (error_sign(result) is not None)
    found = duckdb.execute("select regexp_matches($text, $signs)", {"text": result, "signs": ERROR_SIGNS})
    assert (is_sign,) == found.fetchone()


def test_the_signs_are_one_pattern() -> None:
    """The pattern compiles alone, as it is handed to the lake."""
    assert re.compile(ERROR_SIGNS)


RULED = {
    "nothing": ([call("a"), Seen("b", "llm", "chat")], None),
    "the first failure, whichever kind": (
        [call("a"), call("b", is_failed_tool=True), Seen("c", "llm", "chat", is_error=True)],
        ("b", "failed_tool"),
    ),
    "an error before a failed tool": (
        [Seen("a", "llm", "chat", is_error=True), call("b", is_failed_tool=True)],
        ("a", "error"),
    ),
    "a failure after a result that reads like one": (
        [call("a", sign="Error"), call("b", is_failed_tool=True)],
        ("b", "failed_tool"),
    ),
    "a result that reads like an error": ([call("a"), call("b", sign="Traceback")], ("b", "error_result")),
    "a call repeated": (
        [call("a", arguments="1"), call("b", arguments="2"), call("c", arguments="1")],
        ("c", "repeated_call"),
    ),
    "a call repeated that told something new": (
        [call("a", arguments="1", result="x"), call("b", arguments="1", result="y")],
        None,
    ),
    "the same arguments of another tool": (
        [call("a", "read", arguments="1"), call("b", "write", arguments="1")],
        None,
    ),
    "arguments nobody recorded": ([call("a"), call("b")], None),
    "a model cut short": ([Seen("a", "llm", "chat", finish_reasons=("length",))], ("a", "limit")),
    "a loop": ([call(str(n), arguments=str(n)) for n in range(LOOP + 2)], (str(LOOP - 1), "limit")),
}


@pytest.mark.parametrize(("steps", "expected"), RULED.values(), ids=RULED)
def test_each_rule_names_its_step(steps: list[Seen], expected: tuple[str, str] | None) -> None:
    """The first rule that finds something decides; without one there is no first bad step."""
    found = first_bad_step(steps)
    assert expected == (found and (found.span_id, found.rule))
    assert found is None or (found.why and found.rule in {rule.name for rule in RULES})


def test_a_divergence_counts_after_failures_and_before_limits() -> None:
    """The good run is asked for only where no failure and no repetition was found."""
    parted = FirstBad("d", "divergence", "first difference")
    cut = Seen("a", "llm", "chat", finish_reasons=("length",))

    def never() -> FirstBad | None:
        raise AssertionError("the good run was asked for")

    assert parted == first_bad_step([cut], diverged=lambda: parted)
    failed = first_bad_step([call("b", is_failed_tool=True)], diverged=never)
    assert failed is not None


def test_only_a_failed_run_without_a_sign_opens_at_its_first_call() -> None:
    """A run that went well has no bad step; of one that failed, the first call is better than nothing."""
    steps = [Seen("a", "llm", "chat"), call("b"), call("c")]
    found = first_bad_step(steps, has_failed=True)
    assert (None, ("b", "first_call")) == (first_bad_step(steps), found and (found.span_id, found.rule))


def test_a_run_over_its_budget_opens_at_the_step_that_went_over() -> None:
    """Steps add up by their ends; one without a price adds nothing; a sum at the budget is within it."""
    rows = [
        span("root", kind="agent"),
        llm("a", "root"),
        llm("b", "root"),
        llm("c", "root"),
        llm("d", "root"),
    ]
    prices = {span_id("a"): 0.25, span_id("b"): None, span_id("c"): 0.5, span_id("d"): 0.25}
    found, nothing = assemble(table(rows)), pa.table({})
    over = opening_step(found, nothing, Spending(prices, 0.5))
    assert over == FirstBad(
        span_id("c"),
        "budget",
        "first limit: with this step the run had cost $0.750, more than the $0.500 that a run may",
    )
    assert None is opening_step(found, nothing, Spending(prices, 1.0))
    assert None is opening_step(found, nothing, Spending(prices))


def log(mistake: int, *told: tuple[str, str]) -> Log:
    """Return a log of (speaker, text)."""
    history = [{"name": speaker, "role": "user", "content": text} for speaker, text in told]
    return as_log(1, {"history": history, "mistake_step": str(mistake), "mistake_agent": told[mistake][0]})


def test_a_log_of_messages_is_judged_by_the_same_rules() -> None:
    """What the terminal answers belongs to the message that asked it; a random step counts by chance."""
    coder = ("Coder", "```python\nx```")
    answered = log(1, ("User", "go"), coder, ("Computer_terminal", "exitcode: 1 (execution failed)"), coder)
    assert 1 == our_step(answered)
    by_way = {score.way: (score.answered, score.exact, score.within_1) for score in scores([answered])}
    assert (1, 1, 1) == by_way["first bad step"]
    assert (1, 0, 0) == by_way["last step"]
    assert (1, 1 / 4, 3 / 4) == by_way["random step"]
