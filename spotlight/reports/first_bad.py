"""The step at which a run first went wrong, by rules that are tried in order, and why it was chosen."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

# So many calls of one tool in a row are a loop; the same as in the report on reliability.
LOOP: Final = 10
# A result is read as an error by how it begins: what a tool found deep in a file is no sign.
SIGN_CHARACTERS: Final = 2_000
_SIGNS: Final = (
    r"Traceback \(most recent call last\)",
    r"\bexit(?:ed with)?[ _]?(?:code|status)\W{0,3}-?[1-9]\d*",
    r"^[^\w{\"']{0,4}(?:fatal |tool |unexpected |internal )?(?:error|exception|failed|failure)\b",
    r"^[^\w{\"']{0,4}\w{0,40}(?:Error|Exception)\b",
    r'"(?:error|error_message|errors)"\s*:\s*(?:"[^"]|\{\s*"|\[\s*[^\]\s]|true)',
    r'"(?:success|ok|succeeded)"\s*:\s*false',
    r'"status"\s*:\s*"(?:error|failed|failure)"',
    r"^[^\w{\"']{0,4}(?:HTTP(?:/[\d.]+)?\W+)?(?:4\d\d|5\d\d) (?:bad |unauthori|forbidden|not |request |gone|"
    r"conflict|unprocessable|too many|internal server|service un|gateway )",
    r"^(?:[^\n:]{0,80}: ){0,2}(?:no such file|permission denied|access denied|command not found|timed out)",
)
# One pattern for Python and for DuckDB (RE2) alike.
ERROR_SIGNS: Final = "(?i)" + "|".join(f"(?:{sign})" for sign in _SIGNS)
_ERROR_SIGN: Final = re.compile(ERROR_SIGNS)
_LENGTH_REASONS: Final = frozenset(
    ("length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "max_turns")
)


class Seen(NamedTuple):
    """What the rules look at in one step; steps come by start. None is unknown."""

    span_id: str
    kind: str
    name: str  # of the tool for a tool call
    agent: str | None = None
    is_error: bool = False  # its span says so, and nothing that failed stands below it
    is_failed_tool: bool = False  # whatever its span says
    error: str | None = None  # what went wrong, as sent
    is_tool_call: bool = False
    arguments: str | None = None  # equal for equal arguments
    result: str | None = None  # equal for equal results
    sign: str | None = None  # the words of its result that read like an error
    finish_reasons: tuple[str, ...] = ()
    over_budget: str | None = None  # with it the run had cost more than it may: how much, and of what


class FirstBad(NamedTuple):
    """The step to begin with; `rule` names one of RULES, `why` tells a reader (hostile text)."""

    span_id: str
    rule: str
    why: str


class _Hit(NamedTuple):
    """What a rule found: the place of the step, and why."""

    place: int
    why: str


class Rule(NamedTuple):
    """One way to tell that a step is bad. Of the rules of one rank the earliest step counts."""

    name: str
    rank: int
    find: Callable[[Sequence[Seen]], _Hit | None]
    of_failed_only: bool = False  # says something only of a run that is known to have failed


def error_sign(result: str) -> str | None:
    """Return the words with which a result reads like an error; None where it does not."""
    found = _ERROR_SIGN.search(result[:SIGN_CHARACTERS])
    return found.group().strip() if found else None


def first_bad_step(
    steps: Sequence[Seen],
    *,
    has_failed: bool = False,
    diverged: Callable[[], FirstBad | None] = lambda: None,
) -> FirstBad | None:
    """Return where to look first; None where no rule speaks.

    `diverged` gives the first divergence from the nearest good run; it is asked when no failure and no
    repetition was found. `has_failed` lets the weakest rules speak, too.
    """
    for rank in sorted({rule.rank for rule in RULES} | {DIVERGENCE_RANK}):
        if rank == DIVERGENCE_RANK and (found := diverged()) is not None:
            return found
        rules = [rule for rule in RULES if rule.rank == rank and (has_failed or not rule.of_failed_only)]
        hits = [(hit, rule) for rule in rules if (hit := rule.find(steps)) is not None]
        if hits:
            hit, rule = min(hits, key=lambda found: found[0].place)
            return FirstBad(steps[hit.place].span_id, rule.name, hit.why)
    return None


def _error(steps: Sequence[Seen]) -> _Hit | None:
    for place, step in enumerate(steps):
        if step.is_error:
            return _Hit(place, f"first error: {step.error or step.name}")
    return None


def _failed_tool(steps: Sequence[Seen]) -> _Hit | None:
    for place, step in enumerate(steps):
        if step.is_failed_tool:
            why = (
                f": {step.error}"
                if step.error
                else ""
                if step.is_error
                else ", though its span says it is well"
            )
            return _Hit(place, f"first failed tool: {step.name}{why}")
    return None


def _error_result(steps: Sequence[Seen]) -> _Hit | None:
    for place, step in enumerate(steps):
        if step.sign is not None:
            return _Hit(place, f"first result that reads like an error: {step.name} answered “{step.sign}”")
    return None


def _repeated_call(steps: Sequence[Seen]) -> _Hit | None:
    """Find the first call of a tool with arguments it was called with before, that learnt nothing new."""
    told: dict[tuple[str, str], list[str | None]] = {}
    for place, step in enumerate(steps):
        if not step.is_tool_call or step.arguments is None:
            continue
        before = told.setdefault((step.name, step.arguments), [])
        if any(step.result is None or result is None or step.result == result for result in before):
            return _Hit(place, f"first repeated call: {step.name} was called before with the same arguments")
        before.append(step.result)
    return None


def _limit(steps: Sequence[Seen]) -> _Hit | None:
    row = 0
    before: str | None = None
    for place, step in enumerate(steps):
        hit = next((reason for reason in step.finish_reasons if reason.lower() in _LENGTH_REASONS), None)
        if hit is not None:
            return _Hit(place, f"first limit: the model stopped at “{hit}”")
        if step.is_tool_call:
            row = row + 1 if step.name == before else 1
            before = step.name
            if row >= LOOP:
                return _Hit(place, f"first limit: {step.name} was called {LOOP} times in a row")
    return None


def _budget(steps: Sequence[Seen]) -> _Hit | None:
    for place, step in enumerate(steps):
        if step.over_budget is not None:
            return _Hit(place, f"first limit: with this step the run had cost {step.over_budget}")
    return None


def _first_call(steps: Sequence[Seen]) -> _Hit | None:
    for place, step in enumerate(steps):
        if step.is_tool_call:
            return _Hit(place, f"no step stands out; the first tool call, {step.name}, sets the course")
    return None


# In the order in which they are asked. The last is there because it was measured: in failed runs without any
# other sign people named the first tool call most often (benchmarks/first_bad.py).
RULES: Final = (
    Rule("error", 0, _error),
    Rule("failed_tool", 0, _failed_tool),
    Rule("error_result", 1, _error_result),
    Rule("repeated_call", 2, _repeated_call),
    Rule("limit", 4, _limit),
    Rule("budget", 4, _budget),
    Rule("first_call", 5, _first_call, of_failed_only=True),
)
DIVERGENCE_RANK: Final = 3
