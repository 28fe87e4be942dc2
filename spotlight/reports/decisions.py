"""What clients' words for approvals, guardrails and checkpoints mean.

Compared in lower case. A word that is not here is "other" (of guardrails "unknown"): shown as sent, counted
as neither. Sources: Claude Code, Codex, Gemini CLI, Qwen Code, Copilot, OpenClaw, Haystack, MCP elicitation,
pydantic-ai, spotlight-sdk (approvals); OpenLIT, LiteLLM, OTel GenAI proposals, Amazon Bedrock (guardrails).
"""

from __future__ import annotations

from typing import Final, Literal

Meaning = Literal["approved", "denied", "modified", "asked", "other"]
Verdict = Literal["passed", "hit", "unknown"]
Decider = Literal["person", "policy", "unknown"]

MEANINGS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(
        (
            "accept", "accepted", "approve", "approved", "approved_for_session",
            "approvedforsession", "approved_execpolicy_amendment", "allow", "allowed",
            "allow_once", "allow_always", "auto_accept", "auto_accepted", "auto", "confirm",
            "confirmed", "proceed_once", "proceed_always", "yes", "true", "ok", "grant",
            "granted",
        ),
        "approved",
    ),
    **dict.fromkeys(
        (
            "reject", "rejected", "deny", "denied", "decline", "declined", "block",
            "blocked", "abort", "aborted", "cancel", "cancelled", "canceled", "disallow",
            "disallowed", "forbidden", "refused", "no", "false", "timed_out", "timedout",
            "timeout",
        ),
        "denied",
    ),
    **dict.fromkeys(
        ("modify", "modified", "edit", "edited", "modify_with_editor", "amend", "amended"), "modified"
    ),
    **dict.fromkeys(
        (
            "ask", "asked", "pending", "requested", "required", "deferred", "waiting", "approvalrequired",
            "calldeferred",
        ),
        "asked",
    ),
}  # fmt: skip
DENIED: Final = tuple(word for word, meaning in MEANINGS.items() if meaning == "denied")
# Words by which no person said no: the call was stopped.
STOPPED: Final = frozenset(["block", "blocked", "disallow", "disallowed", "forbidden"])

DECIDERS: Final[dict[str, Decider]] = {
    **dict.fromkeys(
        (
            "user", "human", "person", "user_permanent", "user_temporary", "user_abort",
            "user_reject", "user_accept", "user_approved", "manual", "interactive",
        ),
        "person",
    ),
    **dict.fromkeys(
        (
            "config", "hook", "classifier", "policy", "rule", "rules", "auto", "automatic",
            "automatedreviewer", "automated_reviewer", "guardrail", "sandbox", "allowlist",
            "denylist", "yolo", "mode", "system",
        ),
        "policy",
    ),
}  # fmt: skip

VERDICTS: Final[dict[str, Verdict]] = {
    **dict.fromkeys(
        (
            "pass", "passed", "allow", "allowed", "none", "safe", "ok", "success",
            "no_action", "not_triggered", "false", "continue", "permit", "accept",
            "not_run", "clean", "valid",
        ),
        "passed",
    ),
    **dict.fromkeys(
        (
            "block", "blocked", "deny", "denied", "fail", "failed", "intervened",
            "guardrail_intervened", "triggered", "true", "flag", "flagged", "warn",
            "redact", "redacted", "mask", "masked", "anonymized", "modify", "modified",
            "reject", "rejected", "violation", "unsafe", "tripwire_triggered", "transform",
            "filtered", "refuse",
        ),
        "hit",
    ),
}  # fmt: skip

RESUMED: Final = frozenset(["resume", "resumed", "restored"])


def meaning_of(decision: str | None) -> Meaning:
    """Return what a decision means; a step that was to be approved and has no decision was asked."""
    return "asked" if decision is None else MEANINGS.get(decision.strip().lower(), "other")


def decider_of(source: str | None) -> Decider:
    """Return whether a person or a policy decided, as far as the source tells."""
    return DECIDERS.get((source or "").strip().lower(), "unknown")


def verdict_of(word: str | None) -> Verdict:
    """Return whether a guardrail let pass; that it ended in an error is no verdict."""
    return "unknown" if word is None else VERDICTS.get(word.strip().lower(), "unknown")
