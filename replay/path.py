"""What one item of a plan did: the calls asked anew, the tools that were answered, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from replay.agreement import Agreement
from replay.journal import Failed, Item
from replay.model import RecordedCall, Request, Response, Rung, ToolAnswer
from replay.plan import Case
from replay.providers.models import Model
from spotlight.messages.canonical import ToolCall


class Outcome(StrEnum):
    """How an item ended."""

    COMPLETE = "complete"
    DIVERGED = "diverged"  # a tool call that nothing answers: censored, not failed
    BUDGET = "budget"  # the money of the plan was at its end
    ERROR = "error"  # a model call that has no answer
    INCOMPLETE = "incomplete"  # stopped by a limit, or an answer that never was finished
    SKIPPED = "skipped"  # nothing was to be asked: no divergence to follow, no step that can be replayed


class Called(NamedTuple):
    """A model call that has its answer; cost None: no price."""

    response: Response
    cost_usd: Decimal | None
    started_ns: int
    ended_ns: int
    facts: Mapping[str, Any]  # tries, was_cached, notes


class AnsweredTool(NamedTuple):
    """A tool call that a model asked for, and what the mock answered."""

    call: ToolCall
    answer: ToolAnswer
    at_ns: int


class Step(NamedTuple):
    """One model call of a path; `recorded` is the call it stands for, None beyond the recording's end."""

    step: int
    recorded: RecordedCall | None
    request: Request  # as it was asked
    model: Model
    called: Called | None
    failed: Failed | None = None
    agreement: Agreement | None = None  # None where either answer is missing
    tools: tuple[AnsweredTool, ...] = ()
    changes: tuple[str, ...] = ()  # what the variant changed of the recorded request


class Path(NamedTuple):
    """One item, gone to its end."""

    item: Item
    case: Case
    steps: tuple[Step, ...]
    outcome: Outcome
    at_step: int | None = None  # where it ended, if not at its end
    reason: str = ""
    skipped: Mapping[int, str] = {}  # steps that were not asked, and why
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()  # recorded tool calls that a closed loop never asked for

    @property
    def fidelity(self) -> dict[str, int]:
        """How many tool calls were answered by which rung, the firmest first."""
        rungs = [tool.answer.rung for step in self.steps for tool in step.tools]
        return {rung.value: rungs.count(rung) for rung in Rung if rung in rungs}

    @property
    def agreement(self) -> tuple[int, int]:
        """How many steps decided as recorded, of how many that can be compared."""
        known = [step.agreement for step in self.steps if step.agreement is not None]
        return sum(one.decision for one in known), len(known)

    @property
    def first_difference(self) -> int | None:
        """The first step that decides otherwise than recorded; None where none is known to."""
        return next((s.step for s in self.steps if s.agreement and not s.agreement.decision), None)
