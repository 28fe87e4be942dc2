"""An approval: the wait for somebody, or something, to allow a step."""

from __future__ import annotations

import time
from typing import Any, Literal

from spotlight_sdk import keys
from spotlight_sdk.steps import Step

Verdict = Literal["approved", "denied", "modified"]


class Approval(Step):
    """A question whether a step may happen; its length is the wait. Without an answer it has no decision."""

    kind = "approval"
    _asked_ns: int | None = None

    def decide(
        self, decision: Verdict, *, by: str | None = None, reason: object = None, arguments: object = None
    ) -> None:
        """Say the answer, who or what gave it, why, and (modified) with which arguments to go on.

        The wait ends here, in `spotlight.approval.wait_ms`.
        """
        self._fact(keys.APPROVAL_DECISION, decision)
        self._fact(keys.APPROVAL_SOURCE, by)
        wait_ns = time.time_ns() - self._opened[-1].began_ns if self._opened else -1
        self._fact(keys.APPROVAL_WAIT_MS, wait_ns / 1e6 if wait_ns >= 0 else None)
        self._content(keys.APPROVAL_REASON, reason)
        self._content(keys.TOOL_ARGUMENTS, arguments)

    def _start_ns(self) -> int | None:
        return None if self._asked_ns is None else int(self._asked_ns)

    def _returned(self, value: object) -> None:
        if isinstance(value, bool):
            self.decide("approved" if value else "denied")
        elif value in ("approved", "denied", "modified"):
            answer: Any = value
            self.decide(answer)


def approval(
    name: str | None = None,
    *,
    tool: str | None = None,
    call_id: str | None = None,
    arguments: object = None,
    asked_ns: int | None = None,
    capture: bool | None = None,
) -> Approval:
    """Return a question for approval, of the call of `tool` with this `call_id`.

    `asked_ns` (ns UTC) is when it was asked, where another process asked it before this one got the answer.
    As a decorator: a function that returns true or false, or one of the three answers, has decided.
    """
    made = Approval(name or tool, capture=capture)
    made._asked_ns = asked_ns
    made._fact(keys.TOOL_NAME, tool)
    made._fact(keys.TOOL_CALL_ID, call_id)
    made._content(keys.TOOL_ARGUMENTS, arguments)
    return made
