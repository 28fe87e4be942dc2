"""A decision record: why the agent did what it did next, without its hidden reasoning."""

from __future__ import annotations

from collections.abc import Iterable

from spotlight_sdk import keys
from spotlight_sdk.content import as_list, to_json
from spotlight_sdk.guard import harmless
from spotlight_sdk.steps import Opened, Step


class Decision(Step):
    """A decision; its record is one JSON object under `spotlight.decision`."""

    kind = "decision"

    def __init__(self, name: str | None, *, capture: bool | None = None) -> None:
        super().__init__(name, capture=capture)
        self._record: dict[str, object] = {}

    def choose(
        self,
        summary: str | None = None,
        *,
        decision_type: str | None = None,
        selected_tool: str | None = None,
        input_context_refs: Iterable[str] | None = None,
        policy_checks: Iterable[object] | None = None,
    ) -> None:
        """Say what was decided, or more of it: what is not given stays as it was said before."""
        said = {
            "decision_type": decision_type,
            "selected_tool": selected_tool,
            "summary": summary,
            "input_context_refs": None if input_context_refs is None else as_list(input_context_refs),
            "policy_checks": None if policy_checks is None else as_list(policy_checks),
        }
        self._record = self._record | {key: value for key, value in said.items() if value is not None}
        if self._opened:
            self._say()

    def _say(self) -> None:
        with harmless("recording a decision"):
            self._fact(keys.DECISION, self._text() if self._record else None)

    def _text(self) -> str:
        """Return the record; without content, the facts but not the summary."""
        return to_json({k: v for k, v in self._record.items() if k != "summary" or self._captures()})

    def _begin(self) -> Opened:
        opened = super()._begin()
        self._say()
        return opened


def decision(
    summary: str | None = None,
    *,
    decision_type: str | None = None,
    selected_tool: str | None = None,
    input_context_refs: Iterable[str] | None = None,
    policy_checks: Iterable[object] | None = None,
    capture: bool | None = None,
) -> Decision:
    """Return a decision: around the steps that led to it, or `.record()` for one that was just made.

    `decision_type` is tool_call, respond_to_user, ask_human, handoff, stop or a word of your own;
    `input_context_refs` are ids of what it rests on (messages, memories, documents); `policy_checks` the
    rules that were asked, as names or objects.
    """
    made = Decision(decision_type, capture=capture)
    made.choose(
        summary, decision_type=decision_type, selected_tool=selected_tool,
        input_context_refs=input_context_refs, policy_checks=policy_checks,
    )  # fmt: skip
    return made
