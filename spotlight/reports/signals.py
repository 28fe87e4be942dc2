"""The names under which scores carry figures of quality, memory and safety, and how to send each.

Names are compared in lower case, with every run of other characters as one underscore.
"""

from __future__ import annotations

from typing import Final

from spotlight.reports.metric import Signal

# What says that a run did its task, the surest first.
SUCCESS: Final = (
    "task_success", "success", "is_success", "task_completed", "task_completion", "goal_achieved",
    "goal_completion", "goal_accuracy", "agent_goal_accuracy", "resolved", "is_resolved", "solved",
    "is_solved", "passed", "pass", "is_correct", "correct", "reward",
)  # fmt: skip

TASK_SUCCESS: Final = Signal(
    "task_success", "Runs that did their task", "share", "judged runs",
    "yes or a number over the threshold in a score of the run named task_success, success, "
    "is_success, task_completed, ..., reward; the run's status is not asked",
    "send a score of the run named task_success (gen_ai.evaluation.name) with "
    "gen_ai.evaluation.score.value 1 or 0, or `spotlight score RUN --name task_success --value 1`",
    SUCCESS,
)  # fmt: skip

USER_CORRECTIONS: Final = Signal(
    "user_corrections", "Runs that the user corrected", "share", "runs",
    "runs with a score user_correction that says yes, of all runs",
    "send a score named user_correction (gen_ai.evaluation.name) with "
    "spotlight.score.annotator=human and value 1 for each run that the user corrected",
    (
        "user_correction", "user_corrections", "user_corrected", "correction", "corrected", "user_edit",
    ),
)  # fmt: skip

HUMAN_ESCALATIONS: Final = Signal(
    "human_escalations", "Runs handed over to a person", "share", "runs",
    "runs with a score human_escalation that says yes, of all runs",
    "send a score named human_escalation (gen_ai.evaluation.name) with value 1 for each run that "
    "a person took over",
    (
        "human_escalation", "human_escalations", "escalation", "escalated", "human_handoff",
        "human_takeover", "handed_to_human",
    ),
)  # fmt: skip

HUMAN_INPUT: Final = Signal(
    "human_input", "Runs in which a person was asked", "share", "runs",
    "runs with a step of kind human_input, of all runs",
    "send a span with spotlight.kind=human_input around each wait for a person's answer",
)  # fmt: skip

ACCEPTANCE: Final = Signal(
    "acceptance", "Answers that users accepted", "share", "runs with feedback",
    "runs whose feedback says yes (thumbs up, accepted), of the runs with feedback",
    "send a score named user_feedback (gen_ai.evaluation.name) with "
    "spotlight.score.annotator=human and value 1 for thumbs up, 0 for thumbs down",
    (
        "acceptance", "accepted", "user_accepted", "user_acceptance", "user_feedback", "feedback",
        "thumbs", "thumbs_up", "user_thumbs", "user_satisfaction", "satisfaction", "csat", "helpful",
        "helpfulness_feedback", "reaction", "vote",
    ),
)  # fmt: skip

TOOL_CALL_ACCURACY: Final = Signal(
    "tool_call_accuracy", "Tool calls judged right", "score", "judgements",
    "mean of the scores named tool_call_accuracy and the like",
    "send a score named tool_call_accuracy (gen_ai.evaluation.name) on each judged tool span, "
    "value 1 for right and 0 for wrong",
    (
        "tool_call_accuracy", "tool_call_correctness", "tool_correctness", "tool_selection_accuracy",
        "tool_selection", "tool_choice_accuracy", "tool_use_accuracy", "tool_calling_accuracy",
        "tool_accuracy", "toolcallaccuracy",
    ),
)  # fmt: skip

STALE_READS: Final = Signal(
    "stale_reads", "Memory reads that were out of date", "share", "runs with a judged read",
    "runs with a score memory_stale that says yes, of the runs with one",
    "send a score named memory_stale (gen_ai.evaluation.name) on the memory_read span, value 1 "
    "for out of date",
    (
        "memory_stale", "stale_memory", "stale_read", "memory_read_stale",
    ),
)  # fmt: skip

POLICY_VIOLATIONS: Final = Signal(
    "policy_violations", "Runs that violated a policy", "share", "runs",
    "runs with a score policy_violation that says yes, of all runs",
    "send a score named policy_violation (gen_ai.evaluation.name) with value 1 and the policy as "
    "its explanation",
    (
        "policy_violation", "policy_violations", "policy_breach", "compliance_violation", "violation",
    ),
)  # fmt: skip

SENSITIVE_DATA: Final = Signal(
    "sensitive_data", "Runs with sensitive data in them", "share", "runs",
    "runs with a score sensitive_data (pii, secrets) that says yes, of all runs",
    "send a score named sensitive_data (gen_ai.evaluation.name) with value 1 on the span that "
    "holds it, its kind as label",
    (
        "sensitive_data", "pii", "pii_detected", "pii_leak", "pii_leakage", "secret_leak", "secrets",
        "secret_detected", "data_leak", "sensitive_data_exposure",
    ),
)  # fmt: skip
