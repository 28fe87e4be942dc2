"""A recorded run as a pytest of its own: a case file, and a test that replays it offline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from replay.testing import Replayed, replay_case
from spotlight.errors import SpotlightError
from spotlight.reports import Reports
from spotlight.reports.case import select_case, write_case
from spotlight.reports.case.page import case_page
from spotlight.reports.case.redaction import Redactor
from spotlight.reports.case.redaction_rules import read_rules

_MODULE: Final = re.compile(r"test_[A-Za-z0-9_]+\.py")
# Everything recorded is written as an ASCII literal: names of tools are what somebody else's process sent.
_TEST: Final = '''"""A recorded run, replayed offline. Written by `spotlight replay export-test`.

It needs this file, the case file beside it, and `pip install spotlight pytest`.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from replay.testing import RECORDED, case_recording, replay_case, serving

CASE = Path(__file__).with_name({case})
RUN = {run}
TOOLS = {tools}
ANSWERED_BY = {answered_by}
# What is asked. Another model, for one: {{"name": "new", "model": "openai:gpt-5"}}; see docs/replay.md.
VARIANT = RECORDED
# Your own agent, as a command: ["python", "my_agent.py"]. Its clients of OpenAI and Anthropic find the
# recording by OPENAI_BASE_URL and ANTHROPIC_BASE_URL. It runs its own tools: let it run harmless ones.
AGENT: list[str] = []


def test_the_same_tools_are_called_in_the_same_order() -> None:
    """With the recorded answers of tools, by the same rungs of the ladder: none is guessed at."""
    replayed = replay_case(CASE, RUN, VARIANT)
    assert replayed.outcome == "complete", replayed.reason
    assert replayed.tools == TOOLS
    assert replayed.answered_by == ANSWERED_BY


@pytest.mark.skipif(not AGENT, reason="name the command of your agent as AGENT")
def test_my_agent_asks_what_was_recorded() -> None:
    """Each of its model calls is the recorded one, and it makes all of them."""
    with serving(case_recording(CASE, RUN)) as proxy:
        subprocess.run(AGENT, env=dict(proxy.environment()), check=True, timeout=600)
        report = proxy.report()
    assert [event.sentence() for event in report.inexact] == []
    assert list(report.unasked) == []
'''


class Written(NamedTuple):
    """What was written."""

    test: Path
    case: Path
    run_id: str
    replayed: Replayed  # the replay that the test holds later ones against


def export_test(
    reports: Reports, run_id: str, output: Path, *, redact: bool = False, rules: Path | None = None
) -> Written:
    """Write a test and, beside it, its case file; the test is green as it is written.

    `redact` and `rules` put marks in the place of secrets first, as in `spotlight export`.
    Raises: NotFound; SpotlightError where the run cannot be replayed to its end, or a file is there already.
    """
    if not _MODULE.fullmatch(output.name):
        raise SpotlightError(f"{output.name!r} is no name of a test", hint="write test_something.py")
    case = output.with_suffix(".case.zip")
    for path in (output, case):
        if path.exists():
            raise SpotlightError(f"{path} is there already", hint="name another file, or remove it")
    run = str(reports.run(run_id)["run_id"])
    rows = select_case(reports, [run])
    redaction = None
    if redact or rules is not None:
        redactor = Redactor(read_rules(rules))
        rows, redaction = redactor.redact(rows), redactor.report()
    write_case(case, rows, case_page(rows), redaction)
    try:
        replayed = _replayed(case, run)
        output.write_text(_text(case.name, run, replayed), encoding="utf-8")
    except BaseException:
        case.unlink(missing_ok=True)
        raise
    return Written(output, case, run, replayed)


def _replayed(case: Path, run: str) -> Replayed:
    """Return how the case replays from its own recording. Raises: SpotlightError unless to its end."""
    found = replay_case(case, run)
    if found.outcome != "complete":
        raise SpotlightError(
            f"run {run} does not replay to its end: {found.outcome}: {found.reason}",
            hint="`spotlight replay inspect RUN` says what is recorded of it",
        )
    return found


def _text(case: str, run: str, replayed: Replayed) -> str:
    return _TEST.format(
        case=ascii(case), run=ascii(run), tools=ascii(replayed.tools),
        answered_by=ascii(replayed.answered_by),
    )  # fmt: skip
